"""What is done again and again goes on after a failure, and ends between two turns."""

import asyncio
import logging

import pytest

from data.problems import Busy
from pages.rounds import Rounds


async def turns(wanted: int, done: list[int]) -> None:
    for _ in range(10_000):
        if len(done) >= wanted:
            return
        await asyncio.sleep(0)
    pytest.fail(f"{len(done)} turns instead of {wanted}")


async def test_work_is_done_at_once_and_again() -> None:
    rounds, done = Rounds(), list[int]()

    async def work() -> None:
        done.append(1)

    rounds.every(0, work)
    await turns(3, done)
    await rounds.end()


@pytest.mark.parametrize(("problem", "level"), [(Busy("The disk is full."), "WARNING"), (ZeroDivisionError(), "ERROR")])
async def test_a_failure_is_logged_and_the_round_goes_on(
    problem: Exception, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    rounds, done = Rounds(), list[int]()

    async def work() -> None:
        done.append(1)
        if len(done) == 1:
            raise problem

    with caplog.at_level(logging.INFO, "cartwatch"):
        rounds.every(0, work)
        await turns(2, done)
        await rounds.end()
    assert [record.levelname for record in caplog.records] == [level]


async def test_the_end_waits_for_what_is_being_done_and_begins_nothing_more() -> None:
    rounds, done, begun, go_on = Rounds(), list[int](), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()
        done.append(1)

    rounds.every(3_600, work)
    await begun.wait()
    ending = asyncio.create_task(rounds.end())
    await asyncio.sleep(0)
    assert not ending.done()
    go_on.set()
    await ending
    assert done == [1]


async def test_work_that_takes_long_is_not_begun_twice_and_keeps_no_other_waiting() -> None:
    rounds, long, short, go_on = Rounds(), list[int](), list[int](), asyncio.Event()

    async def slow() -> None:
        long.append(1)
        await go_on.wait()

    async def quick() -> None:
        short.append(1)

    rounds.every(0, slow)
    rounds.every(0, quick)
    await turns(5, short)
    assert long == [1]
    go_on.set()
    await rounds.end()


async def test_work_in_pieces_is_gone_on_with_until_nothing_is_left() -> None:
    rounds, left, done = Rounds(breath=0), [3, 2, 1], list[int]()

    async def piece() -> int:
        done.append(1)
        return left.pop() if left else 0

    rounds.every(3_600, piece)
    await turns(4, done)
    await rounds.end()
    assert len(done) == 4


async def test_what_does_not_come_to_its_end_is_cut_off() -> None:
    rounds, begun = Rounds(patience=0), asyncio.Event()

    async def endless() -> None:
        begun.set()
        await asyncio.Event().wait()

    rounds.every(0, endless)
    await begun.wait()
    await rounds.end()
