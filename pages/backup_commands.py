"""``cartwatch backup``, ``cartwatch restore`` and ``cartwatch check``: a database is copied, put back, looked over."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from data.backup import Copy, back_up
from data.database import path_of
from data.problems import DatabaseProblem
from data.restore import Restored, restore
from data.settings import Settings
from data.soundness import examine
from pages.import_command import INTERRUPTED

DatabaseFile = Annotated[
    str | None,
    typer.Option("--database", help="Where the data is: a path or a URL. CARTWATCH_DATABASE", show_default=False),
]


def add_to(
    commands: typer.Typer, settings: Callable[..., Settings], in_words: Callable[[], AbstractContextManager[None]]
) -> None:
    """Register the three; ``settings`` gives those of a command, ``in_words`` tells what is wrong, as everywhere."""

    @commands.command("backup")
    def backup_(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.", show_default=False)],
        database: DatabaseFile = None,
    ) -> None:
        """Copy the database to a file, also while the console runs."""
        with in_words():
            raise typer.Exit(_back_up(path_of(settings(context, database=database).location()), file))

    @commands.command("restore")
    def restore_(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", show_default=False)],
        database: DatabaseFile = None,
    ) -> None:
        """Put a backup in the database's place, and keep the former database beside it."""
        with in_words():
            raise typer.Exit(_restore(file, path_of(settings(context, database=database).location())))

    @commands.command("check")
    def check_(context: typer.Context, database: DatabaseFile = None) -> None:
        """Look whether the database is sound, also while the console runs."""
        with in_words():
            raise typer.Exit(_check(path_of(settings(context, database=database).location())))


def _back_up(database: Path, file: Path) -> int:
    try:
        with _progress() as progress:
            made = back_up(database, file, progress)
    except KeyboardInterrupt:
        print(f"Stopped. {file} is what it was before.", file=sys.stderr)
        return INTERRUPTED
    print(f"Backed up {_contents(made)} to {file}.")
    return 0


def _restore(file: Path, database: Path) -> int:
    try:
        with _progress() as progress:
            done = restore(file, database, progress)
    except KeyboardInterrupt:
        print("Stopped. The database is whole: as it was or, if the stop came last, as restored.", file=sys.stderr)
        return INTERRUPTED
    print(f"Restored {_contents(done.copy)} from {file} to {database}.")
    if done.kept:
        print(_said_of_former(done))
    return 0


def _said_of_former(done: Restored) -> str:
    if done.damaged:
        return f"The damaged database that was there is now {done.kept}, as it was."
    return f"The database that was there is now {done.kept}."


def _check(database: Path) -> int:
    wrong = 0
    try:
        for finding in examine(database):
            print(f"{finding.subject}: {finding.problem or 'fine'}.", flush=True)
            wrong += finding.problem is not None
    except KeyboardInterrupt:
        print("Stopped before the end.", file=sys.stderr)
        return INTERRUPTED
    if wrong:
        raise DatabaseProblem(
            f"{database} is not sound. Put the last good backup in its place with cartwatch restore FILE; "
            "the database as it is now will be kept beside it."
        )
    return 0


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Shows bytes written of bytes expected, where somebody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("Copying"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda written, expected: bar.update(task, completed=min(written, expected), total=expected)


def _contents(copy: Copy) -> str:
    sessions = f"{copy.sessions:,} {'session' if copy.sessions == 1 else 'sessions'}"
    return f"{sessions} ({copy.size / 1e6:,.1f} MB)"
