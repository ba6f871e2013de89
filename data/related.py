"""The sessions that share the address, the network, the device or nearly the cart of one session, and their endings."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection

from data import addresses
from data.columns import milliseconds, moment
from data.conditions import span
from data.database import Database
from data.filters import SessionFilter
from data.levels import RiskLevel
from data.relations import RelatedSession, Relation, Shared
from data.similar_carts import similar
from data.status import Status

COUNTED = 100
"""Sessions of a relation that are counted; beyond, it says that there are more."""

NEWEST = 5
"""Sessions of a relation that are named."""

_MANY = 20_000  # sessions of one network that are sorted faster than the newest of all are looked through

_COLUMNS = """
    s.cart_token, CASE WHEN s.status = 'active' AND s.expires_at <= :now THEN 'expired' ELSE s.status END,
    s.risk_level, s.started_at
"""


@dataclass(frozen=True, slots=True)
class _Way:
    """How the sessions of a relation are found, and the list that shows them."""

    shared: Shared
    value: str
    source: str
    values: Mapping[str, object]
    wanted: SessionFilter


async def related(db: Database, store_id: int, session_id: int, *, now: datetime) -> tuple[Relation, ...]:
    """What other sessions of the store share with this one, the narrowest first; nothing for one that is not there.

    Whoever shares the address is not counted again for its network. Raises Busy.
    """
    return await db.ask(lambda connection: _related(connection, store_id, session_id, now))


def _related(connection: Connection, store_id: int, session_id: int, now: datetime) -> tuple[Relation, ...]:
    statement = "SELECT cart_token, ip, device_id FROM session WHERE id = ? AND store_id = ?"
    own = connection.execute(statement, (session_id, store_id)).fetchone()
    if own is None:
        return ()
    cart_token, ip, device_id = own
    bound = {"store": store_id, "id": session_id, "now": milliseconds(now), "most": COUNTED + 1}
    ways = [*_by_device(device_id), *_by_address(connection, ip, bound), *_by_cart(connection, store_id, cart_token)]
    found = [_relation(connection, way, bound) for way in ways]
    return tuple(one for one in found if one.total)


def _by_device(device_id: str | None) -> Iterable[_Way]:
    if device_id is not None:
        source = "session AS s INDEXED BY session_by_device WHERE s.store_id = :store AND s.device_id = :device"
        yield _Way(Shared.DEVICE, device_id, source, {"device": device_id}, SessionFilter(device_id=device_id))


def _by_address(connection: Connection, ip: bytes | None, bound: Mapping[str, object]) -> Iterable[_Way]:
    if ip is None:
        return
    network = addresses.network(ip)
    first, last = span(network)
    values: dict[str, object] = {"first": first, "last": last, "ip": ip}
    narrower = SessionFilter(ip=network)
    beside = ""
    if ip != addresses.shortened(ip):  # else only the network is left of it
        address = addresses.unpack(ip)
        source = "session AS s INDEXED BY session_by_ip WHERE s.store_id = :store AND s.ip = :ip"
        yield _Way(Shared.IP, address, source, {"ip": ip}, SessionFilter(ip=address))
        narrower = narrower.excluding("ip", address)
        beside = " AND s.ip <> :ip"
    inside = f"s.store_id = :store AND s.ip BETWEEN :first AND :last{beside}"
    # The index has a network's sessions by their addresses. Where they are very many, the newest are soon met anyway.
    by_address = f"session AS s INDEXED BY session_by_ip WHERE {inside}"
    statement = f"SELECT count(*) FROM (SELECT 1 FROM {by_address} LIMIT {_MANY})"
    [counted] = connection.execute(statement, {**bound, **values}).fetchone()
    source = by_address if counted < _MANY else f"session AS s NOT INDEXED WHERE {inside}"
    yield _Way(Shared.NETWORK, network, source, values, narrower)


def _by_cart(connection: Connection, store_id: int, cart_token: str) -> Iterable[_Way]:
    ids = similar(connection, store_id, cart_token)
    source = "json_each(:like) AS f CROSS JOIN session AS s ON s.id = f.value WHERE s.store_id = :store"
    newest = json.dumps(ids[: COUNTED + 2])  # as many as are counted, and its own among them
    yield _Way(Shared.CART, cart_token, source, {"like": newest}, SessionFilter(like=cart_token))


def _relation(connection: Connection, way: _Way, bound: Mapping[str, object]) -> Relation:
    statement = f"SELECT {_COLUMNS} FROM {way.source} AND s.id <> :id ORDER BY s.id DESC LIMIT :most"
    rows = connection.execute(statement, {**bound, **way.values}).fetchall()
    counted = [
        RelatedSession(token, Status(status), RiskLevel(level), moment(started))
        for token, status, level, started in rows[:COUNTED]
    ]
    statuses, levels = Counter(one.status for one in counted), Counter(one.risk_level for one in counted)
    return Relation(
        shared=way.shared,
        value=way.value,
        total=len(counted),
        capped=len(rows) > COUNTED,
        statuses={status: statuses[status] for status in Status if statuses[status]},
        levels={level: levels[level] for level in RiskLevel if levels[level]},
        newest=tuple(counted[:NEWEST]),
        wanted=way.wanted,
    )
