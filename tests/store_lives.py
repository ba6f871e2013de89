"""Made-up lives of a store, the same for the same seed: what is told of its sessions, in the order in which it comes.

A few addresses, networks and devices are shared by many sessions, so that what is read of one depends on the others.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from random import Random
from typing import Any

from sqlalchemy import text as sql

from data import expiry, past_lines, restrict
from data.database import Database
from data.levels import Decision
from data.records import StoreRecord
from data.risk.model import rules
from data.risk.readings import READINGS, Reading
from data.risk.visit import Visit
from data.risk.watch import Watch
from data.risk_models import SESSION_RISK
from tests.factories import a_store, after, event, line, tell

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1",
    "curl/8.5.0",
    "",
)


_STEPS = {
    "cart.updated": 5,
    "reservation.renewed": 8,
    "reservation.extended": 1,
    "checkout.started": 3,
    "checkout.completed": 3,
    "session.cancelled": 3,
    "session.expired": 1,
    "shopper.seen": 2,
}
"""How a session goes on, and how often beside each other."""


@dataclass(frozen=True, slots=True)
class Told:
    """One document and the minute in which it comes. ``sweep`` says that the sweep runs before it; ``decided`` is the
    cart about which the merchant decides before it.
    """

    minutes: float
    document: dict[str, Any]
    sweep: bool = False
    decided: tuple[str, Decision] | None = None


@dataclass(slots=True)
class _Cart:
    token: str
    shopper: dict[str, str]
    lines: list[dict[str, object]]
    over: bool = False


def a_life(seed: int, steps: int = 300, *, late: float = 0.0, sweep: float = 0.05, decide: float = 0.06) -> list[Told]:
    """Steps of a store within forty hours.

    ``late`` is the share of what comes up to half an hour after it happened, ``sweep`` how often the sweep runs before
    a step, and ``decide`` how often the merchant decides about a session.
    """
    random = Random(seed)
    moments = sorted(random.sample(range(40 * 3_600_000), steps))
    carts: list[_Cart] = []
    told = []
    for number, moment in enumerate(moments):
        minutes = moment / 60_000
        going = [cart for cart in carts[-25:] if not cart.over or random.random() < 0.05]
        if not going or random.random() < 0.45:
            cart = _begun(random, number)
            carts.append(cart)
            kind, known = "session.started", cart.shopper | ({"lines": cart.lines} if random.random() < 0.7 else {})
        else:
            cart = random.choice(going)
            kind, known = _next(random, cart)
        happened = minutes - random.random() * 30 if random.random() < late else minutes
        document = event(kind, happened, cart.token, id=f"event-{number}", **known)
        cart, decision = random.choice(carts[:-1][-15:] or carts), random.choice(list(Decision))
        decided = (cart.token, decision) if number > 50 and random.random() < decide else None
        told.append(Told(minutes, document, random.random() < sweep, decided))
    return told


def _begun(random: Random, number: int) -> _Cart:
    shopper = {}
    if random.random() < 0.9:
        shopper["ip"] = f"203.0.{random.choice((113, 114))}.{random.randrange(5)}"
        shopper["user_agent"] = random.choice(AGENTS)
    if random.random() < 0.6:
        shopper["device_id"] = f"device-{random.randrange(6)}"
    if random.random() < 0.3:
        shopper["country"] = random.choice(("DE", "CZ", "US"))
    return _Cart(f"cart-{number}", shopper, [_line(random)])


def _line(random: Random) -> dict[str, object]:
    return line(random.randrange(3), random.choice((1, 1, 1, 2, 9)))


def _next(random: Random, cart: _Cart) -> tuple[str, dict[str, Any]]:
    kind = random.choices(list(_STEPS), list(_STEPS.values()))[0]
    known: dict[str, Any] = {}
    if kind == "cart.updated":
        cart.lines = [] if random.random() < 0.2 else [*cart.lines, _line(random)][-3:]
        known["lines"] = cart.lines
    elif kind == "session.cancelled":
        known["reason"] = random.choice(("Card declined", "Emptied"))
    elif kind == "shopper.seen":
        known = {"ip": f"203.0.113.{random.randrange(8)}", "user_agent": random.choice(AGENTS)}
    cart.over = cart.over or kind in ("checkout.completed", "session.cancelled", "session.expired")
    return kind, known


async def lived(db: Database, capacity: int = 2, domain: str = "shop.example") -> StoreRecord:
    """A store for a life, of a merchant who can look into few sessions, so that some are drawn and monitored."""
    return replace(await a_store(db, domain), review_capacity=capacity)


async def live(db: Database, store: StoreRecord, life: Sequence[Told], sizes: Iterator[int]) -> None:
    """Let a store have a life, in batches of these sizes where no sweep comes in between."""
    batch: list[Told] = []
    size = next(sizes)
    for one in life:
        if one.sweep or one.decided or len(batch) >= size:
            await _deliver(db, store, batch)
            batch, size = [], next(sizes)
        if one.sweep:
            await expiry.sweep(db, after(one.minutes))
        if one.decided:
            token, decision = one.decided
            await restrict.decide(db, store.id, token, decision, reason="Looked into it", now=after(one.minutes))
        batch.append(one)
    await _deliver(db, store, batch)


async def _deliver(db: Database, store: StoreRecord, batch: Sequence[Told]) -> None:
    if batch:
        outcomes = await tell(db, store, *(one.document for one in batch), now=after(batch[-1].minutes))
        assert [outcome.error for outcome in outcomes if outcome.status != "applied"] == []


async def found(db: Database, store_id: int = 1) -> dict[str, list[Any]]:
    """All that scoring has stored of a store, without the numbers of rows."""
    queries = {
        "risks": """
            SELECT cart_token, risk_level, assessed_level, risk_score, log_odds, score, review_at, monitored_at,
                sampled, shadow_log_odds, model_version, readings, memory, session.id
            FROM session LEFT JOIN session_risk ON session_id = session.id
            WHERE session.store_id = :store ORDER BY cart_token
        """,
        "events": """
            SELECT cart_token, kind, occurred_at, event.source_id, score, log_odds, model_version,
                iif(kind = 'risk_assessed', changes, '')
            FROM event JOIN session ON session.id = session_id
            WHERE session.store_id = :store ORDER BY cart_token, occurred_at, event.id
        """,
    }
    async with db.reading() as connection:
        return {
            name: [tuple(row) for row in await connection.execute(sql(query), {"store": store_id})]
            for name, query in queries.items()
        }


def differences(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> list[tuple[Any, Any]]:
    """What was found here and not there, by pairs of rows; the first of each sort."""
    found = []
    for name in one:
        pairs = zip_longest(one[name], other[name])
        found += [next((pair for pair in pairs if pair[0] != pair[1]), None)]
    return [pair for pair in found if pair is not None]


async def the_readings(db: Database, token: str) -> dict[str, Reading]:
    """What was read last of a session, by name."""
    query = sql("SELECT readings FROM session_risk JOIN session ON id = session_id WHERE cart_token = :token")
    async with db.reading() as connection:
        readings = json.loads((await connection.execute(query, {"token": token})).scalar_one())
    return dict(zip(READINGS, readings, strict=True))


async def replayed(db: Database, store: StoreRecord) -> int:
    """Tell all that is stored to a watch that knows nothing; how many scores were found the same."""
    watch, visits, same = Watch(store.currency), dict[int, Visit](), 0
    async with db.reading() as connection:
        rows = await past_lines.rows(connection, past_lines.of_store(store.id))
        rows += await past_lines.taken_back(connection, SESSION_RISK.c.store_id == store.id)
    for row in sorted(rows):
        happening = past_lines.happening(row, store.currency)
        if happening is None:
            continue
        visit = visits.get(row.session_id)
        if happening.kind in past_lines.DECISIONS:
            assert visit is not None
            watch.decided(happening, visit)
            continue
        visits[row.session_id], readings = watch.see(happening, visit)
        if row.log_odds is not None:
            assert row.log_odds == rules().score(readings).log_odds
            same += 1
    return same
