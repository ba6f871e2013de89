"""Scoring stored sessions again, beside writing as many scores by hand."""

import asyncio
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from data import stores
from data.database import Database
from data.labelled_sale import labelled_sale
from data.reports import Reports
from data.rescoring import rescore
from data.risk.model import rules
from data.sale_evaluation import OPENED
from tests.bench.million import NOW, database

BOUND = 120.0
"""Seconds for a million sessions."""

_SHOPPERS = 400
_FORMER = "rules-0"


@dataclass(frozen=True)
class Taken:
    """Seconds for scoring ``sessions`` again, and for what SQLite alone needs to store as many scores."""

    sessions: int
    ours: float
    floor: float


def rescored(rows: int) -> Taken:
    """Measure on a copy of the bench's database, whose sessions have the readings of a labelled sale."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cartwatch.db"
        shutil.copy(database(rows), path)
        _judged_by_the_former_table(path, asyncio.run(_readings(Path(folder) / "sale.db")))
        floor = _by_hand(path)
        began = time.perf_counter()
        sessions = asyncio.run(_rescore(path))
        return Taken(sessions, time.perf_counter() - began, floor)


async def _readings(path: Path) -> list[str]:
    """What was read of real visits: as a store's past has it."""
    sale = labelled_sale(1, _SHOPPERS, opened_at=OPENED)
    db = await Database.open(str(path))
    try:
        store = await stores.add(db, sale.domain, name=sale.domain, currency=sale.currency, now=OPENED)
        for begin in range(0, len(sale.documents), 200):
            await Reports(db).receive(store, sale.documents[begin : begin + 200], source="api", now=OPENED)
        async with db.reading() as connection:
            found = await connection.exec_driver_sql("SELECT readings FROM session_risk")
            return [readings for (readings,) in found]
    finally:
        await db.close()


def _judged_by_the_former_table(path: Path, readings: Sequence[str]) -> None:
    dice = random.Random(1)
    with closing(sqlite3.connect(path)) as connection:
        sessions = connection.execute("SELECT id, started_at FROM session WHERE store_id = 1").fetchall()
        connection.executemany(
            "INSERT INTO session_risk (session_id, store_id, assessed_at, model_version, log_odds, score, readings) "
            f"VALUES (?, 1, ?, '{_FORMER}', 0.0, 50, ?)",
            ((number, started, dice.choice(readings)) for number, started in sessions),
        )
        connection.commit()


def _by_hand(path: Path) -> float:
    with closing(sqlite3.connect(path)) as connection:
        began = time.perf_counter()
        numbers = connection.execute("SELECT session_id FROM session_risk").fetchall()
        connection.executemany("UPDATE session_risk SET log_odds = 0.5, score = 50 WHERE session_id = ?", numbers)
        connection.executemany("UPDATE session SET risk_score = 50 WHERE id = ?", numbers)
        connection.commit()
        return time.perf_counter() - began


async def _rescore(path: Path) -> int:
    db = await Database.open(str(path))
    try:
        store = (await stores.every(db))[0]
        done = await rescore(db, store, NOW, lambda seen, total: None)
        assert done.version == rules().version
        return done.scored
    finally:
        await db.close()
