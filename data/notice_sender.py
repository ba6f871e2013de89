"""Sends notices: each store's own one after the other, all stores beside each other, again and again until taken.

At least once: a notice is deleted when the shop has taken it, so one whose answer was lost comes again, with the same
id. Those of one session keep their order. A shop that cannot be reached is left alone for longer and longer, and what
it has not taken after a day is given up. What waits, and until when, is in the database, so a restart goes on there.
"""

import asyncio
import json
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from data import notice_outbox as outbox
from data.database import Database, DatabaseProblem
from data.destinations import DestinationProblem, LookUp, destination, look_up, resolve
from data.notice_outbox import Pending, Target
from data.notice_post import PATIENCE, Answer, post, trusted
from data.notices import ID, SIGNATURE, signature, trial_body
from data.worker import Worker

log = logging.getLogger("cartwatch")

AGAIN = timedelta(seconds=1)
"""Between two looks for notices: any process may have written some."""

FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=10), timedelta(hours=2)
"""How long after the first failure a notice is sent again; doubled with each further one, up to the longest."""

LAST_MOMENT = 2.0
"""Seconds that requests under way may still take at a stop. What is cut off then is sent again."""


@dataclass(frozen=True, slots=True)
class _Hold:
    """A store that is left alone: since and until when, and which address it was that could not be reached."""

    url: str
    since: datetime
    until: datetime

    def counts(self, target: Target, now: datetime) -> bool:
        """Whether that is still so: not once the address has changed, or has taken something meanwhile."""
        reached = target.sent_at is not None and target.sent_at > self.since
        return self.url == target.url and now < self.until and not reached


class NoticeSender(Worker):
    """Sends what is due; ``loopback`` allows addresses on this machine, ``tls`` says whose certificates are good."""

    def __init__(
        self,
        db: Database,
        clock: Callable[[], datetime],
        *,
        loopback: bool = True,
        tls: ssl.SSLContext | None = None,
        asking: LookUp = look_up,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__("notices", AGAIN)
        self.loopback = loopback
        self._db = db
        self._clock = clock
        self._tls = tls
        self._asking = asking
        self._patience = patience
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._holds: dict[int, _Hold] = {}

    async def work(self) -> None:
        """Begin to send what is due."""
        await self._begin()

    async def run(self) -> None:
        """Send what was left at the last stop, then what comes, until stopped."""
        try:
            await super().run()
        finally:
            await self._end()

    async def send_due(self) -> None:
        """Send all that is due now, and wait for what comes of it. Raises Busy."""
        await self._begin()
        await asyncio.gather(*self._sending.values())

    async def try_out(self, store_id: int, domain: str) -> str | None:
        """Send a notice that tells of nothing, at once; what is wrong, or None when it was taken. Raises Busy.

        Where it is taken, what waits is sent at once. Raises LookupError where the store has no address.
        """
        target = await outbox.target(self._db, store_id)
        if target is None:
            raise LookupError("the store has no address for notices")
        answer = await self._post(target, trial_body(domain, self._clock()))
        await outbox.note_trial(self._db, target, answer.problem, self._clock())
        if answer.problem is None:
            self._holds.pop(store_id, None)
        self.wake()
        return answer.problem

    async def _begin(self) -> None:
        """Begin with each store that has something due, is not being served and not left alone."""
        for target in await outbox.targets_with_due(self._db, self._clock()):
            if not self._stopping and target.store_id not in self._sending and not self._is_held(target):
                self._sending[target.store_id] = asyncio.create_task(self._serve(target))

    async def _end(self) -> None:
        under_way = list(self._sending.values())
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=LAST_MOMENT)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _is_held(self, target: Target) -> bool:
        hold = self._holds.get(target.store_id)
        return hold is not None and hold.counts(target, self._clock())

    async def _serve(self, target: Target) -> None:
        """Send one store's notices, one at a time, until none is due or it is to be left alone."""
        try:
            while not self._stopping and not self._is_held(target):
                found = await outbox.next_due(self._db, target.store_id, self._clock())
                if found is None:
                    return
                target, pending = found
                await self._deal_with(target, pending)
        except DatabaseProblem as problem:
            log.warning("notices are sent later: %s", problem)
        except Exception:  # a mistake of ours must not end more than this turn
            log.exception("a notice could not be sent")
        finally:
            self._sending.pop(target.store_id, None)

    async def _deal_with(self, target: Target, pending: Pending) -> None:
        answer = await self._post(target, pending.body)
        now = self._clock()
        if answer.problem is None:
            await self._surely(lambda: outbox.taken(self._db, target, pending, now))
            return
        problem, due = answer.problem, now + _delay(pending.attempts + 1, answer.wait)
        if not answer.only_this:
            self._holds[target.store_id] = _Hold(target.url, now, due)
        await self._surely(lambda: outbox.failed(self._db, target, pending, problem, now, due, alone=answer.only_this))

    async def _post(self, target: Target, body: str) -> Answer:
        content, now = body.encode(), self._clock()
        headers = {SIGNATURE: signature(target.secret, content, now), ID: str(json.loads(body)["id"])}
        try:
            async with asyncio.timeout(self._patience):
                to = destination(target.url)
                addresses = await resolve(to, loopback=self.loopback, asking=self._asking)
        except DestinationProblem as problem:
            return Answer(str(problem))
        except TimeoutError:
            return Answer("The name of the address could not be looked up in time.")
        if self._tls is None:
            self._tls = await asyncio.to_thread(trusted)
        return await post(to, addresses, content, headers, tls=self._tls, now=now, patience=self._patience)

    async def _surely(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write down what came of a notice, however long the database is busy: else it would be sent again."""
        while True:
            try:
                await write()
                return
            except DatabaseProblem as problem:
                log.warning("a notice was sent, and is noted later: %s", problem)
                if self._stopping:
                    return
                await asyncio.sleep(AGAIN.total_seconds())


def _delay(attempts: int, asked: float) -> timedelta:
    """How long to wait after so many failures, with some chance so that shops on one host are not asked at once.

    ``asked`` is how many seconds the shop itself wants.
    """
    usual = min(FIRST_DELAY * 2.0 ** min(attempts - 1, 30), LONGEST_DELAY)
    return max(usual * random.uniform(0.8, 1.2), timedelta(seconds=asked))  # noqa: S311  # no secret is made of it
