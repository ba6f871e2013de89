"""What a rule is about, read from what a merchant typed, pasted or uploaded; and which of several rules counts. Pure.

Of two rules that speak of the same session the more particular one counts: a session's own before its device's, that
before its IP's, that before its network's, and a narrower network before a wider one. There is never more than one rule
in force about the same thing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from unicodedata import category

from data.addresses import pack, unpack
from data.rule_targets import Target

LONGEST_REASON = 500
LONGEST_VALUE = 255

WIDEST_V4, WIDEST_V6 = 8, 24
"""Prefix lengths of the widest networks: what is wider is a part of the internet, not a network."""

LONGEST_TIME = timedelta(days=3660)
"""How far ahead a rule may be made to end; whoever means longer means until it is lifted."""

_BITS = 128  # of an address, IPv4 mapped into IPv6
_V4_BITS = 96  # of those, what comes before an IPv4 address
_MAPPED = ip_network("::ffff:0:0/96")
_RANKS = {target: rank for rank, target in enumerate(Target)}


class RuleProblem(ValueError):
    """Why a rule cannot be made or changed: one sentence for the merchant, and the ``field`` that it is about."""

    def __init__(self, words: str, field: str | None = None) -> None:
        super().__init__(words)
        self.field = field


class Changed(RuleProblem):
    """Somebody else has decided about the same value since it was looked at."""

    def __init__(self) -> None:
        super().__init__("Somebody has decided this otherwise meanwhile. See what stands now, then confirm again.")


@dataclass(frozen=True, slots=True)
class RuleValue:
    """What a rule is about, in the one form in which it is stored. ``low`` and ``high``: see ``data.addresses``."""

    target: Target
    value: str
    low: bytes | None = None
    high: bytes | None = None

    @property
    def rank(self) -> int:
        """How particular it is: the lower, the more."""
        return _RANKS[self.target] + (_BITS - prefix(self.low, self.high) if self.low and self.high else 0)


def read(target: Target, text: str) -> RuleValue:
    """What the text means as such a target. A network of one address is that IP. Raises RuleProblem."""
    text = text.strip()
    if not text:
        raise RuleProblem(f"Say which {_NAMES[target]} the rule is about.", "value")
    if target is Target.IP:
        return _ip(text)
    if target is Target.NETWORK:
        return _network(text)
    if target is Target.SESSION:
        text = text.partition("?")[0]  # as everywhere: what follows is no part of the token
    # Any characters that an event may have there (data.event_format), also such as nobody sees.
    if not text or len(text) > LONGEST_VALUE or any(category(sign) in ("Cc", "Cs") for sign in text):
        raise RuleProblem(f"A {_NAMES[target]} has 1 to {LONGEST_VALUE} printable characters.", "value")
    return RuleValue(target, text)


def reason(text: str) -> str:
    """A reason as it is stored: printable, and there. Raises RuleProblem."""
    said = "".join(c if c.isprintable() else " " for c in text).strip()
    if not said:
        raise RuleProblem("A reason is needed.", "reason")
    if len(said) > LONGEST_REASON:
        raise RuleProblem(f"The reason must have at most {LONGEST_REASON} characters.", "reason")
    return said


def until(moment: datetime | None, now: datetime) -> datetime | None:
    """The end of a rule, in whole milliseconds as it is stored. Raises RuleProblem for one that has come already."""
    if moment is None:
        return None
    if moment <= now:
        raise RuleProblem("The end of a rule must be in the future.", "until")
    if moment > now + LONGEST_TIME:
        raise RuleProblem("The end is more than ten years away. Leave it open instead.", "until")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def prefix(low: bytes, high: bytes) -> int:
    """How many bits the addresses of a network have in common, of 128."""
    return _BITS - (int.from_bytes(low, "big") ^ int.from_bytes(high, "big")).bit_length()


_NAMES = {
    Target.SESSION: "cart token",
    Target.DEVICE: "device id",
    Target.IP: "IP address",
    Target.NETWORK: "network",
}


def _ip(text: str) -> RuleValue:
    packed = pack(text)
    if packed is None:
        words = f"{text[:80]!r} is not an IP address. Give one as in 203.0.113.7 or 2001:db8::7."
        raise RuleProblem(words, "value")
    return RuleValue(Target.IP, unpack(packed), packed, packed)


def _network(text: str) -> RuleValue:
    try:
        found = ip_network("" if "%" in text else text, strict=False)
    except ValueError:
        words = f"{text[:80]!r} is not a network. Give one as in 203.0.113.0/24 or 2001:db8::/48."
        raise RuleProblem(words, "value") from None
    if isinstance(found, IPv6Network) and found.overlaps(_MAPPED) and found.prefixlen >= _V4_BITS:
        found = IPv4Network((found.network_address.packed[12:], found.prefixlen - _V4_BITS))
    if found.num_addresses == 1:
        return _ip(str(found.network_address))
    widest = WIDEST_V4 if isinstance(found, IPv4Network) else WIDEST_V6
    # All of IPv4 is one small part of IPv6, so a network that looks narrow enough may hold all of it.
    if found.prefixlen < widest or (isinstance(found, IPv6Network) and found.overlaps(_MAPPED)):
        widths = f"/{WIDEST_V4} (IPv4) or /{WIDEST_V6} (IPv6)"
        raise RuleProblem(f"{found} is too wide for a rule. Networks may be as wide as {widths}.", "value")
    low, high = pack(str(found[0])), pack(str(found[-1]))
    return RuleValue(Target.NETWORK, str(found), low, high)
