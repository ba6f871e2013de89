"""What is remembered of one session in order to read its signals; stored with it as a line of JSON."""

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Self

import orjson

ENDED, BOUGHT = "ended", "bought"
"""How a visit can be over."""

LONGEST_CART = 50
"""Variants of one cart that are followed; a larger cart is followed in its first."""


@dataclass(slots=True)
class Visit:
    """One session as the signals know it. Moments in milliseconds UTC.

    ``ip`` is 32 hexadecimal digits, ``network`` the same of its /24 or /48, ``line`` what of it tells one line from
    another; ``home`` is the country it is registered in, ``host`` the hosting network it is in.
    ``ip_at``, ``network_at`` and ``device_at`` are when its hold was counted for these. ``held`` are the units that it
    holds by variant, ``most`` the largest number of one product, ``share`` the largest share (units, of how many) that
    its network held of one variant. ``gaps``, ``gap_mean`` and ``gap_squares`` describe the pauses between its events
    (Welford's sums). ``tried_at`` is when the checkout was last begun, ``tries`` how often it was begun again in haste.
    """

    begun: int
    last: int
    ip: str | None = None
    network: str | None = None
    line: str | None = None
    ip_at: int = 0
    network_at: int = 0
    device_id: str | None = None
    device_at: int = 0
    agent: int | None = None
    country: str | None = None
    home: str | None = None
    host: str | None = None
    held: dict[str, int] = field(default_factory=dict)
    most: int = 0
    share: tuple[int, int] = (0, 1)
    began_empty: bool = False
    first_add: int | None = None
    snatched: int | None = None
    updates: int = 0
    renewals: int = 0
    extensions: int = 0
    checkout: int = 0
    acted: int = 0
    gaps: int = 0
    gap_mean: float = 0.0
    gap_squares: float = 0.0
    over: str | None = None
    over_at: int = 0
    tried_at: int = 0
    tries: int = 0

    def dumped(self) -> str:
        """As JSON: the values in the order of the fields."""
        return orjson.dumps(_values(self)).decode()

    @classmethod
    def loaded(cls, text: str) -> Self:
        """Back from JSON; of an older version, what it did not know yet is as at the beginning."""
        values: list[Any] = orjson.loads(text)
        found = cls(*values)
        units, of = found.share
        found.share = units, of
        return found


_values = attrgetter(*(one.name for one in fields(Visit)))
