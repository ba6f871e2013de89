"""Levels: the merchant's capacity of a day, proof for the highest, and that levels do not flap."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.levels import RiskLevel
from data.risk.entity import DAY, HOUR
from data.risk.model import Model, rules
from data.risk.queue import (
    FEW,
    LEAST_MONITORED,
    LEAST_REVIEW,
    MARGIN,
    MONITORED_SHARE,
    RANDOM_SHARE,
    RESTRICTED_FROM,
    RESTRICTED_UNTIL,
    Queue,
    Thresholds,
    level,
)

NORMAL, MONITORED, REVIEW, RESTRICTED = RiskLevel
BEGIN = 1_000_000 * HOUR
LOG_ODDS = st.floats(-40, 40)


def log_odds_of(chance: float, model: Model | None = None) -> float:
    """Where a table says this probability, found by halving."""
    model, low, high = model or rules(), -50.0, 50.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if model.probability(middle) < chance else (low, middle)
    return high


LEAST = Thresholds(log_odds_of(LEAST_REVIEW), log_odds_of(LEAST_MONITORED))


def a_day(number: int, seed: int = 1, capacity: int = 0) -> tuple[Queue, list[float]]:
    """A queue after a day with so many sessions, and their log-odds, all of which are worth a look."""
    random, queue = Random(seed), Queue()
    scores = [random.uniform(LEAST.review, LEAST.review + 10) for _ in range(number)]
    for session_id, score in enumerate(scores):
        at = BEGIN + session_id * DAY // number
        queue.place(session_id, at, score, at, queued=True)
    return queue, scores


@pytest.mark.parametrize("capacity", [1, 5, 20, 100, 333])
def test_as_many_are_in_review_as_the_merchant_can_look_into_and_the_next_twentieth_is_monitored(capacity: int) -> None:
    queue, scores = a_day(2_000)
    found = queue.thresholds(capacity, rules())
    chosen = capacity * (1 - RANDOM_SHARE)
    review = sum(score >= found.review for score in scores)
    monitored = sum(found.monitored <= score < found.review for score in scores)
    bin_of_one = 2_000 * 0.05 / 10  # sessions in one bin, all of which are in or out
    assert chosen - 3 * bin_of_one <= review <= chosen
    assert monitored == pytest.approx(MONITORED_SHARE * 2_000, abs=4 * bin_of_one)


def test_another_capacity_counts_at_once() -> None:
    queue, scores = a_day(2_000)
    few, many = queue.thresholds(10, rules()), queue.thresholds(200, rules())
    assert sum(score >= few.review for score in scores) <= 8
    assert 120 <= sum(score >= many.review for score in scores) <= 160
    assert queue.thresholds(10, rules()) == few


def test_in_a_quiet_hour_nobody_is_in_review_only_for_being_at_the_top() -> None:
    queue = Queue()
    queue.place(1, BEGIN, -3.5, BEGIN, queued=True)
    found = queue.thresholds(20, rules())
    assert found == pytest.approx(LEAST, abs=1e-9)
    assert level(rules(), -3.5, found, hard=False) is NORMAL


def test_what_was_scored_first_a_day_ago_takes_no_room_any_more() -> None:
    queue, _ = a_day(2_000)
    full = queue.thresholds(20, rules())
    later = BEGIN + 2 * DAY
    queue.place(5_000, later, 0.0, later, queued=True)
    assert queue.thresholds(20, rules()).review < full.review
    queue.place(5_001, BEGIN, 9.0, later, queued=True)  # of long ago: it takes none either
    assert queue.thresholds(0, rules()).review < 1.0


def test_who_is_restricted_takes_no_room_in_review() -> None:
    queue, scores = a_day(500)
    before = queue.thresholds(20, rules()).review
    for session_id, score in enumerate(scores):
        if score >= before:
            queue.place(session_id, BEGIN + session_id * DAY // 500, score, BEGIN + DAY - 1, queued=False)
    after = queue.thresholds(20, rules()).review
    assert after < before
    queued = [score for score in scores if score < before]
    assert 10 <= sum(score >= after for score in queued) <= 16


placements = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 40), LOG_ODDS, st.booleans(), st.integers(0, 60)), max_size=80
)


@given(placements, st.integers(0, 40))
def test_thresholds_are_those_of_a_queue_that_is_counted_anew(
    steps: list[tuple[int, int, float, bool, int]], capacity: int
) -> None:
    queue, kept, now = Queue(), dict[int, tuple[int, int]](), BEGIN
    begun: dict[int, int] = {}
    for session_id, begin, score, queued, step in steps:
        now += step * HOUR // 20
        first = begun.setdefault(session_id, now - begin * HOUR)
        queue.place(session_id, first, score, now, queued=queued)
        bin_ = min(999, max(0, int((score + 20.0) / 0.05))) if queued else -1
        kept[session_id] = (first // HOUR, bin_)
        queue.thresholds(capacity, rules())  # a look in between changes nothing
    alive = [bin_ for hour, bin_ in kept.values() if hour > now // HOUR - 24]

    def threshold(most: float, least: float) -> float:
        lowest = 1_000
        while lowest > 0 and sum(bin_ >= lowest - 1 for bin_ in alive) <= most:
            lowest -= 1
        return max(-20.0 + lowest * 0.05, least)

    chosen = capacity * (1 - RANDOM_SHARE)
    found = queue.thresholds(capacity, rules())
    assert found.review == pytest.approx(threshold(chosen, LEAST.review), abs=1e-9)
    assert found.monitored == pytest.approx(threshold(chosen + MONITORED_SHARE * len(alive), LEAST.monitored), abs=1e-9)


def test_nobody_is_drawn_before_there_are_more_than_can_be_looked_at() -> None:
    queue, _ = a_day(FEW * 20 - 1)
    assert queue.drawn(20) == 0.0
    queue, _ = a_day(FEW * 20)
    assert queue.drawn(20) == pytest.approx(RANDOM_SHARE / FEW)


def test_as_many_are_drawn_in_a_day_as_there_is_room_for() -> None:
    for number in (200, 1_000, 5_000):
        queue, _ = a_day(number)
        assert queue.drawn(20) * number == pytest.approx(RANDOM_SHARE * 20)
    assert Queue().drawn(20) == Queue().drawn(0) == a_day(100)[0].drawn(0) == 0.0


@given(LOG_ODDS, st.floats(-20, 20), st.floats(0, 20), st.sampled_from(RiskLevel))
def test_without_proof_nobody_is_restricted_and_with_proof_only_the_likely(
    score: float, review: float, apart: float, before: RiskLevel
) -> None:
    thresholds = Thresholds(review, review - apart)
    assert level(rules(), score, thresholds, hard=False, before=before) is not RESTRICTED
    least = RESTRICTED_UNTIL if before is RESTRICTED else RESTRICTED_FROM
    proven = level(rules(), score, thresholds, hard=True, before=before)
    assert (proven is RESTRICTED) == (rules().probability(score) >= least)


@given(LOG_ODDS, LOG_ODDS, st.booleans(), st.sampled_from(RiskLevel))
def test_a_higher_score_is_no_lower_level(one: float, other: float, hard: bool, before: RiskLevel) -> None:
    order = list(RiskLevel)
    low, high = sorted((one, other))
    found = [level(rules(), score, Thresholds(1.0, -1.0), hard=hard, before=before) for score in (low, high)]
    assert order.index(found[0]) <= order.index(found[1])


@pytest.mark.parametrize(
    ("around", "hard", "width"),
    [
        (lambda: 1.0, False, MARGIN),
        (lambda: -1.0, False, MARGIN),
        (lambda: log_odds_of(RESTRICTED_FROM), True, log_odds_of(RESTRICTED_FROM) - log_odds_of(RESTRICTED_UNTIL)),
    ],
)
def test_a_score_that_moves_a_little_around_a_threshold_changes_the_level_once(
    around: Callable[[], float], hard: bool, width: float
) -> None:
    random, before, changes = Random(1), NORMAL, 0
    thresholds = Thresholds(1.0, -1.0)
    for _ in range(500):
        score = around() + random.uniform(-0.9 * width, 0.9 * width)
        found = level(rules(), score, thresholds, hard=hard, before=before)
        changes += found is not before
        before = found
    assert changes <= 2  # up from Normal, and once over the threshold


@pytest.mark.parametrize(
    ("score", "before", "after"),
    [
        (1.0, NORMAL, REVIEW),
        (0.99, NORMAL, MONITORED),
        (0.5, REVIEW, REVIEW),
        (0.49, REVIEW, MONITORED),
        (0.5, RESTRICTED, REVIEW),
        (-1.0, NORMAL, MONITORED),
        (-1.01, NORMAL, NORMAL),
        (-1.5, MONITORED, MONITORED),
        (-1.5, REVIEW, MONITORED),
        (-1.51, MONITORED, NORMAL),
        (-1.51, RESTRICTED, NORMAL),
    ],
)
def test_a_level_is_left_only_clearly_below_its_threshold(score: float, before: RiskLevel, after: RiskLevel) -> None:
    assert level(rules(), score, Thresholds(1.0, -1.0), hard=False, before=before) is after


def test_thresholds_are_probabilities_of_the_table_in_use() -> None:
    weights = {one.name: one.weights for one in rules().signals}
    learned = rules().learned("learned-1", -2.0, weights, slope=0.5, intercept=-1.0)
    found = Queue().thresholds(20, learned)
    assert learned.probability(found.review) == pytest.approx(LEAST_REVIEW)
    assert learned.probability(found.monitored) == pytest.approx(LEAST_MONITORED)
