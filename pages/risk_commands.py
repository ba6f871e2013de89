"""``cartwatch risk``: labels from a file, learning from all labels, what has been learned, and scoring again by it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from data import dispute_csv, learned_models, learning
from data.csv_lines import CsvProblem
from data.database import Database
from data.dispute_csv import Imported
from data.learned_models import LearnedModel, PromotionProblem
from data.learning import LearningProblem
from data.records import StoreRecord
from data.rescoring import rescore
from data.risk_models import ModelState
from pages.invocation import DatabaseFile, in_words, now, settings_of, stop, with_store
from pages.store_report import plain
from ui.language import Language
from ui.learning_words import change_words, levels_words, measure_words, standing_words, verdict_words

Result = TypeVar("Result")

_SHOWN = 10  # line numbers that are told of one reason

StoreOption = Annotated[str, typer.Option("--store", metavar="DOMAIN", help="The store's domain.", show_default=False)]

commands = typer.Typer(help="Learning from what is known of sessions.", no_args_is_help=True, rich_markup_mode=None)


@commands.command("labels")
def labels_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV in UTF-8.", show_default=False)],
    store: StoreOption,
    database: DatabaseFile = None,
) -> None:
    """Take a CSV of chargebacks, or of sessions of which you know how they ended.

    Columns: order or cart_token; beside it label (bad or good), or reason and status of a dispute. A row with nothing
    beside it is bad.
    """
    with in_words():
        content = _content(file)
        try:
            done = _run(context, store, database, lambda db, known: dispute_csv.take(db, known.id, content, now()))
        except CsvProblem as problem:
            stop(str(problem), code=1)
        _print_imported(done)


@commands.command()
def learn(context: typer.Context, store: StoreOption, database: DatabaseFile = None) -> None:
    """Learn from all labels; what was learned is tried beside what is in use, until it is promoted."""
    with in_words():
        try:
            model = _run(context, store, database, lambda db, known: learning.learn(db, known.id, now()))
        except LearningProblem as problem:
            stop(str(problem), code=1)
        print(f"{model.version} is on trial. See how it does: cartwatch risk report --store {store}")


@commands.command()
def report(context: typer.Context, store: StoreOption, database: DatabaseFile = None) -> None:
    """Say what is in use, what is on trial, and how it does."""
    with in_words():
        _run(context, store, database, _report)


@commands.command()
def promote(
    context: typer.Context,
    store: StoreOption,
    anyway: Annotated[bool, typer.Option("--anyway", help="Even where it is not proven to be better.")] = False,
    database: DatabaseFile = None,
) -> None:
    """Use what is on trial from now on."""
    with in_words():
        try:
            done = _run(
                context,
                store,
                database,
                lambda db, known: learned_models.promote(db, known.id, now=now(), anyway=anyway),
            )
        except PromotionProblem as problem:
            stop(str(problem), code=1)
        print(f"{done.version} is in use. Score stored sessions by it, too: cartwatch risk rescore --store {store}")


@commands.command()
def forget(context: typer.Context, store: StoreOption, database: DatabaseFile = None) -> None:
    """Go back to the rules: nothing that was learned is used or tried any more. Labels stay."""
    with in_words():
        gone = _run(context, store, database, lambda db, known: learned_models.forget(db, known.id, now=now()))
        print("The rules are in use." if gone else "The rules were in use already.")


@commands.command("rescore")
def rescore_(context: typer.Context, store: StoreOption, database: DatabaseFile = None) -> None:
    """Score all stored sessions again by what is in use: after an upgrade, or once something learned was promoted.

    Stopped half-way it goes on where it was. Decisions stand, and so do the scores along the timelines.
    """
    with in_words(), _progress() as progress:
        done = _run(context, store, database, lambda db, known: rescore(db, known, now(), progress))
    print(f"{done.scored:,} sessions scored again by {done.version}; {done.moved:,} have another level now.")
    if done.unread:
        print(f"{done.unread:,} keep their score: an older version read them otherwise.")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Shows sessions looked at of all, where somebody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("Scoring"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda seen, expected: bar.update(task, completed=seen, total=expected)


def _run(
    context: typer.Context,
    store: str,
    database: str | None,
    work: Callable[[Database, StoreRecord], Awaitable[Result]],
) -> Result:
    return asyncio.run(with_store(settings_of(context, database=database), store, work))


def _content(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(dispute_csv.LARGEST + 1)


def _print_imported(done: Imported) -> None:
    print(f"{done.bad:,} bad, {done.good:,} good.")
    if done.neither:
        print(f"{done.neither:,} rows say neither: only fraud counts of disputes.")
    if done.unknown:
        print(f"{len(done.unknown):,} rows name no session of this store, in {_lines(done.unknown)}.")
    for line, reason in done.rejected[:_SHOWN]:
        print(f"Line {line:,}: {plain(reason)}.")
    if len(done.rejected) > _SHOWN:
        print(f"{len(done.rejected) - _SHOWN:,} more lines cannot be read.")


def _lines(numbers: tuple[int, ...]) -> str:
    named = ", ".join(f"{number:,}" for number in numbers[:_SHOWN])
    more = len(numbers) - _SHOWN
    return f"lines {named} and {more:,} more" if more > 0 else f"lines {named}"


async def _report(db: Database, store: StoreRecord) -> None:
    language = Language.choose("en", None)
    known = learning.standing(await learning.labelled(db, store.id))
    models = await learned_models.of_store(db, store.id)
    used = next((one for one in models if one.state is ModelState.ACTIVE), None)
    tried = next((one for one in models if one.state is ModelState.SHADOW), None)
    print(f"In use: {used.version}" if used else "In use: rules, not yet calibrated")
    print(standing_words(known.bad, known.good, learning.ENOUGH, language))
    if tried is None:
        print("On trial: nothing")
        return
    _print_tried(tried, language)
    trial = await learning.on_trial(db, store.id, tried.created_at)
    if trial is not None:
        print(f"\nSince it was learned, on {trial['sessions']:,} sessions: {verdict_words(trial, language)}")
        _print_beside(trial, language)


def _print_tried(tried: LearnedModel, language: Language) -> None:
    found = tried.report
    print(f"\nOn trial: {tried.version}, learned from {found['labels']:,} labels, {found['bad']:,} of them bad")
    print(verdict_words(found, language))
    print(f"Measured on the latest {found['later']:,} of them, {found['later_bad']:,} bad:")
    _print_beside(found, language)
    if found["calibration"]:
        print(
            f"  calibration error   {found['calibration']['old']:.3f} in use, {found['calibration']['new']:.3f} learned"
        )
    print(levels_words(found["levels"], language))
    for change in found["changes"]:
        print(f"  {change_words(change, language)} ({change['before']:+.1f} to {change['after']:+.1f})")


def _print_beside(found: Mapping[str, Any], language: Language) -> None:
    for name, words in (("auc", "AUC"), ("recall", "recall at 1% FP")):
        old, new = (measure_words(found[which][name], language) for which in ("old", "new"))
        print(f"  {words:<19} {old} in use, {new} learned")
