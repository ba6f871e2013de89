"""Conditions of a list that the counting tables do not know, as searches: country, device, address, and the like.

The SQL speaks of sessions as ``s``; everything from outside is bound, by the names in ``values``.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from data.addresses import Range, ranges
from data.filters import NOWHERE, DeviceKind, SessionFilter
from data.search import Arm, Search


def conditions(wanted: SessionFilter, similar: Callable[[str], Sequence[int]]) -> list[Search]:
    """The filter's conditions beside search, status and level, each with an arm where an index finds its sessions.

    ``similar`` tells the ids of the sessions whose cart is like that of a token.
    """
    found: list[Search] = []
    if wanted.like is not None:
        found.append(_like(similar(wanted.like)))
    if wanted.device_id is not None:
        found.append(_indexed("session_by_device", "s.device_id = :device_id", device_id=wanted.device_id))
    if wanted.ip is not None:
        found.append(_from(*span(wanted.ip)))
    if wanted.country == NOWHERE:
        found.append(_indexed("session_by_country", "s.country IS NULL"))
    elif wanted.country is not None:
        found.append(_indexed("session_by_country", "s.country = :country", country=wanted.country))
    if wanted.device is not None or wanted.not_device:
        found.append(_of_kinds(wanted.devices))
    return found + _excluded(wanted)


def span(network: str) -> Range:
    """The first and last address of what ``SessionFilter.ip`` names."""
    whole = "" if "/" in network else "/128" if ":" in network else "/32"
    [found] = ranges(network + whole)
    return found


def _like(ids: Sequence[int]) -> Search:
    each = "json_each(:like) AS f"
    arm = Arm(f"{each} CROSS JOIN session AS s ON s.id = f.value WHERE 1", counted=f"{each} WHERE 1")
    return Search("s.id IN (SELECT value FROM json_each(:like))", (arm,), {"like": json.dumps(list(ids))})


def _indexed(index: str, condition: str, **values: object) -> Search:
    source = f"session AS s INDEXED BY {index} WHERE {condition} AND s.store_id = :store"
    return Search(condition, (Arm(source, counted=source),), values)


def _of_kinds(kinds: Sequence[DeviceKind]) -> Search:
    named = {f"device{number}": kind.value for number, kind in enumerate(kinds)}
    ways = [_indexed("session_by_kind", f"s.device = :{name}", **{name: kind}) for name, kind in named.items()]
    return Search(f"s.device IN ({_places(named)})", tuple(arm for way in ways for arm in way.arms), named)


def _from(first: bytes, last: bytes) -> Search:
    if first == last:  # of one address the index has the sessions in their order
        return _indexed("session_by_ip", "s.ip = :ip", ip=first)
    found = _indexed("session_by_ip", "s.ip BETWEEN :ip_first AND :ip_last", ip_first=first, ip_last=last)
    return replace(found, addresses=((first, last),))


def _excluded(wanted: SessionFilter) -> list[Search]:
    found: list[Search] = []
    if wanted.not_country:
        found.append(_elsewhere(wanted.not_country))
    for number, network in enumerate(wanted.not_ip):
        first, last = span(network)
        names = f"not_first{number}", f"not_last{number}"
        outside = f"s.ip NOT BETWEEN :{names[0]} AND :{names[1]}"
        found.append(Search(f"(s.ip IS NULL OR {outside})", (), dict(zip(names, (first, last), strict=True))))
    return found


def _elsewhere(countries: Sequence[str]) -> Search:
    # Where the country of a session is not known, it is none of those that are named.
    named = {f"not_country{number}": code for number, code in enumerate(countries) if code != NOWHERE}
    beside = "s.country IS NOT NULL AND" if NOWHERE in countries else "s.country IS NULL OR"
    return Search(f"({beside} s.country NOT IN ({_places(named)}))", (), named)


def _places(named: Iterable[str]) -> str:
    return ", ".join(f":{name}" for name in named)
