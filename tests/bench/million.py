"""A store with many sessions, made quickly and kept in the temporary folder for the next run.

Rows go in without indexes and triggers, which are put back afterwards from the schema's own statements. That is ten
times as fast as the ingest and leaves the same database.
"""

import asyncio
import hashlib
import os
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from data import stores
from data.database import Database
from data.migrations.versions import __path__ as revisions

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
_SPAN = timedelta(days=120)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_COUNTRIES = (
    "US",
    "DE",
    "GB",
    "CZ",
    "FR",
    "PL",
    "IT",
    "ES",
    "NL",
    "AT",
    "SK",
    "SE",
    "JP",
    "CA",
    "AU",
    "BR",
    "IN",
    "CH",
)
_COUNTRY_WEIGHTS = (30, 14, 10, 8, 7, 6, 5, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1)
_STATUSES = ("converted", "expired", "cancelled")
_STATUS_WEIGHTS = (30, 60, 10)
_LEVELS = ("normal", "monitored", "review", "restricted")
_LEVEL_WEIGHTS = (90, 6, 3, 1)
_SCORES = {"normal": (0, 29), "monitored": (30, 59), "review": (60, 84), "restricted": (85, 100)}
_ACTIVE = 1500  # the newest sessions still hold stock


def database(rows: int) -> Path:
    """The path of a database with ``rows`` sessions in its first store and a hundredth of that in its second."""
    schema = b"".join(path.read_bytes() for path in sorted(Path(revisions[0]).glob("0*.py")))
    recipe = hashlib.sha256(schema + Path(__file__).read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / "cartwatch-bench"
    folder.mkdir(exist_ok=True)
    path = folder / f"{rows}-{recipe}.db"
    if not path.exists():
        for older in folder.glob(f"{rows}-*.db*"):  # of another schema, or another recipe
            older.unlink()
        started = folder / f"{path.stem}.{os.getpid()}.db"
        asyncio.run(_with_stores(str(started)))
        _fill(started, rows)
        started.rename(path)
    return path


async def _with_stores(location: str) -> None:
    db = await Database.open(location)
    for domain, currency in (("large.example", "USD"), ("small.example", "EUR")):
        await stores.add(db, domain, name=domain, currency=currency, now=NOW)
    await db.close()


def _fill(path: Path, rows: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        kept = connection.execute(
            "SELECT type, name, sql FROM sqlite_master "
            "WHERE tbl_name = 'session' AND type IN ('index', 'trigger') AND sql IS NOT NULL"
        ).fetchall()
        connection.execute("BEGIN")
        for kind, name, _ in kept:
            connection.execute(f"DROP {kind} {name}")
        first = next(sessions := _sessions(rows))
        names, marks = ", ".join(first), ", ".join("?" * len(first))
        insert = f"INSERT INTO session ({names}) VALUES ({marks})"
        connection.execute(insert, tuple(first.values()))
        connection.executemany(insert, (tuple(row.values()) for row in sessions))
        for _, _, sql in kept:
            connection.execute(sql)
        connection.execute(
            "INSERT INTO session_tally SELECT store_id, status, risk_level, count(*) FROM session GROUP BY 1, 2, 3"
        )
        connection.execute(
            "INSERT INTO session_rank "
            "SELECT store_id, id >> 44, status, risk_level, count(*) FROM session GROUP BY 1, 2, 3, 4"
        )
        connection.execute("INSERT INTO session_search (session_search) VALUES ('rebuild')")
        # Their addresses count as shortened already: a console that does that would not be one where nothing happens.
        connection.execute("UPDATE store SET shortened_below = 9223372036854775807")
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


def _sessions(rows: int) -> Iterator[dict[str, Any]]:
    """Sessions in the order of their ids: ``rows`` of store 1, and one of store 2 after every hundred of them."""
    dice = random.Random(7)
    begin = int((NOW - _SPAN).timestamp() * 1000)
    step = int(_SPAN.total_seconds() * 1000) / (rows * 1.01)
    everything = rows + rows // 100
    for number in range(everything):
        started = begin + int(number * step)
        active = number >= everything - _ACTIVE
        level = dice.choices(_LEVELS, _LEVEL_WEIGHTS)[0]
        yield {
            "id": (started << 20) + number % 8,
            "store_id": 2 if number % 101 == 100 else 1,
            "cart_token": "".join(dice.choices(_LETTERS, k=16)),
            "status": "active" if active else dice.choices(_STATUSES, _STATUS_WEIGHTS)[0],
            "risk_level": level,
            "risk_score": dice.randint(*_SCORES[level]) if dice.random() < 0.8 else None,
            "assessed_level": level,
            "started_at": started,
            "expires_at": int(NOW.timestamp() * 1000) + dice.randint(1, 900_000) if active else started + 900_000,
            "last_activity_at": started + dice.randint(0, 900_000),
            "ended_at": None if active else started + 900_000,
            "currency": "USD",
            "value": dice.randint(500, 400_000),
            "item_count": dice.randint(1, 6),
            "product_count": dice.randint(1, 3),
            "cart_updates": dice.randint(0, 9),
            "renewals": dice.randint(0, 4),
            "max_renewals": 20,
            "manual_extends": 0,
            "ip": bytes(10) + b"\xff\xff" + _address(dice),
            "country": dice.choices(_COUNTRIES, _COUNTRY_WEIGHTS)[0],
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "device": dice.choice(("desktop", "mobile", "tablet")),
        }


def _address(dice: random.Random) -> bytes:
    # Shoppers are not spread evenly: some networks are ten times as busy as others.
    return bytes((min(dice.randint(1, 223), dice.randint(1, 223)), *dice.randbytes(3)))
