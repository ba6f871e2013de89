"""What goes on beside the requests: work that is done whenever there is some, until it is to stop."""

import asyncio
import logging
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import timedelta

from data.database import DatabaseProblem

log = logging.getLogger("cartwatch")


class Worker(ABC):
    """Does its work when it is woken, and every ``again`` without: another process may have brought some.

    ``what`` it deals with stands in the log.
    """

    def __init__(self, what: str, again: timedelta) -> None:
        self._what = what
        self._again = again
        self._woken = asyncio.Event()
        self._stopping = False

    @abstractmethod
    async def work(self) -> object:
        """Do what there is to do. Raises DatabaseProblem: what is left then is done the next time."""

    def wake(self) -> None:
        """Say that there is something new."""
        self._woken.set()

    def stop(self) -> None:
        """Let ``run`` end after what it is doing just now."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Do what was left at the last stop, then what comes, until stopped. A busy database is tried again."""
        while not self._stopping:
            self._woken.clear()
            try:
                await self.work()
            except DatabaseProblem as problem:
                log.warning("%s have to wait: %s", self._what, problem)
            except Exception:  # a mistake of ours: what waits must not wait for a restart
                log.exception("%s could not be dealt with", self._what)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._again.total_seconds())
