"""``python -m tests.bench``: what the console costs with a million sessions, each number beside its bound.

With ``--only deliveries`` what shops may send, with ``--only risk`` what scoring costs. The database is made at the
first run and kept in the temporary folder. Numbers over their bound are marked; the exit code is 0 all the same, for a
busy machine proves nothing.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from data.database import Database
from tests.bench import deliveries, rescoring, scoring
from tests.bench.lists import Result, blocks, far_rows
from tests.bench.million import database
from tests.bench.pages import copied, waits
from tests.bench.tabs import idle_share
from tests.browser.server import running

TABS = 200


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000, help="sessions in the store (default: 1,000,000)")
    options.add_argument("--only", choices=["sessions", "deliveries", "risk"], help="a part of it (default: all)")
    chosen = options.parse_args()
    if chosen.only in (None, "sessions"):
        _sessions(chosen.rows)
    if chosen.only in (None, "deliveries"):
        _deliveries()
    if chosen.only in (None, "risk"):
        _risk(chosen.rows)


def _sessions(rows: int) -> None:
    path = database(rows)
    print(f"{rows:,} sessions, {path.stat().st_size / 1e6:,.0f} MB")
    print(f"opened and checked in {asyncio.run(_opening(str(path))):.2f} s (at most 5)")
    _show("A first block, count included, beside SQL by hand", asyncio.run(blocks(path)))
    _show("A far block beside the first", asyncio.run(far_rows(path, rows)))
    with tempfile.TemporaryDirectory() as folder:
        copied(path, Path(folder))
        with running(Path(folder)) as server:
            print("\nIn a browser, milliseconds (typing: at most 250; back: at most 150)")
            for name, taken in waits(server.url).items():
                print(f"{name:34}{taken:9.0f}")
            share = asyncio.run(idle_share(server.url, server.process.pid, TABS))
            print(f"\n{TABS} open tabs, nothing happening: {share:.1%} of a core (at most 5%)")


def _deliveries() -> None:
    print("\nA second, everything on the disk, beside bare SQLite")
    print(f"{'':34}{'ours':>9}{'SQLite':>10}{'share':>8}{'at least':>9}")
    for one in deliveries.throughputs():
        mark = "  under" if one.ours < one.bound else ""
        print(f"{one.name:34}{one.ours:9,.0f}{one.floor:10,.0f}{one.ours / one.floor:8.0%}{one.bound:9,.0f}{mark}")
    taken = deliveries.latencies()
    half, most = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    print(
        f"\nAcknowledged at {deliveries.RATE} a second for {deliveries.SECONDS} s beside {deliveries.PAGES} open pages"
    )
    print(f"p50 {half:.1f} ms, p99 {most:.1f} ms (at most 500), longest {taken[-1]:.1f} ms")


def _risk(rows: int) -> None:
    _scoring()
    again = rescoring.rescored(rows)
    print(f"\n{again.sessions:,} stored sessions scored again (a million: at most {rescoring.BOUND:.0f} s)")
    print(f"{again.ours:.1f} s, {again.ours / again.floor:.1f} times what SQLite alone takes to store as many scores")


def _scoring() -> None:
    cost = scoring.cost()
    both = cost.signals + cost.score
    print(f"\nReading and weighing each of {cost.events:,} events, microseconds of the processor")
    print(f"signals {cost.signals:.1f}, score with every contribution {cost.score:.1f}")
    print(f"both {both:.1f}{_over(both, scoring.BOUND)} (at most {scoring.BOUND:.0f}), by the clock {cost.waited:.1f}")
    print(f"{both / cost.floor:.0f} times five look-ups and updates and a sum")
    loss = scoring.loss()
    print(f"\nIngested a second, {scoring.BATCH} in a request: {loss.plain:,.0f}, and {loss.scored:,.0f} with scoring")
    print(f"lost by it {loss.share:.0%}{_over(loss.share, scoring.LOSS)} (at most {scoring.LOSS:.0%})")
    memory = scoring.memory()
    print(f"\nAfter {memory.events:,} events, each of another address and device: {memory.remembered:,} remembered")
    print(f"in {memory.watch / 1e6:,.0f} MB, and their places in the queue in {memory.queue / 1e6:,.0f} MB")


def _over(measured: float, bound: float) -> str:
    return "  over" if measured > bound else ""


async def _opening(location: str) -> float:
    began = time.perf_counter()
    db = await Database.open(location)
    taken = time.perf_counter() - began
    await db.close()
    return taken


def _show(title: str, results: list[Result]) -> None:
    print(f"\n{title}\n{'':34}{'ours ms':>9}{'other ms':>10}{'ratio':>8}{'at most':>9}")
    for one in results:
        mark = "  over" if one.ratio > one.bound else ""
        print(f"{one.name:34}{one.ours:9.2f}{one.floor:10.2f}{one.ratio:8.1f}{one.bound:9.0f}{mark}")


if __name__ == "__main__":
    main()
