"""What is remembered of one IP, network or device: when it did what within a day, and no more than it needs.

Times are milliseconds UTC in sorted lists of at most MOST: a count beyond that means the same to every signal. So what
is read depends on the last day alone, and not on the order in which it was told.
"""

from bisect import bisect_right, insort
from collections.abc import Hashable
from operator import itemgetter

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

MOST = 64
"""Times of one sort that are remembered: the newest."""

Times = list[int] | None


class Entity:
    """The recent past of one IP, network or device. What never happened takes no room."""

    __slots__ = (
        "addresses",
        "agents",
        "bought",
        "cancelled",
        "cleared",
        "declined",
        "ended",
        "held_again",
        "holds",
        "released",
        "restricted",
        "rotated",
        "seen",
    )

    def __init__(self) -> None:
        self.seen = 0
        self.holds: Times = None
        self.bought: Times = None
        self.ended: Times = None
        self.cancelled: Times = None
        self.declined: Times = None
        self.held_again: Times = None
        self.addresses: dict[Hashable, int] | None = None
        self.agents: dict[Hashable, int] | None = None
        self.released: dict[Hashable, int] | None = None
        self.restricted: dict[Hashable, int] | None = None
        self.cleared: dict[Hashable, int] | None = None
        self.rotated: dict[Hashable, int] | None = None


def count(times: Times, since: int, at: int) -> int:
    """How many of the times are after ``since`` and not after ``at``."""
    if not times:
        return 0
    before = 0 if times[0] > since else bisect_right(times, since)
    return (len(times) if times[-1] <= at else bisect_right(times, at)) - before


def counts(times: Times, since: int, at: int) -> tuple[int, int, int]:
    """How many of the times are within a minute and an hour before ``at``, which is included, and in all.

    Only those after ``since`` are counted.
    """
    if not times:
        return 0, 0, 0
    upto, first = len(times) if times[-1] <= at else bisect_right(times, at), times[0]
    if first > at - MINUTE and first > since:
        return upto, upto, upto
    before = 0 if first > since else bisect_right(times, since)
    hour = bisect_right(times, at - HOUR) if first <= at - HOUR else 0
    minute = bisect_right(times, at - MINUTE)
    return upto - max(before, minute), upto - max(before, hour), upto - before


def added(times: Times, at: int) -> list[int]:
    """The times with one more."""
    if not times:
        return [at]
    if at >= times[-1]:
        times.append(at)
    else:
        insort(times, at)
    if len(times) > MOST:
        del times[0]
    return times


def noted(seen: dict[Hashable, int] | None, what: Hashable, at: int) -> dict[Hashable, int]:
    """The last times of things with one more, the oldest first; that one is let go where there are too many."""
    if seen is None:
        return {what: at}
    newest = next(reversed(seen.values()))
    before = seen.pop(what, 0)
    seen[what] = before if before > at else at
    if at < newest:
        ordered = sorted(seen.items(), key=itemgetter(1))
        seen.clear()
        seen.update(ordered)
    if len(seen) > MOST:
        del seen[next(iter(seen))]
    return seen


def distinct(seen: dict[Hashable, int] | None, since: int, at: int, also: Hashable | None) -> int:
    """How many different things were seen after ``since`` and not after ``at``, with ``also`` as one of them."""
    if not seen:
        return 0 if also is None else 1
    if next(iter(seen.values())) > since and next(reversed(seen.values())) <= at:
        recent = len(seen)
    else:
        recent = sum([since < time <= at for time in seen.values()])
    if also is None or since < seen.get(also, 0) <= at:
        return recent
    return recent + 1


def others(seen: dict[Hashable, int], since: int, at: int, own: Hashable) -> int:
    """How many different things but ``own`` were seen after ``since`` and not after ``at``."""
    return distinct(seen, since, at, None) - (since < seen.get(own, 0) <= at)
