"""``cartwatch import``: a file goes into a database, with a progress bar and a report of what could not be read."""

import asyncio
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from data.database import Database, DatabaseProblem
from data.import_file import ImportProblem, Kind
from data.importer import Tally, import_file
from pages.import_report import ImportReport

STANDARD_INPUT = "-"
INTERRUPTED = 130
"""Exit code of a program that was stopped by Ctrl+C: https://tldp.org/LDP/abs/html/exitcodes.html"""

_NOUNS = {
    Kind.SESSIONS: ("session", "sessions"),
    Kind.EVENTS: ("event", "events"),
    Kind.ORDERS: ("order", "orders"),
    Kind.CHECKOUTS: ("abandoned checkout", "abandoned checkouts"),
    None: ("line", "lines"),
}


def import_into(location: str, file: str, *, store: str | None, report: Path | None) -> int:
    """Import ``file`` into the database at ``location``; the exit code.

    1 when nothing of it could be read, else 0. Raises OSError, ImportProblem and DatabaseProblem.
    """
    listing = ImportReport(report or _usual_report(file))
    _check_report(listing.path, file)
    tally, started = Tally(), time.monotonic()
    with _opened(file) as source, listing, _progress() as bar:
        task = bar.add_task("", total=_size(source))

        def progress(now: Tally) -> None:
            nonlocal tally
            tally = now
            bar.update(task, completed=now.bytes_read, description=_counts(now))

        try:
            asyncio.run(_import(location, source, store, listing, progress))
        except KeyboardInterrupt:
            bar.stop()
            print(f"Stopped. {_counts(tally)}. Import it again to go on: what is in is left alone.", file=sys.stderr)
            return INTERRUPTED
        except DatabaseProblem as problem:
            if not tally.imported:
                raise
            raise ImportProblem(f"{problem} Until then: {_counts(tally)}. Import it again to go on.") from problem
    print(f"{_counts(tally)} ({time.monotonic() - started:.1f} s).")
    if tally.rejected:
        print(f"What could not be imported is in {listing.path}, with line and reason.", file=sys.stderr)
    return 1 if tally.rejected and not tally.imported + tally.duplicates else 0


async def _import(
    location: str, source: BinaryIO, store: str | None, listing: ImportReport, progress: Callable[[Tally], None]
) -> None:
    db = await Database.open(location)
    try:
        await import_file(db, source, domain=store, now=datetime.now(UTC), report=listing.write, progress=progress)
    finally:
        await db.close()


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as source:
        yield source


def _usual_report(file: str) -> Path:
    return Path("import.rejected.jsonl" if file == STANDARD_INPUT else f"{file}.rejected.jsonl")


def _check_report(report: Path, file: str) -> None:
    if report.resolve() == Path(file).resolve():
        raise ImportProblem("The report cannot be the imported file itself. Name another with --report.")
    if not os.access(report if report.exists() else report.absolute().parent, os.W_OK) or report.is_dir():
        raise ImportProblem(f"The report {report} cannot be written. Name another with --report.")


def _size(source: BinaryIO) -> int | None:
    """Bytes of a file; None for a pipe, whose end nobody knows."""
    try:
        found = os.fstat(source.fileno())
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _counts(tally: Tally) -> str:
    """``998 sessions imported, 1 was there already, 2 lines rejected``."""
    noun, nouns = _NOUNS[tally.kind]
    said = [f"{tally.imported:,} {noun if tally.imported == 1 else nouns} imported"]
    if tally.duplicates:
        said.append(f"{tally.duplicates:,} {'was' if tally.duplicates == 1 else 'were'} there already")
    if tally.rejected and tally.kind in (Kind.ORDERS, Kind.CHECKOUTS):
        said.append(f"{tally.rejected:,} rejected")  # each of several lines, or a line that is of none
    elif tally.rejected:
        said.append(f"{tally.rejected:,} {'line' if tally.rejected == 1 else 'lines'} rejected")
    return ", ".join(said)
