"""``cartwatch store``: what the Connections page does, from the shell."""

import asyncio
from typing import Annotated

import typer

from data import stores
from data.database import Database
from data.records import StoreRecord
from data.stores import StoreProblem
from data.timer import USUAL_EXTENSION, USUAL_MINUTES, USUAL_RENEWALS
from pages import connection_commands, listening, quarantine_commands, store_report
from pages.invocation import (
    ACTOR,
    DatabaseFile,
    Domain,
    Host,
    Port,
    PublicUrl,
    base,
    in_words,
    now,
    settings_of,
    with_database,
    with_store,
)
from pages.store_report import StoreReport

_MINUTES = "Minutes that a cart holds stock where an event does not say, 5 to 60."
_RENEWALS = "How often that may be renewed."
_EXTENSION = "Minutes by which a shopper may extend it; 0 does not allow it."

commands = typer.Typer(
    help="Add stores, connect them, and see what arrives.", no_args_is_help=True, rich_markup_mode=None
)


@commands.command()
def add(
    context: typer.Context,
    domain: Annotated[str, typer.Argument(help="The shop's address, such as shop.example.", show_default=False)],
    currency: Annotated[str, typer.Option(help="ISO 4217 code, such as EUR.", show_default=False)],
    name: Annotated[str, typer.Option(help="What to call it (its domain).", show_default=False)] = "",
    timer_minutes: Annotated[int, typer.Option(help=_MINUTES)] = USUAL_MINUTES,
    max_renewals: Annotated[int, typer.Option(help=_RENEWALS)] = USUAL_RENEWALS,
    extension_minutes: Annotated[int, typer.Option(help=_EXTENSION)] = USUAL_EXTENSION,
    database: DatabaseFile = None,
) -> None:
    """Add a store; prints the key for its events."""
    with in_words():
        settings = settings_of(context, database=database)

        async def work(db: Database) -> tuple[StoreRecord, str]:
            added = await stores.add(
                db,
                domain,
                name=name,
                currency=currency,
                now=now(),
                timer_minutes=timer_minutes,
                max_renewals=max_renewals,
                extension_minutes=extension_minutes,
            )
            return added, await stores.add_key(db, added.id, now())

        store, key = asyncio.run(with_database(settings, work))
        print(f"Added {store.domain} ({store.currency}).\n")
        print(f"Connect it to Shopify:\n\n  cartwatch store connect {store.domain} --shop YOUR-SHOP.myshopify.com\n")
        print(f"Or send events of your own. Its key for that, shown only now:\n\n  {key}\n")
        event = store_report.first_event(listening.url(settings.host, settings.port), key, now())
        print(f"A first event, to be sent while the console runs:\n\n  {event}")


@commands.command("list")
def list_(context: typer.Context, database: DatabaseFile = None) -> None:
    """List the stores and how much each has received."""
    with in_words():

        async def work(db: Database) -> list[StoreReport]:
            return [await StoreReport.of(db, store) for store in await stores.every(db)]

        found = asyncio.run(with_database(settings_of(context, database=database), work))
    if found:
        store_report.stores_table(found)
    else:
        print("There is no store yet. Add one: cartwatch store add DOMAIN --currency EUR")


@commands.command()
def show(
    context: typer.Context,
    domain: Domain,
    public_url: PublicUrl = None,
    host: Host = None,
    port: Port = None,
    database: DatabaseFile = None,
) -> None:
    """Show a store: addresses, topics, what has arrived."""
    with in_words():
        settings = settings_of(context, public_url=public_url, host=host, port=port, database=database)
        report = asyncio.run(with_store(settings, domain, StoreReport.of))
        store_report.whole(report, base(settings), now())


@commands.command("set")
def set_(
    context: typer.Context,
    domain: Domain,
    timer_minutes: Annotated[int | None, typer.Option(help=_MINUTES, show_default=False)] = None,
    max_renewals: Annotated[int | None, typer.Option(help=_RENEWALS, show_default=False)] = None,
    extension_minutes: Annotated[int | None, typer.Option(help=_EXTENSION, show_default=False)] = None,
    ip_days: Annotated[
        int | None,
        typer.Option(help=f"Days that IP addresses are kept in full, 1 to {stores.MOST_IP_DAYS}.", show_default=False),
    ] = None,
    review_capacity: Annotated[
        int | None,
        typer.Option(
            help=f"Sessions that can be reviewed in a day, 1 to {stores.MOST_CAPACITY:,}.", show_default=False
        ),
    ] = None,
    database: DatabaseFile = None,
) -> None:
    """Change the timer, how long IP addresses are kept, or how much can be reviewed.

    Running holds keep what they were granted.
    """
    with in_words():
        given = {
            "timer_minutes": timer_minutes,
            "max_renewals": max_renewals,
            "extension_minutes": extension_minutes,
            "ip_days": ip_days,
            "review_capacity": review_capacity,
        }
        if all(value is None for value in given.values()):
            raise StoreProblem(
                "Say what to change: " + ", ".join(f"--{name.replace('_', '-')}" for name in given) + "."
            )

        async def work(db: Database, store: StoreRecord) -> StoreRecord:
            chosen = {name: value for name, value in given.items() if value is not None}
            await stores.change(db, store.id, chosen, now=now(), actor=ACTOR)
            return next(one for one in await stores.every(db) if one.id == store.id)

        changed = asyncio.run(with_store(settings_of(context, database=database), domain, work))
        print(store_report.settings(changed))


for word, function in (connection_commands.COMMANDS | quarantine_commands.COMMANDS).items():
    commands.command(word)(function)
