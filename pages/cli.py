"""The command line: ``cartwatch`` and what comes after it.

Whatever is wrong is told in a sentence on standard error: exit code 2 for what was asked, 1 for what could not be done.
"""

import asyncio
import importlib.metadata
import json
import os
import shlex
import subprocess
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from data import stores
from data.database import Database, DatabaseProblem
from data.import_file import ImportProblem
from data.queries import count_everything
from data.records import StoreRecord
from data.settings import Settings, SettingsProblem
from data.stores import StoreProblem
from pages import backup_commands, install, listening, native
from pages.import_command import import_into
from pages.listening import ListenProblem
from pages.native import NativeProblem

Result = TypeVar("Result")

Host = Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1). CARTWATCH_HOST", show_default=False)]
Port = Annotated[int | None, typer.Option(help="Port to listen on (8080). CARTWATCH_PORT", show_default=False)]
DatabaseFile = Annotated[
    str | None,
    typer.Option("--database", help="Where the data is: a path or a URL. CARTWATCH_DATABASE", show_default=False),
]
Open = Annotated[
    bool | None, typer.Option("--open/--no-open", help="Open the browser (yes). CARTWATCH_OPEN", show_default=False)
]
Native = Annotated[
    bool | None,
    typer.Option(
        "--native/--no-native", help="A desktop window, no browser (no). CARTWATCH_NATIVE", show_default=False
    ),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(help="Where Shopify reaches this console from outside. CARTWATCH_PUBLIC_URL", show_default=False),
]

