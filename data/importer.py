"""Imports a file of sessions, events or purchases: read line by line, stored in batches, each in one transaction.

What is there already is left alone, so a file can be imported again, whole or after it was cut off.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import (
    event_format,
    import_format,
    imported_purchases,
    imported_rows,
    ingest,
    ledger,
    rulings,
    shopify_csv,
    stores,
)
from data.columns import in_chunks
from data.database import Database
from data.event_format import EventError
from data.events import Event
from data.import_file import ImportFile, ImportProblem, Kind, NumberedRow, Rejection
from data.import_format import ImportedSession
from data.imported_rows import SOURCE
from data.models import METADATA
from data.purchases import Purchase, gathered, shown
from data.records import StoreRecord
from data.rule_book import Seen
from data.shopify_csv import Export, ImportedPurchase, RowError

# A console that runs meanwhile waits for the writer's place no longer than one batch takes.
_BATCH = {Kind.SESSIONS: 1_000}
_USUAL_BATCH = 500
_BATCH_CHARACTERS = 4 * 1024 * 1024
_OF_A_LINE = 100  # what a line of a cart takes beside its text, however short that is

_SESSION = METADATA.tables["session"]

_Item = ImportedSession | Event | ImportedPurchase


@dataclass(slots=True)
class Tally:
    """How far an import is. ``duplicates`` were there already; ``rejected`` lines went to the report."""

    kind: Kind | None = None
    bytes_read: int = 0
    imported: int = 0
    duplicates: int = 0
    rejected: int = 0


async def import_file(
    db: Database,
    source: BinaryIO,
    *,
    domain: str | None,
    now: datetime,
    report: Callable[[Rejection], None],
    progress: Callable[[Tally], None],
) -> Tally:
    """Import all that can be read of ``source``; every line that cannot is handed to ``report``.

    ``domain`` names the store; without it the rows do, or there is only one. ``progress`` is called now and then with
    the same tally. Raises ImportProblem when nothing can be imported, and DatabaseProblem: what was counted until then
    is stored.
    """
    file = ImportFile(source)
    shops = _Shops(await stores.every(db), domain)
    tally = Tally()
    batch: list[tuple[StoreRecord, _Item]] = []
    characters = 0
    for row in gathered(file) if file.kind in (Kind.ORDERS, Kind.CHECKOUTS) else file.rows():
        tally.kind, tally.bytes_read = file.kind, file.bytes_read
        if not isinstance(row, Rejection):
            item = _read(row, shops, file.kind, now)
            if isinstance(item, Rejection):
                row = item
            else:
                batch.append(item)
                characters += _size(row)
        if isinstance(row, Rejection):
            tally.rejected += 1
            report(row)
            if tally.rejected % 1_000 == 0:
                progress(tally)
        elif len(batch) >= _BATCH.get(file.kind or Kind.EVENTS, _USUAL_BATCH) or characters > _BATCH_CHARACTERS:
            await _store(db, batch, tally, now)
            progress(tally)
            batch, characters = [], 0
    await _store(db, batch, tally, now)
    tally.bytes_read = file.bytes_read
    progress(tally)
    return tally


class _Shops:
    """Which store a row belongs to."""

    def __init__(self, known: Sequence[StoreRecord], domain: str | None) -> None:
        self._known = {store.domain: store for store in known}
        self._given = self._known.get(domain.strip().lower()) if domain else None
        self._rows_name_it = False
        if not known:
            raise ImportProblem("There is no store yet. Add one first: cartwatch store add DOMAIN --currency EUR")
        if domain and not self._given:
            raise ImportProblem(f"There is no store {domain}. There is: {', '.join(self._known)}.")
        self._usual = self._given or (known[0] if len(known) == 1 else None)

    def of(self, fields: Mapping[str, Any]) -> StoreRecord:
        """Raises EventError; ImportProblem where the rows name no store although they must."""
        domain = import_format.store_of(fields)
        self._rows_name_it = self._rows_name_it or domain is not None
        store = self._known.get(domain) if domain else self._usual
        if store is None and not self._rows_name_it:
            raise ImportProblem("There is more than one store, and the file does not say which. Name it with --store.")
        if store is None:
            raise EventError("store", f"there is no store {domain}" if domain else "is required (or give --store)")
        if self._given and store is not self._given:
            raise EventError("store", f"is {domain}, but --store is {self._given.domain}")
        return store


def _read(
    row: NumberedRow | Purchase, shops: _Shops, kind: Kind | None, now: datetime
) -> tuple[StoreRecord, _Item] | Rejection:
    if isinstance(row, Purchase):
        return _read_purchase(row, shops.of({}), Export.ORDERS if kind is Kind.ORDERS else Export.CHECKOUTS, now)
    try:
        store = shops.of(row.fields)
        if kind is Kind.SESSIONS:
            return store, import_format.parse(row.fields, now=now)
        # An event is the same one whether it came with its store's name or with its key.
        document = {name: value for name, value in row.fields.items() if name != "store"}
        return store, event_format.parse(document, currency=store.currency, received_at=now)
    except EventError as problem:
        return Rejection(row.line, problem.path or None, str(problem), row.content)


def _read_purchase(
    purchase: Purchase, store: StoreRecord, export: Export, now: datetime
) -> tuple[StoreRecord, _Item] | Rejection:
    try:
        return store, shopify_csv.read(export, purchase.rows, currency=store.currency, now=now)
    except RowError as problem:
        return Rejection(problem.row.line, problem.path or None, str(problem), shown(problem.row))


def _size(row: NumberedRow | Purchase) -> int:
    """Characters that a batch holds because of it, more or less."""
    if isinstance(row, NumberedRow):
        return len(row.content)
    return sum(_OF_A_LINE + sum(map(len, one.cells.values())) for one in row.rows)


async def _store(db: Database, batch: Sequence[tuple[StoreRecord, _Item]], tally: Tally, now: datetime) -> None:
    if not batch:
        return
    imported = 0
    async with db.writing() as session:
        for store in {store.id: store for store, _ in batch}.values():
            its_own = [item for its_store, item in batch if its_store.id == store.id]
            events = [item for item in its_own if isinstance(item, Event)]
            sessions = [item for item in its_own if isinstance(item, ImportedSession)]
            purchases = [item for item in its_own if isinstance(item, ImportedPurchase)]
            if events:
                outcomes = await ingest.apply_all(session, store, events, source=SOURCE, now=now)
                imported += sum(outcome.status == "applied" for outcome in outcomes)
            if sessions:
                imported += await _add(session, store, sessions, now)
            if purchases:
                imported += await imported_purchases.add(session, store, purchases, now)
    tally.imported += imported
    tally.duplicates += len(batch) - imported


async def _add(session: AsyncSession, store: StoreRecord, sessions: Sequence[ImportedSession], now: datetime) -> int:
    """Write the sessions that the store does not have yet; how many."""
    connection = await session.connection()
    new = {imported.cart_token: imported for imported in reversed(sessions)}  # of two, the first counts
    for some in in_chunks(new):
        known = select(_SESSION.c.cart_token).where(_SESSION.c.store_id == store.id, _SESSION.c.cart_token.in_(some))
        for token in (await connection.execute(known)).scalars():
            del new[token]
    if not new:
        return 0
    ids = await ledger.free_ids(session, {token: imported.started_at for token, imported in new.items()})
    numbered = sorted((ids[token], token) for token in new)
    rows = [imported_rows.of(store, number, new[token], now) for number, token in numbered]
    for table, values in (
        ("session", [row.session for row in rows]),
        ("event", [entry for row in rows for entry in row.timeline]),
        ("risk_assessment", [row.assessment for row in rows if row.assessment]),
    ):
        if values:
            await connection.exec_driver_sql(_insertion(table, tuple(values[0])), values)
    seen = [Seen(number, token, new[token].ip, None, new[token].ended_at) for number, token in numbered]
    await rulings.decide_new(session, store.id, seen, now)
    await stores.touched(session, store.id)
    return len(new)


@cache
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608  # names of ours, no input
