"""What all commands share: options, the settings they amount to, the open database, and how problems are told."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, NoReturn, TypeVar

import typer

from data import domains, stores
from data.connections import ConnectionProblem
from data.database import Database, DatabaseProblem
from data.import_file import ImportProblem
from data.records import StoreRecord
from data.settings import Settings, SettingsProblem
from data.stores import StoreProblem
from pages import listening
from pages.listening import ListenProblem
from pages.native import NativeProblem
from pages.store_report import plain

Result = TypeVar("Result")

ACTOR = "command line"
"""Who acts by a command, as the audit tells it."""

Host = Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1). CARTWATCH_HOST", show_default=False)]
Port = Annotated[int | None, typer.Option(help="Port to listen on (8080). CARTWATCH_PORT", show_default=False)]
DatabaseFile = Annotated[
    str | None,
    typer.Option("--database", help="Where the data is: a path or a URL. CARTWATCH_DATABASE", show_default=False),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(help="Where Shopify reaches this console from outside. CARTWATCH_PUBLIC_URL", show_default=False),
]

TrustedProxies = Annotated[
    str | None,
    typer.Option(
        help="Proxies whose word counts for a shopper's address (127.0.0.1,::1). CARTWATCH_TRUSTED_PROXIES",
        show_default=False,
    ),
]

Domain = Annotated[str, typer.Argument(metavar="DOMAIN", help="The store's domain.", show_default=False)]


def settings_of(context: typer.Context, **given: object) -> Settings:
    """The settings of a command: its own options, else those before it, as in `cartwatch --port 9000 demo`."""
    before = context.find_root().obj or {}
    return Settings.load(**(before | {name: value for name, value in given.items() if value is not None}))


def base(settings: Settings) -> str:
    """Where deliveries reach the console that runs with these settings, without a closing slash."""
    return settings.public_url or listening.url(settings.host, settings.port)


async def with_database(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """What the work comes to, with the database open for it. Raises DatabaseProblem."""
    db = await Database.open(settings.location())
    try:
        return await work(db)
    finally:
        await db.close()


async def with_store(
    settings: Settings, domain: str, work: Callable[[Database, StoreRecord], Awaitable[Result]]
) -> Result:
    """The same for work on the store at ``domain``. Raises StoreProblem where there is none, and DatabaseProblem."""

    async def find(db: Database) -> Result:
        meant = _host(domain)
        for store in await stores.every(db):
            if store.domain == meant:
                return await work(db, store)
        raise StoreProblem(f"There is no store {domain}. See which there are: cartwatch store list")

    return await with_database(settings, find)


def _host(typed: str) -> str | None:
    try:
        return domains.host(typed)
    except ValueError:
        return None


def now() -> datetime:
    """The moment of a command."""
    return datetime.now(UTC)


@contextmanager
def in_words() -> Iterator[None]:
    """Whatever is wrong becomes one sentence and an exit code."""
    try:
        yield
    except (SettingsProblem, StoreProblem, ConnectionProblem) as problem:
        stop(str(problem), code=2)
    except FileNotFoundError as problem:
        stop(f"There is no file {problem.filename}.", code=2)
    except (DatabaseProblem, ImportProblem, ListenProblem, NativeProblem) as problem:
        stop(str(problem), code=1)
    except OSError as problem:
        stop(f"{problem.filename or 'Something'} cannot be used: {problem.strerror or problem}.", code=1)


def stop(sentence: str, *, code: int) -> NoReturn:
    """End the command with a sentence on standard error; what it quotes of a file cannot steer the terminal."""
    typer.echo("\n".join(map(plain, sentence.split("\n"))), err=True)
    raise typer.Exit(code)
