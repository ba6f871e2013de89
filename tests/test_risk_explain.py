"""Why a session has its score: causes, what is not known, and what would change the level."""

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from data.assessment import Cause
from data.levels import RiskLevel
from data.risk.explain import causes, change, unknown
from data.risk.model import rules
from data.risk.queue import Thresholds, level
from data.risk.readings import READINGS, SIGNALS, Reading

NORMAL, MONITORED, REVIEW, RESTRICTED = ORDER = list(RiskLevel)
THRESHOLDS = Thresholds(1.0, -1.0)


def readings(**known: Reading) -> list[Reading]:
    """Readings of which only some are known."""
    assert known.keys() <= set(READINGS)
    return [known.get(name) for name in READINGS]


def a_cause(number: int, contribution: float, hard: bool = False) -> Cause:
    return Cause(f"signal-{number}", f"Text {number}", {}, contribution, hard)


def level_of(log_odds: float, found: Sequence[Cause]) -> RiskLevel:
    return level(rules(), log_odds, THRESHOLDS, hard=any(cause.hard for cause in found))


def test_the_weightiest_cause_comes_first_whatever_its_sign() -> None:
    found = causes(rules(), readings(renewals=20, cleared_before=1, ip_minute=3, checkout=0, declined=5))
    weights = [abs(cause.contribution) for cause in found]
    assert weights == sorted(weights, reverse=True)
    assert {cause.signal for cause in found} == {"renewals", "cleared_before", "ip_minute", "declined"}
    assert any(cause.contribution < 0 for cause in found)


def test_causes_are_all_that_the_score_is_made_of() -> None:
    known = readings(renewals=20, cleared_before=1, ip_minute=3, device_day=12, hold_time=90, agent=2, hosting=1)
    score = rules().score(known)
    told = sum(cause.contribution for cause in causes(rules(), known))
    assert rules().base + told == pytest.approx(score.log_odds, abs=1e-9)


def test_what_is_open_about_itself_is_told_though_it_adds_nothing() -> None:
    [cause] = causes(rules(), readings(agent=4))
    assert (cause.signal, cause.contribution, cause.hard) == ("agent", 0.0, False)


def test_proof_is_told_whatever_a_table_makes_of_it() -> None:
    weights = {one.name: [0.0] * len(one.weights) for one in rules().signals}
    learned = rules().learned("learned-1", 3.0, weights, slope=1.0, intercept=0.0)
    found = causes(learned, readings(agent=2, ip_minute=20))
    assert [(cause.signal, cause.contribution, cause.hard) for cause in found] == [("agent", 0.0, True)]
    assert change(learned, found, 3.0, THRESHOLDS, RESTRICTED)


def test_what_is_not_known_is_no_cause_and_is_named_once() -> None:
    assert causes(rules(), readings()) == ()
    missing = unknown(rules(), readings())
    assert len(missing) == len(set(missing))
    assert set(missing) == set(rules().unknown.values())


@given(st.sets(st.sampled_from(SIGNALS)))
def test_an_input_is_unknown_where_a_signal_lacks_it(known: set[str]) -> None:
    found = unknown(rules(), readings(**dict.fromkeys(known, 1)))
    lacking = {one.needs for one in rules().signals if one.needs and one.name not in known}
    assert sorted(found) == sorted(rules().unknown[need] for need in lacking)


contributions = st.lists(
    st.tuples(st.floats(-2, 4).map(lambda value: round(value, 2)), st.booleans()), min_size=1, max_size=7
)


@given(contributions, st.floats(-6, 6))
def test_a_change_names_the_fewest_causes_without_which_the_level_is_lower(
    weights: list[tuple[float, bool]], base: float
) -> None:
    found = [a_cause(number, weight, hard and weight >= 0) for number, (weight, hard) in enumerate(weights)]
    found.sort(key=lambda cause: -abs(cause.contribution))
    log_odds = base + sum(cause.contribution for cause in found)
    now = level_of(log_odds, found)
    told = change(rules(), found, log_odds, THRESHOLDS, now)
    raising = [cause for cause in found if cause.contribution > 0 or cause.hard]

    def without(gone: Sequence[Cause]) -> RiskLevel:
        left = log_odds - sum(cause.contribution for cause in gone)
        assume(all(abs(left - threshold) > 1e-6 for threshold in THRESHOLDS))
        return level_of(left, [cause for cause in found if cause not in gone])

    enough = [
        size
        for size in range(1, len(raising) + 1)
        if any(ORDER.index(without(gone)) < ORDER.index(now) for gone in combinations(raising, size))
    ]
    if told is None:
        assert now is NORMAL or not enough
        return
    assert len(told.causes) == enough[0]
    assert told.level is without(told.causes)
    assert ORDER.index(told.level) < ORDER.index(now)
    left = log_odds - sum(cause.contribution for cause in told.causes)
    assert told.score == rules().points(left)


def test_for_who_is_normal_nothing_would_change() -> None:
    assert change(rules(), [a_cause(1, 0.5)], -4.0, THRESHOLDS, NORMAL) is None


def test_without_its_only_proof_nobody_is_restricted_though_other_causes_weigh_more() -> None:
    proof = a_cause(3, 0.4, hard=True)
    found = [a_cause(1, 3.0), a_cause(2, 2.0), proof]
    told = change(rules(), found, 6.0, THRESHOLDS, RESTRICTED)
    assert told
    assert (told.causes, told.level) == ((proof,), REVIEW)


def test_where_no_cause_speaks_against_it_nothing_would_lower_the_level() -> None:
    assert change(rules(), [a_cause(1, -0.5)], 2.0, THRESHOLDS, REVIEW) is None
    assert change(rules(), [a_cause(1, 0.5)], 9.0, THRESHOLDS, REVIEW) is None
