"""``python -m tests.server.cut before|after …``: a console whose process dies at the first delivery it stores.

``before`` the transaction is committed, or ``after`` that, before anybody is answered. Not by raising something, which
would be tidied up after, but as a power cut would do it.
"""

import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast
from unittest.mock import patch

from sqlmodel.ext.asyncio.session import AsyncSession

from data import inbox
from data.database import Database
from data.deliveries import Delivery
from data.group_commit import GroupCommit
from pages.cli import main

BEFORE, AFTER = "before", "after"


class Cut:
    """Stands before the database for whoever stores deliveries."""

    def __init__(self, db: Database, moment: str) -> None:
        self._db = db
        self._moment = moment

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction that the process does not survive."""
        async with self._db.writing() as session:
            yield session
            if self._moment == BEFORE:
                _die()
        if self._moment == AFTER:
            _die()


def cut(moment: str) -> None:
    """Let every inbox that is made from now on write through a cut database."""

    def group(
        db: Database, write: Callable[[AsyncSession, Sequence[Delivery]], Awaitable[Sequence[bool]]], **options: Any
    ) -> GroupCommit[Delivery, bool]:
        return GroupCommit(cast(Database, Cut(db, moment)), write, **options)

    patch.object(inbox, "GroupCommit", group).start()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    cut(sys.argv.pop(1))
    main()
