"""Group commit: what arrives while a transaction is being written goes together into the next one.

Making a transaction durable costs the same whether it holds one delivery or fifty, so under load the groups grow and
the disk is asked no more often. Nobody waits for company: a lonely item is written at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from data.database import Database, DatabaseProblem
from data.problems import Locked

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """Writes items with ``write``, which gets all of a group in one transaction and answers a result for each."""

    def __init__(
        self,
        db: Database,
        write: Callable[[AsyncSession, Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int,
        weight: Callable[[Item], int] = lambda _: 1,
    ) -> None:
        """Items of together at most this ``weight`` share a transaction: others wait no longer than that takes."""
        self._db = db
        self._write = write
        self._most = most
        self._weight = weight
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> Result:
        """What became of the item, once it is on the disk. Raises what ``write`` raised for it, or Busy."""
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._empty())
        # The group goes on when one of its senders hangs up; its item is written all the same.
        return await asyncio.shield(answer)

    async def _empty(self) -> None:
        while self._waiting:
            size = self._size_of_group()
            group, self._waiting = self._waiting[:size], self._waiting[size:]
            await self._write_group(group)

    def _size_of_group(self) -> int:
        weight = 0
        for size, (item, _) in enumerate(self._waiting):
            weight += self._weight(item)
            if size and weight > self._most:
                return size
        return len(self._waiting)

    async def _write_group(self, group: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            async with self._db.writing() as session:
                results = await self._write(session, [item for item, _ in group])
        except Exception as problem:
            if len(group) > 1 and not _concerns_all(problem):
                for one in group:  # so that the one that cannot be written costs only itself
                    await self._write_group([one])
                return
            told = list(group)
            if isinstance(problem, Locked):
                # Who has come meanwhile would wait as long again, for the same answer.
                told, self._waiting = told + self._waiting, []
            for _, answer in told:
                _tell(answer, problem)
            return
        for (_, answer), result in zip(group, results, strict=True):
            if not answer.done():
                answer.set_result(result)


def _concerns_all(problem: Exception) -> bool:
    """Whether the problem is the database's, so that it would be the same for each item alone."""
    return isinstance(problem, DatabaseProblem)


def _tell(answer: "asyncio.Future[Result]", problem: Exception) -> None:
    if not answer.done():
        answer.set_exception(problem)
        answer.exception()  # whoever asked may have gone; that is no reason for a warning in the log
