"""Notices from the real process: it is killed while a shop has not answered yet, and goes on at the next start."""

import asyncio
import signal
from pathlib import Path

from tests.browser.server import running
from tests.factories import NOON, new_database, opened
from tests.notice_receiver import HANG, receiving
from tests.test_notice_sender import Shop, a_shop

PATIENCE = 30.0
"""Seconds; a loaded machine is slow."""


async def test_a_killed_process_sends_again_what_was_not_taken(tmp_path: Path) -> None:
    new_database(tmp_path)
    async with receiving(HANG) as receiver:
        async with opened(tmp_path) as db:
            shop = await a_shop(db, receiver.url)
            await shop.restrict("a", "b", at=NOON)

        def killed() -> None:
            with running(tmp_path) as server:
                asyncio.run_coroutine_threadsafe(receiver.arrived.wait(), loop).result(PATIENCE)
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()

        def restarted() -> None:
            receiver.arrived.clear()
            with running(tmp_path):
                asyncio.run_coroutine_threadsafe(all_arrived(), loop).result(PATIENCE)

        async def all_arrived() -> None:
            while len(receiver.received) < 3:
                receiver.arrived.clear()
                await receiver.arrived.wait()

        loop = asyncio.get_running_loop()
        await asyncio.to_thread(killed)
        await asyncio.to_thread(restarted)
        assert receiver.tokens == ["a", "a", "b"]
        first, second, third = (one.said["id"] for one in receiver.received)
        assert first == second != third
        async with opened(tmp_path) as db:
            assert (await Shop(db, shop.store).known()).waiting == 0
