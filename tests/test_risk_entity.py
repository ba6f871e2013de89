"""What is remembered of an address, a network or a device: counts within windows, to the millisecond."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from data.risk.entity import DAY, HOUR, MINUTE, MOST, added, count, counts, distinct, noted, others

NOW = 1_772_366_400_000
MOMENTS = st.lists(st.integers(NOW - 2 * DAY, NOW + HOUR), max_size=MOST)


def remembered(moments: list[int]) -> list[int] | None:
    times = None
    for moment in moments:
        times = added(times, moment)
    return times


def test_a_window_reaches_from_just_after_its_beginning_to_the_event_itself() -> None:
    for span, place in ((MINUTE, 0), (HOUR, 1), (DAY, 2)):
        for ago, within in ((0, 1), (1, 1), (span - 1, 1), (span, 0), (span + 1, 0), (-1, 0)):
            assert counts([NOW - ago], NOW - DAY, NOW)[place] == within
            assert count([NOW - ago], NOW - span, NOW) == within
            assert counts([NOW - DAY, NOW - ago], NOW - DAY, NOW)[place] == within


def test_of_what_never_happened_there_is_none() -> None:
    assert counts(None, NOW - DAY, NOW) == (0, 0, 0)
    assert count(None, NOW - DAY, NOW) == count([], NOW - DAY, NOW) == 0
    assert added([], NOW) == [NOW]


@given(MOMENTS, st.integers(NOW - DAY, NOW), st.randoms(use_true_random=False))
def test_counts_are_those_of_counting_one_by_one_in_whatever_order_it_was_told(
    moments: list[int], at: int, dice: random.Random
) -> None:
    shuffled = moments.copy()
    dice.shuffle(shuffled)
    times = remembered(shuffled)
    assert times == (sorted(moments) or None)
    for since in (at - DAY, NOW - DAY):
        expected = tuple(
            sum(max(since, at - span) < moment <= at for moment in moments) for span in (MINUTE, HOUR, 2 * DAY)
        )
        assert counts(times, since, at) == expected
        assert count(times, since, at) == expected[2]


def test_the_newest_64_are_remembered_and_an_older_one_does_not_take_their_place() -> None:
    times = remembered([NOW + number for number in range(MOST + 5)])
    assert times == [NOW + number for number in range(5, MOST + 5)]
    assert added(times.copy(), NOW) == times
    assert len(added(times.copy(), NOW + 30)) == MOST


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(NOW - 2 * DAY, NOW + HOUR)), max_size=60))
def test_different_things_are_counted_once_by_their_last_time(told: list[tuple[int, int]]) -> None:
    seen: dict[object, int] | None = None
    for what, at in told:
        seen = noted(seen, what, at)
    last = {what: max(at for other, at in told if other == what) for what, _ in told}
    assert (seen or {}) == last
    assert all(before <= after for before, after in pairwise((seen or {}).values()))
    recent = {what for what, at in last.items() if NOW - DAY < at <= NOW}
    assert distinct(seen, NOW - DAY, NOW, None) == len(recent)
    for also in (0, 99):
        assert distinct(seen, NOW - DAY, NOW, also) == len(recent | {also})
        assert others(seen or {}, NOW - DAY, NOW, also) == len(recent - {also})


def test_a_thing_is_recent_to_the_millisecond() -> None:
    assert [distinct({"a": NOW - ago}, NOW - DAY, NOW, None) for ago in (-1, 0, DAY - 1, DAY)] == [0, 1, 1, 0]
    assert distinct(None, NOW - DAY, NOW, None) == 0
    assert distinct(None, NOW - DAY, NOW, "a") == 1


def test_of_more_than_64_things_the_one_that_was_not_seen_for_the_longest_time_goes() -> None:
    seen: dict[object, int] | None = None
    for number in range(MOST):
        seen = noted(seen, number, NOW + number)
    seen = noted(seen, 0, NOW + 1_000)
    seen = noted(seen, "new", NOW + 2_000)
    assert 0 in seen
    assert 1 not in seen
    late = noted(dict(seen), "late", NOW - 5)
    assert late == seen
