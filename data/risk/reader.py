"""Reads the signals of one event: what its session did, and what its address, network and device did before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from data.agents import AgentKind
from data.risk.entity import HOUR, MINUTE, Entity, count, counts, distinct, others
from data.risk.happening import Happening
from data.risk.homes import homes
from data.risk.norms import Norms
from data.risk.progress import AGENTS
from data.risk.readings import SIGNALS, Reading
from data.risk.visit import BOUGHT, Visit

_PRIOR = 2.0  # sessions of the usual outcome that each entity is taken to have had: a few say little
_OUTCOMES = 3  # of others, from which on "none was bought" says something: as much as there are reservations
_LONG_SINCE = 3_600.0  # seconds; what was let go before that was not waited for
_GAPS = 4  # pauses from which on their regularity says something
_EMPTY, _DECLARED = AGENTS[AgentKind.EMPTY], AGENTS[AgentKind.AUTOMATION]
_FEW = 3  # of one product are nowhere too much, even where 99 of 100 carts hold one
_MANY = 4  # programs from which on an address is one that people share
_USUAL = 0.6  # of the store's conversion, from which on an address is one that people buy from
# Declared automation is known for machines for rent, for carts that are let go at once, and for buying nothing: that is
# no news of it, and read as nothing unusual. What it holds is.
_NO_NEWS = tuple(
    (SIGNALS.index(name), usual)
    for name, usual in {
        "hosting": 0,
        "cancels": 0,
        "ip_conversion": 1.0,
        "network_conversion": 1.0,
        "device_conversion": 1.0,
        "ip_none_bought": 0,
        "network_none_bought": 0,
        "device_none_bought": 0,
    }.items()
)


@dataclass(slots=True)
class Scene:
    """One event with all that is known when it comes. An entity is None where it is new, all are where it is past.

    ``held_again`` is when those of the variants that it takes were let go which had been held and not bought by the
    same address or device before; ``rapid`` that it lets go what was held in passing. Nothing counts that was not after
    ``since``.
    """

    one: Happening
    visit: Visit
    norms: Norms
    currency: str
    since: int
    past: bool = False
    ip: Entity | None = None
    network: Entity | None = None
    device: Entity | None = None
    held_again: Sequence[int] = ()
    rapid: bool = False


def read(scene: Scene) -> list[Reading]:
    """The readings, in the order of READINGS."""
    one, visit, norms, since, at = scene.one, scene.visit, scene.norms, scene.since, scene.one.at
    ip_known = visit.ip is not None and not scene.past
    device_known = visit.device_id is not None and not scene.past
    known = ip_known or device_known
    ip, network, device = scene.ip, scene.network, scene.device
    ip_minute, ip_hour, ip_day, ip_bought, ip_over = _past(ip, visit.ip_at, visit, since, at)
    network_minute, network_hour, network_day, network_bought, network_over = _past(
        network, visit.network_at, visit, since, at
    )
    device_minute, device_hour, device_day, device_bought, device_over = _past(
        device, visit.device_at, visit, since, at
    )
    # Of the network those at other addresses, so that nothing counts twice.
    network_minute = network_minute - ip_minute if network_minute > ip_minute else 0
    network_hour = network_hour - ip_hour if network_hour > ip_hour else 0
    network_day = network_day - ip_day if network_day > ip_day else 0
    network_bought = network_bought - ip_bought if network_bought > ip_bought else 0
    network_over = network_over - ip_over if network_over > ip_over else 0
    usual = norms.conversion
    prior = _PRIOR * usual
    agents = distinct(ip.agents if ip else None, since, at, hash(one.agent) if one.agent else None)
    ip_conversion = (ip_bought + prior) / (ip_over + _PRIOR) / usual
    # An office, a telephone network: what others did there is not held against somebody whose device is not known.
    shared = agents >= _MANY and ip_conversion >= _USUAL
    person = device if device_known else None if shared else ip
    held_again = 0 if shared and not device_known else len(scene.held_again)
    declined = restricted = cleared = 0
    for entity in (ip, device):
        if entity is not None:
            if entity.declined and not (shared and entity is ip):
                declined = max(declined, count(entity.declined, since, at))
            if entity.restricted:
                restricted = max(restricted, others(entity.restricted, since, at, one.session_id))
            if entity.cleared:
                cleared = max(cleared, others(entity.cleared, since, at, one.session_id))
    lasted = visit.last - visit.begun
    share_units, share_of = visit.share
    readings: list[Reading] = [
        ip_minute if ip_known else None,
        ip_hour if ip_known else None,
        ip_day if ip_known else None,
        network_minute if ip_known else None,
        network_hour if ip_known else None,
        network_day if ip_known else None,
        device_minute if device_known else None,
        device_hour if device_known else None,
        device_day if device_known else None,
        distinct(device.addresses if device else None, since, at, visit.line) if device_known else None,
        agents if ip_known else None,
        ip_conversion if ip_known else None,
        (network_bought + prior) / (network_over + _PRIOR) / usual if ip_known else None,
        (device_bought + prior) / (device_over + _PRIOR) / usual if device_known else None,
        (0 if ip_bought or ip_over < _OUTCOMES else ip_hour) if ip_known else None,
        (0 if network_bought or network_over < _OUTCOMES else network_hour) if ip_known else None,
        distinct(network.rotated if network else None, since, at, None) if ip_known else None,
        (0 if device_bought or device_over < _OUTCOMES else device_hour) if device_known else None,
        (count(person.held_again, since, at) if person and person.held_again else 0) + held_again if known else None,
        visit.renewals - norms.renewals,
        lasted / MINUTE,
        visit.extensions / (lasted / HOUR) if lasted > HOUR else float(visit.extensions),
        share_units / share_of if ip_known and visit.most else None,
        visit.most / max(_FEW, norms.quantity) if visit.most else None,
        visit.first_add / 1000 if visit.first_add is not None else None,
        _regularity(visit) if visit.gaps >= _GAPS else None,
        min(_LONG_SINCE, visit.snatched / 1000) if visit.snatched is not None else _LONG_SINCE if visit.most else None,
        _EMPTY if visit.agent is None and visit.ip is not None and norms.tells_agents else visit.agent,
        None if visit.ip is None else int(visit.host is not None),
        _abroad(visit, scene.currency),
        (count(person.cancelled, max(since, at - HOUR), at) if person and person.cancelled else 0) + scene.rapid
        if known
        else None,
        declined + one.declined if known or one.declined else None,
        restricted if known else None,
        cleared if known else None,
        visit.checkout,
        visit.updates,
        ip_bought,
        ip_over,
        network_bought,
        network_over,
        device_bought,
        device_over,
        usual,
        visit.renewals,
        norms.renewals,
        visit.extensions,
        visit.most,
        norms.quantity,
        share_units,
        share_of,
        visit.host,
        visit.home,
        visit.country,
    ]
    if visit.agent == _DECLARED:
        for place, usual_reading in _NO_NEWS:
            if readings[place] is not None:
                readings[place] = usual_reading
    return readings


def _past(entity: Entity | None, own_at: int, visit: Visit, since: int, at: int) -> tuple[int, int, int, int, int]:
    """Reservations begun within a minute, an hour and a day, with this one, which is not noted before ``own_at``; how
    many other sessions were bought within a day, and how many are over."""
    own = 0 if own_at else 1
    if entity is None:
        return own, own, own, 0, 0
    minute, hour, day = counts(entity.holds, since, at)
    bought = count(entity.bought, since, at) if entity.bought else 0
    ended = count(entity.ended, since, at) if entity.ended else 0
    if visit.over is not None and since < visit.over_at <= at:
        if visit.over == BOUGHT:
            bought = max(0, bought - 1)
        else:
            ended = max(0, ended - 1)
    return minute + own, hour + own, day + own, bought, bought + ended


def _regularity(visit: Visit) -> float:
    """The spread of the pauses beside their mean: 0 is a clock, people are around 1."""
    return sqrt(visit.gap_squares / visit.gaps) / visit.gap_mean if visit.gap_mean else 0.0


def _abroad(visit: Visit, currency: str) -> int | None:
    """0 where the address is registered where the shopper says to be, 1 where it is not; where nothing is said, 2 for a
    country that does not pay in the store's currency."""
    if visit.home is None:
        return None
    if visit.country is not None:
        return int(visit.country != visit.home)
    return 0 if visit.home in homes(currency) else 2
