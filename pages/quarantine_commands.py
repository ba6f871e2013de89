"""The ``store`` commands for deliveries in quarantine: signed, kept, and not understood."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import typer

from data import intake, quarantine
from data.applier import Applier
from data.database import Database, DatabaseProblem
from data.records import StoreRecord
from data.stores import StoreProblem
from pages import store_report
from pages.invocation import DatabaseFile, Domain, in_words, now, settings_of, with_store

_LARGEST = 2**63 - 1  # what the database can hold

Number = Annotated[
    int,
    typer.Argument(metavar="NUMBER", help="As `store quarantine` lists it.", min=1, max=_LARGEST),
]
Numbers = Annotated[
    list[int] | None,
    typer.Argument(metavar="NUMBER", help="As `store quarantine` lists them (all).", min=1, max=_LARGEST),
]


def quarantined(context: typer.Context, domain: Domain, database: DatabaseFile = None) -> None:
    """List what could not be understood, and why."""
    with in_words():
        settings = settings_of(context, database=database)
        found = asyncio.run(with_store(settings, domain, lambda db, store: intake.of_store(db, store.id)))
        if not found.in_quarantine:
            print("Nothing is in quarantine.")
            return
        store_report.quarantine_table(found)
        print(f"\nTry them again: cartwatch store retry {domain} [NUMBER ...]")
        print(f"Give one up:    cartwatch store discard {domain} NUMBER")


def retry(context: typer.Context, domain: Domain, numbers: Numbers = None, database: DatabaseFile = None) -> None:
    """Try quarantined deliveries again.

    At once, whether the console runs or not.
    """
    with in_words():
        settings = settings_of(context, database=database)
        print(asyncio.run(with_store(settings, domain, lambda db, store: _try_again(db, store, numbers or None))))


def discard(context: typer.Context, domain: Domain, number: Number, database: DatabaseFile = None) -> None:
    """Give a quarantined delivery up for good."""
    with in_words():
        settings = settings_of(context, database=database)
        if not asyncio.run(with_store(settings, domain, lambda db, store: quarantine.discard(db, store.id, number))):
            raise StoreProblem(f"There is no delivery {number} in quarantine.")
        print(f"Delivery {number} is gone.")


async def _try_again(db: Database, store: StoreRecord, numbers: list[int] | None) -> str:
    """What became of it, in a sentence."""
    before = (await intake.of_store(db, store.id)).in_quarantine
    if not before:
        return "Nothing is in quarantine."
    tried = 0
    for chosen in _chunks(numbers):
        tried += await quarantine.try_again(db, store.id, chosen)
    if not tried:
        raise StoreProblem(
            "Nothing was tried again: none of these is in quarantine with its content."
            if numbers
            else "Nothing was tried again: the content of what is in quarantine is not kept any more."
        )
    try:
        await Applier(db, now).apply_waiting()
    except DatabaseProblem as problem:
        return f"{_deliveries(tried)} will be tried again by the running console, or when it starts. {problem}"
    # Others may have come into quarantine meanwhile; that is no reason to say more than were tried.
    left = (await intake.of_store(db, store.id)).in_quarantine - (before - tried)
    still = min(max(left, 0), tried)
    return f"{_deliveries(tried)} tried again: {tried - still:,} understood, {still:,} still in quarantine."


def _chunks(numbers: list[int] | None) -> list[list[int] | None]:
    if numbers is None:
        return [None]
    return [numbers[start : start + quarantine.MOST_SHOWN] for start in range(0, len(numbers), quarantine.MOST_SHOWN)]


def _deliveries(number: int) -> str:
    return f"{number:,} {'delivery' if number == 1 else 'deliveries'}"


COMMANDS: dict[str, Callable[..., None]] = {"quarantine": quarantined, "retry": retry, "discard": discard}
"""The functions by the words that they are typed as."""