commands = typer.Typer(name="cartwatch", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
store_commands = typer.Typer(help="Add a store, or list them.", no_args_is_help=True, rich_markup_mode=None)
commands.add_typer(store_commands, name="store")


def main() -> None:
    """The entry point of the command ``cartwatch``."""
    commands(prog_name="cartwatch")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cartwatch {_version()}")
        raise typer.Exit


@commands.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    host: Host = None,
    port: Port = None,
    database: DatabaseFile = None,
    open_: Open = None,
    native: Native = None,
    public_url: PublicUrl = None,
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Every cart reservation session of a store, live. Without a command: start the console."""
    context.obj = {
        "host": host,
        "port": port,
        "database": database,
        "open": open_,
        "native": native,
        "public_url": public_url,
    }
    if context.invoked_subcommand is None:
        _run(context, demo=False)


@commands.command()
def demo(
    context: typer.Context,
    host: Host = None,
    port: Port = None,
    database: DatabaseFile = None,
    open_: Open = None,
    native: Native = None,
) -> None:
    """Start the console with three made-up stores and a flash sale, in a database of its own."""
    _run(context, demo=True, host=host, port=port, database=database, open=open_, native=native)


@commands.command("import")
def import_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV or JSONL; - is standard input.", show_default=False)],
    store: Annotated[str | None, typer.Option(help="Domain of the store, where there are several.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Where lines that cannot be imported are listed (FILE.rejected.jsonl).")
    ] = None,
    database: DatabaseFile = None,
) -> None:
    """Import sessions or events. What is there already is left alone."""
    with _in_words():
        location = _settings(context, database=database).location()
        raise typer.Exit(import_into(location, file, store=store, report=report))


@store_commands.command("add")
def add_store(
    context: typer.Context,
    domain: Annotated[str, typer.Argument(help="The shop's address, such as shop.example.", show_default=False)],
    currency: Annotated[str, typer.Option(help="ISO 4217 code, such as EUR.", show_default=False)],
    name: Annotated[str, typer.Option(help="What to call it (its domain).", show_default=False)] = "",
    timer_minutes: Annotated[int, typer.Option(help="How long a cart holds stock where an event does not say.")] = 15,
    database: DatabaseFile = None,
) -> None:
    """Add a store and make the key that its events are sent with."""
    with _in_words():
        settings = _settings(context, database=database)

        async def add(db: Database) -> tuple[StoreRecord, str]:
            added = await stores.add(db, domain, name=name, currency=currency, now=_now(), timer_minutes=timer_minutes)
            return added, await stores.add_key(db, added.id, _now())

        store, key = asyncio.run(_with_database(settings, add))
        typer.echo(f"Added {store.domain} ({store.currency}).\n")
        typer.echo(f"Its key, shown only now:\n\n  {key}\n")
        typer.echo(f"Send a first event while the console runs:\n\n  {_first_event(settings, key)}")


@store_commands.command("list")
def list_stores(context: typer.Context, database: DatabaseFile = None) -> None:
    """List the stores and how many sessions each has."""
    with _in_words():

        async def count(db: Database) -> list[tuple[StoreRecord, int]]:
            return [(store, await count_everything(db, store.id)) for store in await stores.every(db)]

        found = asyncio.run(_with_database(_settings(context, database=database), count))
    if not found:
        typer.echo("There is no store yet. Add one: cartwatch store add DOMAIN --currency EUR")
        return
    table = Table("Domain", "Name", "Currency", "Timer", "Sessions", box=None, header_style="bold")
    for column in table.columns[3:]:
        column.justify = "right"
    for store, sessions in found:
        cells = (store.domain, store.name, store.currency, f"{store.timer_minutes} min", f"{sessions:,}")
        table.add_row(*map(Text, cells))  # a Text, as a name may hold what Rich takes for markup
    console = Console()
    if not console.is_terminal:
        console.width = 1_000  # what goes into a file or another program is never cut
    console.print(table)


def _settings(context: typer.Context, **given: object) -> Settings:
    """The settings of a command: its own options, else those before it, as in `cartwatch --port 9000 demo`."""
    before = context.find_root().obj or {}
    return Settings.load(**(before | {name: value for name, value in given.items() if value is not None}))


def _run(context: typer.Context, *, demo: bool, **given: object) -> None:
    with _in_words():
        settings = _settings(context, **given)
        if settings.native:
            native.check()
        listening.check(settings.host, settings.port)

        # Only now: NiceGUI takes a second to load, which no other command should wait for.
        from nicegui import app as server

        from pages import app

        address = listening.url(settings.host, settings.port)
        server.on_startup(lambda: typer.echo(f"Cartwatch is at {address} (Ctrl+C stops it)"))
        app.serve(settings, demo=demo)


async def _with_database(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    db = await Database.open(settings.location())
    try:
        return await work(db)
    finally:
        await db.close()


def _first_event(settings: Settings, key: str) -> str:
    """A command that sends one event; for this system's command line."""
    event = {
        "type": "session.started",
        "cart_token": "my-first-cart",
        "occurred_at": _now().isoformat(timespec="seconds"),
        "lines": [{"product_id": "1", "title": "Something to try", "quantity": 2, "unit_price": "25"}],
    }
    words = ["curl", f"{listening.url(settings.host, settings.port)}/api/events"]
    words += ["-H", f"Authorization: Bearer {key}", "-H", "Content-Type: application/json", "-d", json.dumps(event)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _in_words() -> Iterator[None]:
    """Whatever is wrong becomes one sentence and an exit code."""
    try:
        yield
    except (SettingsProblem, StoreProblem) as problem:
        _stop(str(problem), code=2)
    except FileNotFoundError as problem:
        _stop(f"There is no file {problem.filename}.", code=2)
    except (DatabaseProblem, ImportProblem, ListenProblem, NativeProblem) as problem:
        _stop(str(problem), code=1)
    except OSError as problem:
        _stop(f"{problem.filename or 'Something'} cannot be used: {problem.strerror or problem}.", code=1)


def _stop(sentence: str, *, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def _version() -> str:
    try:
        return importlib.metadata.version("cartwatch")
    except importlib.metadata.PackageNotFoundError:  # run from its folder, with packages from elsewhere
        return str(tomllib.loads(install.PROJECT.read_text("utf-8"))["project"]["version"])


backup_commands.add_to(commands, _settings, _in_words)
