"""What is usual in a store: counted by the hour, and judged by the last 24 whole hours.

Within an hour the figures stand still, so that one event cannot change what is usual for the next; a flash sale does
not make itself normal while it lasts.
"""

from collections import Counter
from dataclasses import dataclass, field

from data.risk.entity import HOUR

HOURS = 24
ENOUGH = 50
"""Samples below which the usual figures of shops in general are taken."""

ALWAYS = 0.98
"""The share of sessions with an address that come with a user agent, from which on one is told wherever it was sent."""

_LARGEST = 1_000  # quantities and renewals that are told apart: whoever makes up numbers does not fill the memory


@dataclass(frozen=True, slots=True)
class Norms:
    """The share of sessions that are bought, the quantity of one product that 99 of 100 carts do not exceed, the median
    number of renewals, and whether the user agent is told wherever the address is."""

    conversion: float = 0.3
    quantity: int = 4
    renewals: int = 0
    tells_agents: bool = False


@dataclass(slots=True)
class _Hour:
    quantities: Counter[int] = field(default_factory=Counter)
    renewals: Counter[int] = field(default_factory=Counter)
    bought: int = 0
    ended: int = 0
    addressed: int = 0
    named: int = 0


class Habits:
    """Counts what is usual. ``at`` in milliseconds; moments that are long past are not counted any more."""

    def __init__(self) -> None:
        self.norms = Norms()
        self._hours: dict[int, _Hour] = {}
        self._newest = 0

    def turn(self, at: int) -> None:
        """Take note of the time: at the beginning of an hour the usual figures are worked out anew."""
        hour = at // HOUR
        if hour > self._newest:
            self._newest = hour
            self._hours = {number: one for number, one in self._hours.items() if number >= hour - HOURS}
            self.norms = _norms([one for number, one in self._hours.items() if number < hour])

    def over(self, at: int, *, bought: bool, most: int, renewals: int, named: bool | None) -> None:
        """A session is over: how it ended, the largest quantity it held of one product, and its renewals; whether its
        user agent was told, None where not even its address was."""
        number = at // HOUR
        if number < self._newest - HOURS:
            return
        hour = self._hours.get(number)
        if hour is None:
            hour = self._hours[number] = _Hour()
        if bought:
            hour.bought += 1
        else:
            hour.ended += 1
        if named is not None:
            hour.addressed += 1
            hour.named += named
        hour.quantities[min(most, _LARGEST)] += 1
        hour.renewals[min(renewals, _LARGEST)] += 1


def _norms(hours: list[_Hour]) -> Norms:
    bought, ended = sum(one.bought for one in hours), sum(one.ended for one in hours)
    if bought + ended < ENOUGH:
        return Norms()
    quantities, renewals = Counter[int](), Counter[int]()
    for one in hours:
        quantities.update(one.quantities)
        renewals.update(one.renewals)
    usual = Norms()
    # A few sessions more of either sort, so that a store where nothing was bought yet is not taken for proof.
    conversion = (bought + 10 * usual.conversion) / (bought + ended + 10)
    addressed, named = sum(one.addressed for one in hours), sum(one.named for one in hours)
    return Norms(
        conversion,
        max(1, _quantile(quantities, 0.99)),
        _quantile(renewals, 0.5),
        addressed >= ENOUGH and named >= ALWAYS * addressed,
    )


def _quantile(counts: Counter[int], share: float) -> int:
    """The smallest value that this share of all does not exceed."""
    left = share * sum(counts.values())
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return 0
