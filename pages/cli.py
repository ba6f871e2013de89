"""The command line: ``cartwatch`` and what comes after it.

Whatever is wrong is told in a sentence on standard error: exit code 2 for what was asked, 1 for what could not be done.
"""

import importlib.metadata
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from pages import (
    backup_commands,
    evaluate_command,
    geo_command,
    install,
    listening,
    native,
    notice_commands,
    risk_commands,
    rule_commands,
    store_commands,
)
from pages.import_command import import_into
from pages.invocation import DatabaseFile, Host, Port, PublicUrl, TrustedProxies, in_words, settings_of

Open = Annotated[
    bool | None, typer.Option("--open/--no-open", help="Open the browser (yes). CARTWATCH_OPEN", show_default=False)
]
Native = Annotated[
    bool | None,
    typer.Option(
        "--native/--no-native", help="A desktop window, no browser (no). CARTWATCH_NATIVE", show_default=False
    ),
]
commands = typer.Typer(name="cartwatch", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
commands.add_typer(store_commands.commands, name="store")
commands.add_typer(notice_commands.commands, name="notices")
commands.add_typer(geo_command.commands, name="geo")
commands.command()(evaluate_command.evaluate)
commands.add_typer(risk_commands.commands, name="risk")
commands.add_typer(rule_commands.commands, name="rules")


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
    trusted_proxies: TrustedProxies = None,
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
        "trusted_proxies": trusted_proxies,
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
    with in_words():
        location = settings_of(context, database=database).location()
        raise typer.Exit(import_into(location, file, store=store, report=report))


def _run(context: typer.Context, *, demo: bool, **given: object) -> None:
    with in_words():
        settings = settings_of(context, **given)
        if settings.native:
            native.check()
        listening.check(settings.host, settings.port)

        # Only now: NiceGUI takes a second to load, which no other command should wait for.
        from nicegui import app as server

        from pages import app

        address = listening.url(settings.host, settings.port)
        server.on_startup(lambda: typer.echo(f"Cartwatch is at {address} (Ctrl+C stops it)"))
        app.serve(settings, demo=demo)


def _version() -> str:
    try:
        return importlib.metadata.version("cartwatch")
    except importlib.metadata.PackageNotFoundError:  # run from its folder, with packages from elsewhere
        return str(tomllib.loads(install.PROJECT.read_text("utf-8"))["project"]["version"])


backup_commands.add_to(commands, settings_of, in_words)
