"""``cartwatch notices``: where a store's shop is told of restrictions, from the shell."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from data import notice_addresses
from data.database import Database
from data.destinations import DestinationProblem
from data.records import NoticeRecord, StoreRecord
from data.stores import StoreProblem
from pages import store_report
from pages.invocation import DatabaseFile, Domain, Host, in_words, now, settings_of, stop, with_store
from pages.security import LOCAL

commands = typer.Typer(
    help="Tell a shop by signed requests what is restricted, and what is no longer.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@commands.command("set")
def set_(
    context: typer.Context,
    domain: Domain,
    url: Annotated[str, typer.Argument(metavar="ADDRESS", help="Such as https://shop.example/cartwatch.")],
    host: Host = None,
    database: DatabaseFile = None,
) -> None:
    """Say where a store's notices go.

    The first time, it prints the secret that they are signed with.
    """
    with _in_words():
        settings = settings_of(context, host=host, database=database)

        async def work(db: Database, store: StoreRecord) -> str | None:
            return await notice_addresses.put(db, store.id, url, now(), loopback=settings.host in LOCAL)

        secret = asyncio.run(with_store(settings, domain, work))
        print(f"Notices of {domain} go to {url.strip()} while the console runs.")
        if secret is not None:
            _print_secret(secret)
        print(f"\nTry it: cartwatch notices test {domain}")


@commands.command()
def show(context: typer.Context, domain: Domain, database: DatabaseFile = None) -> None:
    """Show where notices go and how the last one went."""
    with _in_words():
        found = asyncio.run(with_store(settings_of(context, database=database), domain, _known))
        print(f"Address       {found.url}")
        print(f"Secret        ends in {found.hint}")
        print(f"Last taken    {store_report.moment(found.sent_at) if found.sent_at else 'none yet'}")
        print(f"Waiting       {found.waiting:,}")
        if found.problem and found.failed_at:
            print(f"Last problem  {store_report.moment(found.failed_at)}: {found.problem}")


@commands.command()
def secret(context: typer.Context, domain: Domain, database: DatabaseFile = None) -> None:
    """Make a new secret.

    Notices are signed with it at once.
    """
    with _in_words():

        async def work(db: Database, store: StoreRecord) -> str:
            await _known(db, store)
            return await notice_addresses.renew_secret(db, store.id) or ""

        _print_secret(asyncio.run(with_store(settings_of(context, database=database), domain, work)))


@commands.command("test")
def try_out(context: typer.Context, domain: Domain, host: Host = None, database: DatabaseFile = None) -> None:
    """Send a test notice, now, and say what came of it.

    What waits is sent at once where it was taken, by the running console.
    """
    with _in_words():
        # Only now: it needs an HTTP client, which no other command should wait for.
        from data.notice_sender import NoticeSender

        settings = settings_of(context, host=host, database=database)

        async def work(db: Database, store: StoreRecord) -> str | None:
            await _known(db, store)
            return await NoticeSender(db, now, loopback=settings.host in LOCAL).try_out(store.id, store.domain)

        problem = asyncio.run(with_store(settings, domain, work))
        if problem:
            stop(problem, code=1)
        print("The test notice was taken.")


@commands.command()
def remove(context: typer.Context, domain: Domain, database: DatabaseFile = None) -> None:
    """Send no more notices; what waits is gone."""
    with _in_words():

        async def work(db: Database, store: StoreRecord) -> None:
            await _known(db, store)
            await notice_addresses.remove(db, store.id)

        asyncio.run(with_store(settings_of(context, database=database), domain, work))
        print(f"No more notices are sent for {domain}.")


async def _known(db: Database, store: StoreRecord) -> NoticeRecord:
    found = await notice_addresses.of_store(db, store.id)
    if found is None:
        raise StoreProblem(f"{store.domain} has no address for notices: cartwatch notices set {store.domain} ADDRESS")
    return found


def _print_secret(made: str) -> None:
    print(f"\nThe secret that notices are signed with, shown only now:\n\n  {made}")


@contextmanager
def _in_words() -> Iterator[None]:
    with in_words():
        try:
            yield
        except DestinationProblem as problem:
            raise StoreProblem(str(problem)) from None
