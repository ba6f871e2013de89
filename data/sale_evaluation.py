"""The labelled sale, lived through as a store lives it: told minute by minute, scored as it happens, holds running out.

The product itself does all of it, in a database that is thrown away; nothing is computed here but who was noticed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sqlalchemy import text, update

from data import expiry, stores
from data.database import Database
from data.labelled_sale import LabelledSale, SaleKind, labelled_sale
from data.models import METADATA
from data.reports import Reports

CAPACITY = 0.02
"""The share of the sessions that the merchant has time to look into."""

OPENED = datetime(2026, 10, 2, 18, tzinfo=UTC)

_STEP = timedelta(minutes=1)
_AFTER = 60  # minutes in which the last holds run out
_MISSED = 5  # of each kind that are told
_FOUND = """
SELECT session.cart_token,
    EXISTS (SELECT 1 FROM risen WHERE risen.session_id = session.id) AS noticed,
    EXISTS (SELECT 1 FROM risen WHERE risen.session_id = session.id
        AND (session.ended_at IS NULL OR risen.occurred_at < session.ended_at)) AS in_time,
    EXISTS (SELECT 1 FROM risen WHERE risen.session_id = session.id AND risen.level = 'review') AS looked_at,
    EXISTS (SELECT 1 FROM risen WHERE risen.session_id = session.id AND risen.level = 'restricted') AS restricted,
    session.ip IS NULL AND session.device_id IS NULL AS unseen,
    (SELECT score FROM session_risk WHERE session_risk.session_id = session.id) AS score
FROM session WHERE store_id = :store
"""
# What the list shows is told by a line of the timeline each time that it changes.
_RISEN = """
WITH risen AS MATERIALIZED (
    SELECT session_id, occurred_at, json_extract(changes, '$.level') AS level FROM event
    WHERE kind = 'risk_assessed' AND json_extract(changes, '$.level') IN ('review', 'restricted'))
"""


class Found(NamedTuple):
    """What became of one session. ``score`` is its last; None where it was not scored."""

    noticed: bool
    in_time: bool
    looked_at: bool
    restricted: bool
    unseen: bool
    score: int | None


_NOTHING = Found(False, False, False, False, True, None)


@dataclass(frozen=True, slots=True)
class KindResult:
    """Sessions of one kind: how many there are, and how many were ever in review or restricted, at their end included.

    ``in_time`` of them were so before they ended, while something could be done about them; ``restricted`` were ever
    restricted. ``unseen`` are those missed of which the store never told an address or a device. ``missed`` are a few
    tokens that nobody would have looked at, with their last scores.
    """

    kind: SaleKind
    sessions: int
    noticed: int
    in_time: int
    restricted: int
    unseen: int
    missed: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class SaleEvaluation:
    """Every kind, how many sessions were scored, how many noticed, and how many ever in review; and in how many the
    merchant has time to look that day. Those drawn at random for the check are not counted as noticed."""

    kinds: tuple[KindResult, ...]
    sessions: int
    scored: int
    noticed: int
    looked_at: int
    capacity: int


async def evaluate(
    seed: int, shoppers: int, *, told: Callable[[float], None] = lambda _: None, opened_at: datetime = OPENED
) -> SaleEvaluation:
    """Live through a sale; ``told`` hears which share of it is over."""
    sale = labelled_sale(seed, shoppers, opened_at=opened_at)
    capacity = max(1, round(CAPACITY * len(sale.kinds)))
    with TemporaryDirectory(prefix="cartwatch-sale-") as folder:
        db = await Database.open(str(Path(folder) / "sale.db"))
        try:
            found = await _live(db, sale, capacity, told)
        finally:
            await db.close()
    return _counted(sale.kinds, found, capacity)


async def _live(db: Database, sale: LabelledSale, capacity: int, told: Callable[[float], None]) -> Mapping[str, Found]:
    """What became of each session."""
    first = _at(sale.documents[0])
    store = await stores.add(db, sale.domain, name=sale.domain, currency=sale.currency, now=first)
    table = METADATA.tables["store"]
    async with db.writing() as session:
        changed = update(table).where(table.c.id == store.id).values(review_capacity=capacity)
        await (await session.connection()).execute(changed)
    store = (await stores.every(db))[0]
    reports, done = Reports(db), 0
    now = first
    for number, some in groupby(sale.documents, key=lambda document: (_at(document) - first) // _STEP):
        while now < first + number * _STEP:  # holds run out in quiet minutes, too
            now += _STEP
            await expiry.sweep(db, now)
        documents = list(some)
        await reports.receive(store, documents, source="api", now=now + _STEP)
        done += len(documents)
        told(done / len(sale.documents))
    for _ in range(_AFTER):
        now += _STEP
        await expiry.sweep(db, now)
    async with db.reading() as connection:
        rows = await connection.execute(text(_RISEN + _FOUND), {"store": store.id})
        return {row.cart_token: _found(row) for row in rows}


def _found(row: Any) -> Found:
    noticed, in_time, looked_at, restricted, unseen = (bool(one) for one in row[1:6])
    return Found(noticed, in_time, looked_at, restricted, unseen, row.score)


def _counted(kinds: Mapping[str, SaleKind], found: Mapping[str, Found], capacity: int) -> SaleEvaluation:
    by_kind: dict[SaleKind, dict[str, Found]] = {kind: {} for kind in SaleKind}
    for token, kind in kinds.items():
        by_kind[kind][token] = found.get(token, _NOTHING)
    every = found.values()
    return SaleEvaluation(
        tuple(_of_kind(kind, sessions) for kind, sessions in by_kind.items()),
        len(kinds),
        sum(one.score is not None for one in every),
        sum(one.noticed for one in every),
        sum(one.looked_at for one in every),
        capacity,
    )


def _of_kind(kind: SaleKind, sessions: Mapping[str, Found]) -> KindResult:
    missed = {token: one for token, one in sessions.items() if not one.noticed}
    return KindResult(
        kind,
        len(sessions),
        len(sessions) - len(missed),
        sum(one.in_time for one in sessions.values()),
        sum(one.restricted for one in sessions.values()),
        sum(one.unseen for one in missed.values()),
        tuple((token, one.score) for token, one in islice(missed.items(), _MISSED)),
    )


def _at(document: Mapping[str, object]) -> datetime:
    return datetime.fromisoformat(str(document["occurred_at"]))
