"""Connections for reading, each in a thread of its own.

A question with several statements crosses to its thread once, not once for each statement, and sees one state of the
database throughout. For a block of the list the crossings would cost more than SQLite itself.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class Readers:
    """A few threads that answer questions about the database at ``path``; ``close`` ends them."""

    def __init__(self, path: Path, pragmas: Iterable[str], size: int) -> None:
        self._path = path
        self._pragmas = tuple(pragmas)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="reading")
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """What ``question`` returns, run in one of the threads, inside a transaction that cannot write."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, question)

    async def close(self) -> None:
        """Wait for the questions under way, then close."""
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._opened:
            connection.close()

    def _answer(self, question: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection()
        connection.execute("BEGIN")
        try:
            return question(connection)
        finally:
            if connection.in_transaction:  # SQLite ends it by itself when the file turns out to be damaged
                connection.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        known: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if known is not None:
            return known
        # Closed by the thread that closes all of them, hence not bound to this one.
        opened = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._opened.append(opened)
        for pragma in self._pragmas:
            opened.execute(pragma)
        self._own.connection = opened
        return opened
