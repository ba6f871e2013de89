"""What one event makes of what is known of its own session."""

from data.addresses import shortened
from data.agents import AgentKind, kind
from data.events import TimelineKind
from data.geo import country, hosting
from data.risk.happening import Happening
from data.risk.visit import LONGEST_CART, Visit

AGENTS = {name: number for number, name in enumerate(AgentKind)}
"""What a kind of program is as a reading."""

_MAPPED = bytes(10) + b"\xff\xff"  # how IPv4 addresses begin (data.addresses)
_ACTS = frozenset(
    {TimelineKind.STARTED, TimelineKind.CART_UPDATED, TimelineKind.EXTENDED, TimelineKind.CHECKOUT_STARTED}
)
"""What somebody does. Renewals come from the storefront by the clock, and endings by themselves."""


def meet(one: Happening, visit: Visit) -> None:
    """What an event says of the shopper."""
    if one.ip is not None and one.ip.hex() != visit.ip:
        visit.ip, visit.network, visit.line = one.ip.hex(), shortened(one.ip).hex(), _line(one.ip).hex()
        visit.ip_at = 0
        visit.home, visit.host = country(one.ip), hosting(one.ip)
    if one.device_id is not None and one.device_id != visit.device_id:
        visit.device_id, visit.device_at = one.device_id, 0
    if one.agent is not None:
        found = kind(one.agent)
        visit.agent = None if found is None else AGENTS[found]
    if one.country is not None:
        visit.country = one.country


def act(one: Happening, visit: Visit) -> None:
    """What the shopper does with it: counts of each, and the pauses in between. Nothing counts once it is over."""
    if visit.over is not None:
        return
    if one.kind is TimelineKind.CART_UPDATED:
        visit.updates += 1
    elif one.kind is TimelineKind.RENEWED:
        visit.renewals += 1
    elif one.kind is TimelineKind.EXTENDED:
        visit.extensions += 1
    elif one.kind is TimelineKind.CHECKOUT_STARTED:
        visit.checkout = max(visit.checkout, 1)
    elif one.kind is TimelineKind.CONVERTED:
        visit.checkout = 2
    if one.kind in _ACTS:
        if visit.acted:
            _pause(visit, abs(one.at - visit.acted))
        visit.acted = max(visit.acted, one.at)
    visit.last = max(visit.last, one.at)


def _pause(visit: Visit, gap: int) -> None:
    # Welford's sums: https://doi.org/10.1080/00401706.1962.10490022
    visit.gaps += 1
    off = gap - visit.gap_mean
    visit.gap_mean += off / visit.gaps
    visit.gap_squares += off * (gap - visit.gap_mean)


def fill(lines: dict[str, int], visit: Visit) -> dict[str, int]:
    """Take the cart as it is now; by how many units the hold of each variant changes."""
    now = lines if len(lines) <= LONGEST_CART else dict(list(lines.items())[:LONGEST_CART])
    changes = {variant: units - visit.held.get(variant, 0) for variant, units in now.items()}
    changes |= {variant: -units for variant, units in visit.held.items() if variant not in now}
    visit.held = {variant: units for variant, units in now.items() if units > 0}
    if visit.held:
        visit.most = max(visit.most, *visit.held.values())
    return {variant: units for variant, units in changes.items() if units}


def _line(ip: bytes) -> bytes:
    # Programs change the last half of an IPv6 address as they like; it is the first half that a line is given.
    return ip if ip.startswith(_MAPPED) else ip[:8]
