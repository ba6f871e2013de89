"""Measures of a score, against counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.risk.calibration import calibrate, sigmoid
from data.risk.metrics import MetricProblem, auc, calibration_error, gain, measure, recall

Rows = list[tuple[int, bool, int]]

ROWS = st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(1, 3)), min_size=2, max_size=40).filter(
    lambda rows: len({bad for _, bad, _ in rows}) == 2
)


def columns(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scores, bad, weights = zip(*rows, strict=True)
    return np.array(scores, dtype=float), np.array(bad), np.array(weights, dtype=float)


@given(ROWS)
def test_the_auc_is_the_share_of_pairs_in_the_right_order(rows: Rows) -> None:
    won = sum(
        b_weight * g_weight * (1.0 if b_score > g_score else 0.5 if b_score == g_score else 0.0)
        for b_score, b_bad, b_weight in rows
        for g_score, g_bad, g_weight in rows
        if b_bad and not g_bad
    )
    pairs = sum(w for _, bad, w in rows if bad) * sum(w for _, bad, w in rows if not bad)
    assert auc(*columns(rows)) == pytest.approx(won / pairs)


@given(ROWS)
def test_recall_is_that_of_the_best_threshold_that_spares_the_good(rows: Rows) -> None:
    all_bad, all_good = (sum(w for _, bad, w in rows if bad is sort) for sort in (True, False))
    best = 0.0
    for threshold in range(8):
        wrong = sum(w for score, bad, w in rows if score >= threshold and not bad)
        if wrong <= 0.01 * all_good:
            best = max(best, sum(w for score, bad, w in rows if score >= threshold and bad) / all_bad)
    assert recall(*columns(rows)) == pytest.approx(best)


def test_a_tie_at_the_threshold_finds_nobody() -> None:
    # 5 bad ones share the highest score with 2 of 100 good ones: letting them through takes 2%, not 1%.
    scores = np.r_[np.ones(5), np.ones(2), np.zeros(98)]
    bad = np.r_[np.full(5, True), np.full(100, False)]
    assert recall(scores, bad) == 0.0
    assert recall(np.r_[np.ones(5), np.ones(1), np.zeros(99)], bad) == 1.0


def test_a_score_that_says_nothing_is_worth_a_half() -> None:
    assert auc(np.zeros(10), np.arange(10) < 3) == 0.5


def test_the_interval_holds_the_value_and_narrows_with_more_sessions() -> None:
    draw = np.random.default_rng(3)
    widths = []
    for size in (200, 5_000):
        bad = draw.random(size) < 0.2
        found = measure(draw.normal(size=size) + bad, bad).auc
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 3


def test_a_better_score_wins_beyond_the_interval_and_the_same_one_wins_nothing() -> None:
    draw = np.random.default_rng(3)
    bad = draw.random(2_000) < 0.2
    poor, rich = draw.normal(size=2_000) + 0.3 * bad, draw.normal(size=2_000) + 2.0 * bad
    assert gain(poor, rich, bad).low > 0.1
    assert gain(poor, poor * 2 + 1, bad).value == gain(poor, poor * 2 + 1, bad).high == 0.0


def test_one_sort_alone_cannot_be_measured() -> None:
    with pytest.raises(MetricProblem, match="both bad and good"):
        auc(np.arange(3.0), np.full(3, True))


def test_calibration_error_is_the_mean_distance_of_groups() -> None:
    # Two groups: of 10 said to be 0.1 there is 1 bad one (off by 0), of 10 said to be 0.5 there are 9 (off by 0.4).
    chances = np.r_[np.full(10, 0.1), np.full(10, 0.5)]
    bad = np.r_[np.arange(10) < 1, np.arange(10) < 9]
    assert calibration_error(chances, bad) == pytest.approx(0.2)


def test_equal_probabilities_are_one_group_whatever_the_order() -> None:
    bad = np.arange(100) < 20
    assert calibration_error(np.full(100, 0.2), bad) == pytest.approx(0.0)
    assert calibration_error(np.full(100, 0.2), bad[::-1].copy()) == pytest.approx(0.0)


def test_weights_stand_for_sessions() -> None:
    scores, bad = np.array([3.0, 2.0, 1.0]), np.array([True, False, True])
    assert auc(scores, bad, np.array([2.0, 1.0, 1.0])) == auc(
        np.array([3.0, 3.0, 2.0, 1.0]), np.array([True, True, False, True])
    )


def test_calibration_finds_the_line_that_made_the_labels() -> None:
    draw = np.random.default_rng(5)
    sums = draw.normal(scale=2.0, size=40_000)
    bad = draw.random(40_000) < sigmoid(-1.0 + 0.6 * sums)
    found = calibrate(sums, bad, np.ones(40_000))
    assert [found.slope, found.intercept] == pytest.approx([0.6, -1.0], abs=0.05)
    assert calibration_error(found.chances(sums), bad) < 0.01


def test_a_score_that_is_upside_down_is_given_no_slope_to_speak_of() -> None:
    sums = np.linspace(-3, 3, 1_000)
    bad = sums < -1.0
    found = calibrate(sums, bad, np.ones(1_000))
    assert found.slope == 0.05
    assert found.chances(sums).mean() == pytest.approx(bad.mean(), abs=0.01)


def test_a_clean_separation_claims_no_certainty() -> None:
    sums = np.r_[np.full(20, 5.0), np.full(20, -5.0)]
    chances = calibrate(sums, sums > 0, np.ones(40)).chances(sums)
    assert chances.max() == pytest.approx(21 / 22, abs=1e-3)
    assert chances.min() == pytest.approx(1 / 22, abs=1e-3)
