"""What a database holds, read beside the server or after it, by statements of the tests' own."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

ENOUGH = 60.0
"""Seconds after which something that is waited for has not happened."""

_COUNTS = {
    "session_tally": ("store_id, status, risk_level", "store_id, status, risk_level"),
    "session_rank": ("store_id, bucket, status, risk_level", "store_id, id >> 44, status, risk_level"),
}


def rows(database: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a statement that only reads."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(statement, values).fetchall()


def number(database: Path, statement: str, *values: object) -> int:
    """The one number that a statement answers."""
    return int(rows(database, statement, *values)[0][0])


def states(database: Path) -> dict[str, int]:
    """How many deliveries there are by what became of them."""
    return dict(rows(database, "SELECT state, count(*) FROM delivery GROUP BY state"))


def until(happened: Callable[[], bool], what: str) -> None:
    """Wait for something that the server does by itself. AssertionError where it has not happened after ENOUGH."""
    deadline = time.monotonic() + ENOUGH
    while not happened():
        assert time.monotonic() < deadline, f"{what} has not happened within {ENOUGH:.0f} s"
        time.sleep(0.02)


def until_applied(database: Path) -> None:
    """Wait until no delivery is left to be dealt with."""
    until(lambda: "waiting" not in states(database), "applying all deliveries")


def unsound(database: Path) -> list[str]:
    """What is wrong with the file, its references, the numbers kept beside the sessions, and the walls of stores."""
    found = [text for (text,) in rows(database, "PRAGMA integrity_check") if text != "ok"]
    found += [f"reference: {row}" for row in rows(database, "PRAGMA foreign_key_check")]
    for table, (columns, of_session) in _COUNTS.items():
        kept = rows(database, f"SELECT {columns}, n FROM {table} WHERE n <> 0")
        if set(kept) != set(rows(database, f"SELECT {of_session}, count(*) FROM session GROUP BY {of_session}")):
            found.append(f"{table} differs from the sessions")
    for table in ("line_item", "event"):
        apart = f"SELECT count(*) FROM {table} AS part JOIN session ON session.id = session_id"
        if number(database, f"{apart} WHERE session.store_id <> part.store_id"):
            found.append(f"{table} of one store belong to a session of another")
    taken = "SELECT store_id, source, sum(received - repeated) FROM intake GROUP BY 1, 2 HAVING sum(received) > 0"
    if set(rows(database, taken)) != set(
        rows(database, "SELECT store_id, source, count(*) FROM delivery GROUP BY 1, 2")
    ):
        found.append("intake differs from the deliveries")
    return found
