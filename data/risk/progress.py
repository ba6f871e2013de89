"""What one event makes of what is known of its own session."""

from itertools import islice

from data.addresses import shortened
from data.agents import AgentKind, kind
from data.events import TimelineKind
from data.geo import country, hosting
from data.risk.happening import Happening
from data.risk.visit import LONGEST_CART, Visit

AGENTS = {name: number for number, name in enumerate(AgentKind)}
"""What a kind of program is as a reading."""

_MAPPED = bytes(10) + b"\xff\xff"  # how IPv4 addresses begin (data.addresses)
_STARTED, _UPDATED, _RENEWED = TimelineKind.STARTED, TimelineKind.CART_UPDATED, TimelineKind.RENEWED
_EXTENDED, _CHECKOUT, _CONVERTED = TimelineKind.EXTENDED, TimelineKind.CHECKOUT_STARTED, TimelineKind.CONVERTED
# Programs that try out stolen cards go through a checkout faster than anybody enters a card (OAT-001 Carding of
# https://owasp.org/www-project-automated-threats-to-web-applications/). Less than a second is a report that came twice.
_AGAIN = range(1_000, 20_000)  # milliseconds until the checkout is begun again
_TRIES = 2  # such beginnings again, from which on it is no mishap
_HASTE = 30_000  # milliseconds from the first item to a failed payment
TRIED = 3
"""The checkout as a reading: 0 not begun, 1 begun, 2 completed, and this where payments were tried in haste."""
_ACTS = frozenset({_STARTED, _UPDATED, _EXTENDED, _CHECKOUT})
"""What somebody does. Renewals come from the storefront by the clock, and endings by themselves."""


def meet(one: Happening, visit: Visit) -> None:
    """What an event says of the shopper."""
    if one.ip is not None:
        ip = one.ip.hex()
        if ip != visit.ip:
            visit.ip, visit.network, visit.line = ip, shortened(one.ip).hex(), _line(one.ip).hex()
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
    what, at = one.kind, one.at
    if what is _UPDATED:
        visit.updates += 1
    elif what is _RENEWED:
        visit.renewals += 1
    elif what is _EXTENDED:
        visit.extensions += 1
    elif what is _CHECKOUT:
        _check_out(at, visit)
    elif what is _CONVERTED:
        visit.checkout = max(visit.checkout, 2)
    elif one.declined and visit.checkout and at - visit.begun < _HASTE:
        visit.checkout = TRIED
    if what in _ACTS:
        if visit.acted:
            _pause(visit, abs(at - visit.acted))
        if at > visit.acted:
            visit.acted = at
    if at > visit.last:
        visit.last = at


def _check_out(at: int, visit: Visit) -> None:
    if visit.tried_at and at - visit.tried_at in _AGAIN:
        visit.tries += 1
    visit.tried_at = max(visit.tried_at, at)
    visit.checkout = max(visit.checkout, TRIED if visit.tries >= _TRIES else 1)


def _pause(visit: Visit, gap: int) -> None:
    # Welford's sums: https://doi.org/10.1080/00401706.1962.10490022
    visit.gaps += 1
    off = gap - visit.gap_mean
    visit.gap_mean += off / visit.gaps
    visit.gap_squares += off * (gap - visit.gap_mean)


def fill(lines: dict[str, int], visit: Visit) -> dict[str, int]:
    """Take the cart as it is now; by how many units the hold of each variant changes."""
    now = lines if len(lines) <= LONGEST_CART else dict(islice(lines.items(), LONGEST_CART))
    before, held, changes = visit.held, dict[str, int](), dict[str, int]()
    for variant, units in now.items():
        if units > 0:
            held[variant] = units
            if units > visit.most:
                visit.most = units
        change = units - before.get(variant, 0)
        if change:
            changes[variant] = change
    for variant, units in before.items():
        if variant not in now:
            changes[variant] = -units
    visit.held = held
    return changes


def _line(ip: bytes) -> bytes:
    # Programs change the last half of an IPv6 address as they like; it is the first half that a line is given.
    return ip if ip.startswith(_MAPPED) else ip[:8]
