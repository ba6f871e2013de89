"""What the console does again and again while it runs, and ends with it.

Each piece of work has its own round, so one that takes long keeps no other waiting, and is never begun twice at once.
What takes long is done in pieces: work that answers how much it has done is asked again soon, until that was nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from data.database import DatabaseProblem

log = logging.getLogger("cartwatch")


BREATH = 0.05
"""Seconds for others between two pieces of the same work."""

PATIENCE = 5.0
"""Seconds that a piece of work may still take at the end; what is cut off then has not happened."""


class Rounds:
    """Starts rounds, and ends all of them between two turns."""

    def __init__(self, *, breath: float = BREATH, patience: float = PATIENCE) -> None:
        self._breath = breath
        self._patience = patience
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def every(self, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
        """Do the work now, then again so many seconds after there was nothing more to do."""
        self._tasks.append(asyncio.create_task(self._round(seconds, work)))

    async def end(self) -> None:
        """Wait for what is being done just now; nothing is begun any more."""
        self._over.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._tasks.clear()

    async def _round(self, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
        while not self._over.is_set():
            did: object = None
            try:
                did = await work()
            except DatabaseProblem as problem:  # tried again at the next turn
                log.warning("%s", problem)
            except Exception:  # a mistake of ours must not end the round
                log.exception("a round failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), self._breath if did else seconds)
