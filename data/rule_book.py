"""The rules in force of one store, arranged so that the one which decides a session is found without looking at all.

Pure: made of what was read, and asked with what is known of a session.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from data.levels import Decision
from data.rule_targets import Target
from data.rule_values import prefix

_BITS = 128
_KNOWN_V4, _KNOWN_V6 = 96 + 24, 48
_MAPPED = bytes(10) + b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule in force: what it is about, what it says, and how particular it is (``rank``, the lower the more)."""

    id: int
    decision: Decision
    target: Target
    value: str
    low: bytes | None
    high: bytes | None
    rank: int
    reason: str
    created_at: datetime
    until: datetime | None

    def speaks_of(self, seen: "Seen", now: datetime) -> bool:
        """Whether it has a say: its time is not over, and the session was not over before it was made.

        A rule may have run out and nobody have noted it yet. One about a session itself is for it whatever its status.
        """
        if self.until is not None and self.until <= now:
            return False
        return self.target is Target.SESSION or seen.ended_at is None or seen.ended_at >= self.created_at


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a session that rules may speak of.

    ``whole``: its address is not shortened. ``rule_id`` is the rule that has decided it, which goes on to do so as long
    as no more particular one does: a shopper does not escape a decision by changing the network. Nor by a more
    particular rule that has ended: ``former_rule_id`` is the one that had decided it before.
    """

    session_id: int
    cart_token: str
    ip: bytes | None
    device_id: str | None
    ended_at: datetime | None = None
    whole: bool = True
    rule_id: int | None = None
    former_rule_id: int | None = None


class RuleBook:
    """Rules in force, by what they are about."""

    def __init__(self, rulings: Iterable[Ruling]) -> None:
        self._by_id: dict[int, Ruling] = {}
        self._sessions: dict[str, Ruling] = {}
        self._devices: dict[str, Ruling] = {}
        self._ips: dict[bytes, Ruling] = {}
        networks: dict[int, dict[int, Ruling]] = {}
        for ruling in rulings:
            self._by_id[ruling.id] = ruling
            if ruling.target is Target.SESSION:
                self._sessions[ruling.value] = ruling
            elif ruling.target is Target.DEVICE:
                self._devices[ruling.value] = ruling
            elif ruling.low is not None and ruling.high is not None:
                if ruling.target is Target.IP:
                    self._ips[ruling.low] = ruling
                else:
                    bits = prefix(ruling.low, ruling.high)
                    networks.setdefault(bits, {})[int.from_bytes(ruling.low, "big") >> (_BITS - bits)] = ruling
        # Narrow ones first. There are as many looks as lengths that are in use, however many networks there are.
        self._networks = sorted(networks.items(), reverse=True)

    def __bool__(self) -> bool:
        return bool(self._by_id)

    def deciding(self, seen: Seen, now: datetime) -> Ruling | None:
        """The rule that decides a session; None where none speaks of it."""
        ruling = self._matching(seen, now)
        if seen.rule_id is None and seen.former_rule_id is None:
            return ruling
        known = [self._by_id.get(number) for number in (seen.rule_id, seen.former_rule_id) if number is not None]
        kept = [one for one in known if one is not None and one.speaks_of(seen, now)]
        return min([*kept, ruling] if ruling else kept, key=lambda one: (one.rank, -one.id), default=None)

    def _matching(self, seen: Seen, now: datetime) -> Ruling | None:
        for found in self._about(seen):
            if found is not None and found.speaks_of(seen, now):
                return found
        return None

    def _about(self, seen: Seen) -> Iterator[Ruling | None]:
        """What there is about a session, the most particular first."""
        yield self._sessions.get(seen.cart_token)
        if seen.device_id is not None:
            yield self._devices.get(seen.device_id)
        if seen.ip is None:
            return
        if seen.whole:
            yield self._ips.get(seen.ip)
        if self._networks:
            address, known = int.from_bytes(seen.ip, "big"), _BITS if seen.whole else known_bits(seen.ip)
            for bits, networks in self._networks:
                if bits <= known:
                    yield networks.get(address >> (_BITS - bits))


def known_bits(ip: bytes) -> int:
    """How many bits of an address stay known once it is shortened (see ``data.addresses.shortened``)."""
    return _KNOWN_V4 if ip.startswith(_MAPPED) else _KNOWN_V6
