"""How often a client may ask: so many at once, and after that one for each part of the time that they are meant for.

The generic cell rate algorithm (ITU-T I.371, annex A): of each client only the moment is kept at which all that it has
taken will have been earned. Kept in memory, and forgotten at a restart.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from ipaddress import IPv6Address

from data.addresses import pack

MOST_CLIENTS = 100_000
"""Clients that are remembered; with more of them at a time, those are forgotten that have been silent longest."""


def client(address: str | None) -> bytes:
    """Who counts as one client: an IPv4 address, or 64 bits of an IPv6 address, which every household has at least.

    All whose address is unknown are one.
    """
    packed = pack(address or "")
    if packed is None:
        return b""
    return packed if IPv6Address(packed).ipv4_mapped else packed[:8]


class Rates:
    """Lets each client take ``most`` within a time, and twice that at most where it is cut unluckily."""

    def __init__(self, most: int, within: timedelta, *, clients: int = MOST_CLIENTS) -> None:
        self._step = within / most
        self._within = within
        self._clients = clients
        self._earned: OrderedDict[bytes, datetime] = OrderedDict()

    def take(self, who: bytes, now: datetime) -> timedelta | None:
        """Count one more; None when it may be taken, else how long to wait. What is refused does not count."""
        # A clock that was set back must not keep anybody waiting for longer than usual.
        earned = min(max(self._earned.get(who, now), now), now + self._within) + self._step
        if earned > now + self._within:
            return earned - self._within - now
        self._earned[who] = earned
        self._earned.move_to_end(who)
        self._forget(now)
        return None

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._earned)

    def _forget(self, now: datetime) -> None:
        while len(self._earned) > self._clients or next(iter(self._earned.values())) <= now:
            self._earned.popitem(last=False)
