"""Whether a database is sound: its pages and indexes, its references, the counts kept beside the sessions, the search
index, and the walls between the stores.

Nothing is changed and no writer waits, so this can be asked while a console runs.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from data.backup import reading, revision
from data.problems import DatabaseProblem, explained
from data.upgrade import LATEST

_COUNTING = {
    "session_tally": ("store_id, status, risk_level", "store_id, status, risk_level"),
    "session_rank": ("store_id, bucket, status, risk_level", "store_id, id >> 44, status, risk_level"),
}
"""The counting tables: what they count by, and the same of a session (see the first migration)."""

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
_SHOWN = 100  # findings that are counted; a damaged file can have millions


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what is wrong with it; ``problem`` is None where it is fine."""

    subject: str
    problem: str | None


def examine(database: Path) -> Iterator[Finding]:
    """Look at everything, one thing after the other, each told as soon as it is known.

    Raises DatabaseProblem where there is nothing to look at, and KeyboardInterrupt when it was stopped.
    """
    if not database.exists():
        raise DatabaseProblem(f"There is no database {database}.")
    try:
        with closing(reading(database)) as connection:
            connection.execute("BEGIN")  # one state throughout, whatever is written meanwhile
            _check_version(connection, database)
            for subject, look in _LOOKS.items():
                yield Finding(subject, _found(partial(look, connection)))
        yield Finding("Search index", _found(partial(_search, database)))
    except sqlite3.Error as error:
        if _kind(error) == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from error
        raise explained(error, str(database)) from error


def _check_version(connection: sqlite3.Connection, database: Path) -> None:
    known = revision(connection)
    if known is None:
        raise DatabaseProblem(f"{database} is not a database of Cartwatch.")
    if known != LATEST:
        raise DatabaseProblem(
            f"{database} is of another version of Cartwatch (its format is {known}, this version knows {LATEST}). "
            f"{'Update Cartwatch' if known > LATEST else 'Start this version once'}, then check again."
        )


def _found(look: Callable[[], str | None]) -> str | None:
    try:
        return look()
    except sqlite3.Error as error:
        if _kind(error) not in _DAMAGE:
            raise
        return f"cannot be read ({error})"


def _kind(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF


def _pages(connection: sqlite3.Connection) -> str | None:
    found = [text for (text,) in connection.execute(f"PRAGMA integrity_check({_SHOWN})")]
    return None if found == ["ok"] else f"damaged: {_first(found)}"


def _references(connection: sqlite3.Connection) -> str | None:
    found = [
        f"row {row} of {table} belongs to a {parent} that is not there"
        for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(_SHOWN)
    ]
    return _first(found) if found else None


def _counts(connection: sqlite3.Connection) -> str | None:
    found = []
    for table, (columns, of_session) in _COUNTING.items():
        # Counted and kept numbers cancel out where they agree.
        differing = connection.execute(
            f"""
            SELECT sum(n) FROM (
                SELECT {columns}, n FROM {table}
                UNION ALL SELECT {of_session}, -count(*) FROM session GROUP BY {of_session}
            ) GROUP BY {columns} HAVING sum(n) <> 0
            """  # noqa: S608  # names of ours, no input
        ).fetchall()
        if differing:
            found.append(f"{table} differs from the sessions in {len(differing):,} places")
    return ", and ".join(found) or None


def _stores(connection: sqlite3.Connection) -> str | None:
    found = []
    for table in _tables_of_sessions(connection):
        wrong = connection.execute(
            f"SELECT count(*) FROM {table} AS part JOIN session ON session.id = part.session_id "  # noqa: S608  # ours
            "WHERE session.store_id <> part.store_id"
        ).fetchone()[0]
        if wrong:
            found.append(f"{wrong:,} rows of {table} belong to a session of another store")
    return ", and ".join(found) or None


def _tables_of_sessions(connection: sqlite3.Connection) -> list[str]:
    return [
        table
        for (table,) in connection.execute(
            """
            SELECT name FROM sqlite_master
            WHERE type = 'table' AND (
                SELECT count(*) FROM pragma_table_info(sqlite_master.name) AS field
                WHERE field.name IN ('store_id', 'session_id')
            ) = 2 ORDER BY name
            """
        )
    ]


def _search(database: Path) -> str | None:
    """The search index compared with the cart tokens.

    SQLite's own comparison is a write, and would keep writers waiting; so it is done in a temporary database, with
    copies of the index and of the tokens. https://www.sqlite.org/fts5.html#the_integrity_check_command
    """
    with closing(sqlite3.connect("", uri=True, isolation_level=None)) as apart:
        apart.set_progress_handler(lambda: None, 20_000)  # lets Python notice Ctrl+C
        apart.execute("ATTACH ? AS live", (f"{database.absolute().as_uri()}?mode=ro",))
        apart.execute("BEGIN")
        apart.execute("CREATE TABLE session (id INTEGER PRIMARY KEY, cart_token TEXT)")
        apart.execute("INSERT INTO session SELECT id, cart_token FROM live.session")
        definition = apart.execute("SELECT sql FROM live.sqlite_master WHERE name = 'session_search'").fetchone()
        if definition is None:
            return "is not there"
        apart.execute(definition[0])
        for part in ("data", "idx", "config"):
            table = f"session_search_{part}"
            apart.execute(f"DELETE FROM {table}")  # noqa: S608  # its own empty index
            apart.execute(f"INSERT INTO {table} SELECT * FROM live.{table}")  # noqa: S608
        try:
            apart.execute("INSERT INTO session_search (session_search, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            if _kind(error) != sqlite3.SQLITE_CORRUPT:
                raise
            return "does not fit the cart tokens of the sessions"
    return None


def _first(found: list[str]) -> str:
    if len(found) == 1:
        return found[0]
    more = f"{len(found) - 1}{' or more' if len(found) == _SHOWN else ''} more"
    return f"{found[0]}, and {more}"


_LOOKS: dict[str, Callable[[sqlite3.Connection], str | None]] = {
    "Pages and indexes": _pages,
    "References between tables": _references,
    "Counts of sessions": _counts,
    "Walls between stores": _stores,
}
