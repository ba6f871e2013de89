"""Weights learned from labels."""

import numpy as np
import pytest

from data.risk.calibration import sigmoid
from data.risk.metrics import auc
from data.risk.refit import LARGEST, MISSING, Codes, Table, fit, learn, sampling_weights

SIZES = (2, 3)
TRUTH = Table(-1.5, np.array([0.0, 2.0, -1.0, 0.0, 1.5]), SIZES)
NOTHING = Table(0.0, np.zeros(5), SIZES)


def rows(number: int, truth: Table = TRUTH, seed: int = 1) -> tuple[Codes, np.ndarray]:
    draw = np.random.default_rng(seed)
    codes = np.stack([draw.integers(0, size, number) for size in truth.sizes], axis=1).astype(np.int16)
    return codes, draw.random(number) < sigmoid(truth.log_odds(codes))


def test_with_many_labels_what_is_learned_is_the_truth() -> None:
    codes, bad = rows(60_000)
    found = learn(codes, bad, np.ones(len(bad)), NOTHING)
    # Weights of a signal are known up to what the base can take over.
    for learned, true in zip(found.table.rows(), TRUTH.rows(), strict=True):
        assert np.diff(learned) == pytest.approx(np.diff(true), abs=0.1)
    assert found.calibration.slope == pytest.approx(1.0, abs=0.05)


def test_with_few_labels_the_weights_stay_the_experts() -> None:
    codes, bad = rows(30)
    expert = Table(-1.0, np.array([0.0, 1.0, 0.0, 0.0, 0.5]), SIZES)
    found = fit(codes, bad, np.ones(30), expert, 300.0)
    assert found.weights == pytest.approx(expert.weights, abs=0.05)


def test_a_bin_that_nobody_was_in_keeps_its_weight() -> None:
    codes, bad = rows(5_000)
    codes[:, 1] = np.minimum(codes[:, 1], 1)
    expert = Table(-1.0, np.array([0.0, 1.0, 0.0, 0.0, 2.2]), SIZES)
    assert fit(codes, bad, np.ones(5_000), expert, 1.0).weights[-1] == pytest.approx(2.2)


def test_what_is_missing_adds_nothing() -> None:
    codes = np.array([[1, MISSING], [MISSING, MISSING], [1, 2]], dtype=np.int16)
    assert TRUTH.log_odds(codes) == pytest.approx([0.5, -1.5, 2.0])


def test_no_weight_grows_without_bounds() -> None:
    codes = np.tile(np.array([[0, 0], [1, 0]], dtype=np.int16), (50_000, 1))
    found = fit(codes, codes[:, 0] == 1, np.ones(100_000), NOTHING, 1e-6)
    assert np.abs(found.weights).max() <= LARGEST


def test_rows_that_stand_for_many_count_as_many() -> None:
    codes, bad = rows(2_000)
    stand_for = np.where(codes[:, 0] == 1, 3.0, 1.0)
    many = np.repeat(np.arange(2_000), stand_for.astype(int))
    weighted = fit(codes, bad, stand_for, NOTHING, 1e-6)
    repeated = fit(codes[many], bad[many], np.ones(len(many)), NOTHING, 1e-6)
    assert weighted.log_odds(codes) == pytest.approx(repeated.log_odds(codes), abs=1e-2)


def test_what_was_drawn_at_random_stands_for_so_many_but_not_for_any_number() -> None:
    assert sampling_weights([1.0, 0.2, 0.001]).tolist() == [1.0, 5.0, 50.0]


def test_drawing_at_random_mends_what_looking_at_the_top_alone_bends() -> None:
    # The merchant looks at all that the rules suspect (bin 1 of the first signal) and at one in twenty of the others.
    codes, bad = rows(40_000, seed=4)
    draw = np.random.default_rng(9)
    probability = np.where(codes[:, 0] == 1, 1.0, 0.05)
    seen = draw.random(40_000) < probability
    found = learn(codes[seen], bad[seen], sampling_weights(probability[seen].tolist()), NOTHING)
    said = found.calibration.chances(found.table.log_odds(codes))
    assert said.mean() == pytest.approx(bad.mean(), abs=0.02)
    assert auc(found.table.log_odds(codes), bad) > auc(TRUTH.log_odds(codes), bad) - 0.005


def test_what_only_held_earlier_is_not_trusted() -> None:
    # The second signal tells the bad ones until half of the time is over, and nothing after that.
    early, bad_early = rows(6_000, Table(-1.0, np.array([0.0, 0.5, -3.0, 0.0, 3.0]), SIZES))
    late, bad_late = rows(6_000, Table(-1.0, np.array([0.0, 0.5, 0.0, 0.0, 0.0]), SIZES), seed=2)
    found = learn(np.r_[early, late], np.r_[bad_early, bad_late], np.ones(12_000), NOTHING)
    # Its measured slope says that those sums are worth little.
    assert found.calibration.slope < 0.4


def test_one_sort_alone_cannot_be_learned_from() -> None:
    codes, _ = rows(100)
    with pytest.raises(ValueError, match="both bad and good"):
        learn(codes, np.full(100, True), np.ones(100), NOTHING)
