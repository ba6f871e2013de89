"""The labelled sale, lived through as a store lives it: told minute by minute, scored as it happens, holds running out.

The product itself does all of it, in a database that is thrown away; nothing is computed here but who was noticed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

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
_NOTICED = """
SELECT session.cart_token,
    session.assessed_level IN ('review', 'restricted') OR EXISTS (
        SELECT 1 FROM event WHERE event.session_id = session.id AND event.kind = 'risk_assessed'
            AND json_extract(event.changes, '$.level') IN ('review', 'restricted')),
    session.assessed_level = 'restricted' OR EXISTS (
        SELECT 1 FROM event WHERE event.session_id = session.id AND event.kind = 'risk_assessed'
            AND json_extract(event.changes, '$.level') = 'restricted'),
    EXISTS (SELECT 1 FROM session_risk WHERE session_risk.session_id = session.id)
FROM session WHERE store_id = :store
"""


@dataclass(frozen=True, slots=True)
class KindResult:
    """Sessions of one kind: how many there are, how many were ever in review or restricted, how many ever restricted.

    ``missed`` are a few tokens that nobody would have looked at.
    """

    kind: SaleKind
    sessions: int
    noticed: int
    restricted: int
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SaleEvaluation:
    """Every kind, how many sessions were scored and how many noticed, and the merchant's capacity in sessions a day."""

    kinds: tuple[KindResult, ...]
    sessions: int
    scored: int
    noticed: int
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


async def _live(
    db: Database, sale: LabelledSale, capacity: int, told: Callable[[float], None]
) -> Mapping[str, tuple[bool, bool, bool]]:
    """Whether each session was ever noticed, ever restricted, and scored at all."""
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
        rows = await connection.execute(text(_NOTICED), {"store": store.id})
        return {token: (bool(noticed), bool(restricted), bool(scored)) for token, noticed, restricted, scored in rows}


def _counted(
    kinds: Mapping[str, SaleKind], found: Mapping[str, tuple[bool, bool, bool]], capacity: int
) -> SaleEvaluation:
    by_kind: dict[SaleKind, list[str]] = {}
    for token, kind in kinds.items():
        by_kind.setdefault(kind, []).append(token)
    nothing = (False, False, False)
    results = tuple(
        KindResult(
            kind,
            len(tokens),
            sum(found.get(token, nothing)[0] for token in tokens),
            sum(found.get(token, nothing)[1] for token in tokens),
            _first([token for token in tokens if not found.get(token, nothing)[0]]),
        )
        for kind, tokens in sorted(by_kind.items(), key=lambda item: list(SaleKind).index(item[0]))
    )
    noticed, scored = (sum(one[place] for one in found.values()) for place in (0, 2))
    return SaleEvaluation(results, len(kinds), scored, noticed, capacity)


def _first(tokens: Sequence[str]) -> tuple[str, ...]:
    return tuple(tokens[:5])


def _at(document: Mapping[str, object]) -> datetime:
    return datetime.fromisoformat(str(document["occurred_at"]))
