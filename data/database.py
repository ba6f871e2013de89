"""The database: one file, many readers, one writer.

SQLite in write-ahead mode lets readers go on while one connection writes. Readers get connections that cannot write;
writers wait for each other in this process, and for other processes at most three seconds.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlmodel.ext.asyncio.session import AsyncSession

from data.problems import Busy, DatabaseProblem, Locked, explained
from data.readers import Readers
from data.risk.lookout import Lookouts
from data.upgrade import make_ready

__all__ = ["Busy", "Database", "DatabaseProblem"]

T = TypeVar("T")

_READERS = 3  # of each kind; more would wait for each other in Python
_PATIENCE = 3000  # ms that a connection waits for a lock; longer would look like a hang

_ALWAYS = (f"PRAGMA busy_timeout = {_PATIENCE}", "PRAGMA foreign_keys = ON", "PRAGMA temp_store = MEMORY")
_READING = (*_ALWAYS, "PRAGMA query_only = ON")
_ASKING = (*_READING, "PRAGMA cache_size = -16000")  # kB
# FULL: what was acknowledged is on the disk, even when the power goes. And what is deleted is overwritten.
_WRITING = (
    *_ALWAYS,
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -32000",
    "PRAGMA secure_delete = ON",
)


class Database:
    """An open database. Made by ``open``; ``close`` it, or the process will not end (its threads wait for work)."""

    def __init__(self, path: Path) -> None:
        self.location = str(path)
        self._readers = _engine(path, _READING, "BEGIN", _READERS)
        self._questions = Readers(path, _ASKING, _READERS)
        self._writer = _engine(path, _WRITING, "BEGIN IMMEDIATE", 1)
        self._turn = asyncio.Lock()
        self.lookouts = Lookouts()
        self.preparing = asyncio.Lock()
        self._locked: Locked | None = None  # what the last one met who waited for another program in vain

    @classmethod
    async def open(cls, location: str) -> "Database":
        """Open the database at ``location``, a path or an ``sqlite:///`` URL; create or migrate it first if need be.

        Raises DatabaseProblem when it cannot be used; the file is then left as it was.
        """
        path = path_of(location)
        await asyncio.to_thread(make_ready, path)
        database = cls(path)
        try:
            # Finds out now, not at the first event, when the file or its folder cannot be written. SQLite notices only
            # when a page is really changed.
            async with database.writing() as session:
                connection = await session.connection()
                await connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
        except BaseException:
            await database.close()
            raise
        return database

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the database throughout and cannot write."""
        try:
            async with self._readers.connect() as connection:
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            raise self._explained(error) from error

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """What ``question`` returns, run on a plain connection in a thread: for what must be quick (see Readers).

        The connection cannot write. Raises DatabaseProblem as ``reading`` does.
        """
        try:
            return await self._questions.ask(question)
        except sqlite3.Error as error:
            raise self._explained(error) from error

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A session in one write transaction: committed at the end, or nothing of it is stored.

        Its ``info`` has the ``lookouts``: what scoring remembers from one transaction to the next.

        Raises Busy when the database is locked or the disk full, also at the end; callers answer "later".
        """
        before = self._locked
        async with self._turn:
            if self._locked is not None and self._locked is not before:
                # Another program's lock outlasted the patience of the one ahead; we have waited as long already.
                raise Locked(str(self._locked))
            try:
                known = {"lookouts": self.lookouts}
                async with AsyncSession(self._writer, expire_on_commit=False, info=known) as session, session.begin():
                    # Now: whoever reads before writing must not read what is about to change.
                    await session.connection()
                    yield session
            except (DBAPIError, sqlite3.Error) as error:
                self.lookouts.give_up()
                problem = self._explained(error)
                self._locked = problem if isinstance(problem, Locked) else self._locked
                raise problem from error
            except BaseException:
                self.lookouts.give_up()
                raise
            else:
                self.lookouts.changed = False

    async def fold(self) -> bool:
        """Fold the write-ahead log into the file and empty it; whether that was possible.

        Until then the log holds what pages were before they were changed, so erased values among it. A reader that is
        under way for longer than a moment is in the way.
        """
        async with self._turn:
            try:
                return await asyncio.to_thread(_fold, self.location)
            except sqlite3.Error as error:
                raise self._explained(error) from error

    async def close(self) -> None:
        """Give back every connection; the write-ahead log is folded into the file by the last one."""
        await self._questions.close()
        await self._readers.dispose()
        await self._writer.dispose()

    def _explained(self, error: DBAPIError | sqlite3.Error) -> Exception:
        # A broken rule of the schema or a mistake in a statement is a bug of ours, not a state of the file.
        broken_rule = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)
        origin = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(origin, sqlite3.Error) or isinstance(origin, broken_rule):
            return error
        if getattr(origin, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_ERROR:
            return error
        return explained(origin, self.location)


def path_of(location: str) -> Path:
    """The file that a location, a path or an ``sqlite:///`` URL, names. Raises DatabaseProblem where it names none."""
    if "://" not in location and not location.startswith("sqlite:"):
        return Path(location).expanduser()
    try:
        url = make_url(location)
    except ArgumentError:
        raise DatabaseProblem(f"{location} is neither a file nor an address of a database.") from None
    if url.get_backend_name() != "sqlite":
        raise DatabaseProblem(
            f"This version of Cartwatch keeps its data in a SQLite file and cannot use {url.get_backend_name()}. "
            "Give a file with --database."
        )
    if not url.database or url.database == ":memory:":
        raise DatabaseProblem("Cartwatch needs a database in a file. Give a file with --database.")
    return Path(url.database).expanduser()


def _fold(location: str) -> bool:
    # Without patience: nobody can write meanwhile, and whoever asked asks again.
    with closing(sqlite3.connect(location, timeout=0, isolation_level=None)) as connection:
        in_the_way, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not in_the_way


def _engine(path: Path, pragmas: tuple[str, ...], begin: str, size: int) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,  # an error in the log must not repeat what shoppers sent
        connect_args={"timeout": _PATIENCE / 1000},
    )

    def prepare(connection: DBAPIConnection, _record: object) -> None:
        # The driver would begin transactions by itself, deferred; a deferred one that turns to writing fails at once
        # when another has written meanwhile, whatever the timeout.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", start)
    return engine
