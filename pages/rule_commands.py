"""``cartwatch rules``: block and allow lists and their audit, from the shell."""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from data import audit, rule_counts, rule_files, rules
from data.csv_lines import CsvProblem
from data.database import Database
from data.levels import Decision
from data.records import StoreRecord
from data.rule_records import ImportedRules, RuleList
from data.rule_targets import RuleAction, Target
from data.rule_values import RuleProblem
from data.stores import StoreProblem
from pages import rule_report
from pages.invocation import ACTOR, DatabaseFile, Domain, in_words, now, settings_of, stop, with_store

Result = TypeVar("Result")

STANDARD_STREAM = "-"

_LARGEST = 2**63 - 1  # what the database can hold
_SPAN = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class ListName(StrEnum):
    """The list that a rule is put on."""

    BLOCK = "block"
    ALLOW = "allow"


_DECISIONS = {ListName.BLOCK: Decision.RESTRICTED, ListName.ALLOW: Decision.CLEARED}

Reason = Annotated[str, typer.Option(help="Why; the audit keeps it.", show_default=False)]

commands = typer.Typer(
    help="Restrict or clear sessions by their IP, network or device.", no_args_is_help=True, rich_markup_mode=None
)


@commands.command("list")
def list_(
    context: typer.Context,
    domain: Domain,
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended.")] = False,
    find: Annotated[str, typer.Option(help="Those with this in their value or reason.", show_default=False)] = "",
    database: DatabaseFile = None,
) -> None:
    """List the rules, the newest first."""
    with _in_words():

        async def work(db: Database, store: StoreRecord) -> tuple[RuleList, dict[int, int]]:
            found = await rules.of_store(db, store.id, ended=ended, part=find, limit=rules.MOST_SHOWN)
            return found, await rule_counts.active(db, [rule.id for rule in found.rules] if not ended else [])

        found, sessions = _run(context, domain, database, work)
        if not found.rules:
            print("There are no such rules.")
            return
        rule_report.rules_table(found.rules, sessions)
        if found.total > len(found.rules):
            print(f"\nThese are the newest {len(found.rules):,} of {found.total:,}.")


@commands.command()
def add(
    context: typer.Context,
    domain: Domain,
    listed: Annotated[ListName, typer.Argument(metavar="block|allow", help="Restrict, or clear.")],
    target: Annotated[Target, typer.Argument(metavar="ip|network|device|session", help="What it is about.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Such as 203.0.113.7 or 203.0.113.0/24.")],
    reason: Reason,
    for_: Annotated[
        str | None,
        typer.Option("--for", metavar="TIME", help="Such as 15m, 1h or 30d (until lifted).", show_default=False),
    ] = None,
    database: DatabaseFile = None,
) -> None:
    """Put an IP, a network, a device or a session on the block list or the allow list."""
    with _in_words():
        moment = now()
        until = moment + _span(for_) if for_ is not None else None
        decision = _DECISIONS[listed]

        async def work(db: Database, store: StoreRecord) -> str:
            made = await rules.add(
                db, store.id, target, value, decision, reason=reason, until=until, now=moment, actor=ACTOR
            )
            decided = (await rule_counts.active(db, [made.id]))[made.id]
            return rule_report.made(made, decided)

        print(_run(context, domain, database, work))


@commands.command()
def lift(
    context: typer.Context,
    domain: Domain,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `rules list` has it.", min=1, max=_LARGEST)],
    reason: Reason,
    database: DatabaseFile = None,
) -> None:
    """End a rule; its sessions are decided by what remains."""
    with _in_words():
        _run(
            context,
            domain,
            database,
            lambda db, store: rules.lift(db, store.id, number, reason=reason, now=now(), actor=ACTOR),
        )
        print(f"Rule {number} is lifted.")


@commands.command("import")
def import_(
    context: typer.Context,
    domain: Domain,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV in UTF-8; - is standard input.", show_default=False)],
    database: DatabaseFile = None,
) -> None:
    """Make the rules of a file; what is there already is left alone.

    Columns: decision (restricted or cleared), target, value, until, reason. What cannot be read is told by its line.
    """
    with _in_words():
        content = _content(file)
        try:
            done: ImportedRules = _run(
                context,
                domain,
                database,
                lambda db, store: rule_files.read(db, store.id, content, now=now(), actor=ACTOR),
            )
        except CsvProblem as problem:
            stop(str(problem), code=1)
        print(rule_report.imported(done))
        for line in rule_report.rejected(done):
            print(line, file=sys.stderr)
        if done.rejected and not done.made + done.same:
            raise typer.Exit(1)


@commands.command()
def export(
    context: typer.Context,
    domain: Domain,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Where to (standard output).")] = None,
    database: DatabaseFile = None,
) -> None:
    """Write the rules in force as CSV, safe to be opened in a spreadsheet."""
    with _in_words():
        content = _run(
            context, domain, database, lambda db, store: rule_files.write(db, store.id, now=now(), actor=ACTOR)
        )
        if file is None or str(file) == STANDARD_STREAM:
            typer.echo(content, nl=False)
        else:
            file.write_bytes(content)
            number = len(content.splitlines()) - 1  # nothing in a rule breaks a line
            print(f"{number:,} {'rule is' if number == 1 else 'rules are'} in {file}.")


@commands.command("audit")
def audit_(
    context: typer.Context,
    domain: Domain,
    action: Annotated[
        RuleAction | None,
        typer.Option(metavar="ACTION", help=f"Only these: {', '.join(RuleAction)}.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many lines.", min=1, max=10_000)] = 100,
    database: DatabaseFile = None,
) -> None:
    """Show who did what, why, and what was so before and after; the newest first."""
    with _in_words():
        lines = _run(
            context, domain, database, lambda db, store: audit.of_store(db, store.id, action=action, limit=limit)
        )
        if lines:
            rule_report.audit_table(lines)
        else:
            print("Nothing was done yet.")


def _run(
    context: typer.Context,
    domain: str,
    database: str | None,
    work: Callable[[Database, StoreRecord], Awaitable[Result]],
) -> Result:
    return asyncio.run(with_store(settings_of(context, database=database), domain, work))


def _span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise StoreProblem(f"{text[:40]!r} is no time. Give one as in 15m, 1h or 30d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _content(file: str) -> bytes:
    if file == STANDARD_STREAM:
        return sys.stdin.buffer.read(rule_files.LARGEST + 1)
    with Path(file).open("rb") as source:
        return source.read(rule_files.LARGEST + 1)


@contextmanager
def _in_words() -> Iterator[None]:
    with in_words():
        try:
            yield
        except RuleProblem as problem:
            raise StoreProblem(str(problem)) from None
