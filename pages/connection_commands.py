"""The ``store`` commands for a store's ways in: Shopify, the storefront beacon, the keys of the events API."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import typer

from data import connections, stores
from data.connections import ConnectionProblem
from data.database import Database
from data.deliveries import ConnectionKind
from data.filters import SessionFilter
from data.records import ConnectionRecord, StoreRecord
from data.settings import Settings
from data.stores import StoreProblem
from pages import doorways, listening, store_report
from pages.invocation import (
    DatabaseFile,
    Domain,
    Host,
    Port,
    PublicUrl,
    base,
    in_words,
    now,
    settings_of,
    stop,
    with_store,
)
from pages.store_secret import obtained

SecretFile = Annotated[
    str | None, typer.Option(help="Read the secret from this file; - is standard input.", show_default=False)
]


def connect(
    context: typer.Context,
    domain: Domain,
    shop: Annotated[str, typer.Option(help="Its domain in Shopify: my-shop.myshopify.com.", show_default=False)],
    secret_file: SecretFile = None,
    public_url: PublicUrl = None,
    host: Host = None,
    port: Port = None,
    database: DatabaseFile = None,
) -> None:
    """Connect a store to Shopify, by its webhooks.

    Prints the address and the topics of the webhooks to make there. The secret is asked for, or read from a file or a
    pipe. Shopify shows it once the first webhook is made: leave it empty until then, and give it with `store rotate`.
    """
    with in_words():
        settings = settings_of(context, public_url=public_url, host=host, port=port, database=database)
        # Asked for only where there is a store; and the database is not held open while somebody looks for a secret.
        asyncio.run(with_store(settings, domain, _shopify))
        secret = obtained(secret_file, "Secret (Enter where Shopify has not shown it yet)")
        store, connection = asyncio.run(_connect(settings, domain, shop, secret))
        signed = connection.hint is not None
        print(f"{store.domain} {'is connected to Shopify' if signed else 'has an address for Shopify'}.\n")
        store_report.print_connection(connection, base(settings), now())
        if signed:
            print(f"\nTry it while the console runs: cartwatch store test {store.domain}")
        else:
            print(f"\nOnce Shopify has shown the secret: cartwatch store rotate {store.domain}")


def rotate(
    context: typer.Context, domain: Domain, secret_file: SecretFile = None, database: DatabaseFile = None
) -> None:
    """Give a new secret of Shopify's.

    The former one counts for one hour more, so that nothing is refused that is under way.
    """
    with in_words():
        settings = settings_of(context, database=database)
        before = asyncio.run(with_store(settings, domain, _shopify))
        if before is None or before.shop is None:
            raise ConnectionProblem(f"{domain} is not connected to Shopify yet: cartwatch store connect {domain}")
        secret = obtained(secret_file, "New secret")
        if not secret:
            raise ConnectionProblem("No secret was given; nothing was changed.")
        _, after = asyncio.run(_connect(settings, domain, before.shop, secret))
        if after.former_until and after.former_until != before.former_until:
            until = store_report.moment(after.former_until)
            print(f"The secret is now the one that ends in {after.hint}. The former one counts until {until}.")
        else:
            print(f"The secret is the one that ends in {after.hint}.")


def beacon(
    context: typer.Context,
    domain: Domain,
    public_url: PublicUrl = None,
    host: Host = None,
    port: Port = None,
    database: DatabaseFile = None,
) -> None:
    """Open the storefront beacon, for a shop's theme.

    Prints the line to put into the theme.
    """
    with in_words():
        settings = settings_of(context, public_url=public_url, host=host, port=port, database=database)

        async def work(db: Database, store: StoreRecord) -> str:
            await connections.open_beacon(db, store, now())
            opened = (await connections.of_store(db, store.id))[ConnectionKind.BEACON]
            return doorways.beacon_line(base(settings), opened.address, store.timer_minutes)

        line = asyncio.run(with_store(settings, domain, work))
        print("Put this line into the shop's theme, before </body>:\n")
        print(f"  {line}")


def key(
    context: typer.Context,
    domain: Domain,
    withdraw: Annotated[
        str | None,
        typer.Option(metavar="END", help="Withdraw the key with this end instead.", show_default=False),
    ] = None,
    database: DatabaseFile = None,
) -> None:
    """Make a further key for events, or withdraw one."""
    with in_words():
        settings = settings_of(context, database=database)
        if withdraw is None:
            made = asyncio.run(with_store(settings, domain, lambda db, store: stores.add_key(db, store.id, now())))
            print(f"A key for the events of {domain}, shown only now:\n\n  {made}")
            return
        end = withdraw.lstrip("…")

        async def work(db: Database, store: StoreRecord) -> None:
            meant = [one for one in await stores.keys(db, store.id) if one.hint == end]
            if not meant:
                raise StoreProblem(f"{store.domain} has no key that ends in {end}: cartwatch store show {store.domain}")
            if len(meant) > 1:
                raise StoreProblem(f"{len(meant)} keys end in {end}. Withdraw the right one on the Connections page.")
            await stores.remove_key(db, store.id, meant[0].id)

        asyncio.run(with_store(settings, domain, work))
        print(f"The key that ends in {end} is withdrawn.")


def send_test(
    context: typer.Context,
    domain: Domain,
    public_url: PublicUrl = None,
    host: Host = None,
    port: Port = None,
    database: DatabaseFile = None,
) -> None:
    """Send a test delivery to the running console.

    It is signed, and goes to the address that Shopify delivers to.
    """
    with in_words():
        # Only now: it needs an HTTP client, which no other command should wait for.
        from pages.trial_delivery import send_test_delivery

        settings = settings_of(context, public_url=public_url, host=host, port=port, database=database)
        where = base(settings)
        sent = asyncio.run(with_store(settings, domain, lambda db, store: send_test_delivery(db, store, where, now())))
        if sent.problem:
            stop(sent.problem, code=1)
        page = SessionFilter(store=domain.strip().lower()).session_address(sent.token)
        print(f"{where} has stored a test delivery. It becomes the session {sent.token}:\n")
        print(f"  {listening.url(settings.host, settings.port)}{page}")


async def _shopify(db: Database, store: StoreRecord) -> ConnectionRecord | None:
    return (await connections.of_store(db, store.id)).get(ConnectionKind.SHOPIFY)


async def _connect(settings: Settings, domain: str, shop: str, secret: str) -> tuple[StoreRecord, ConnectionRecord]:
    async def work(db: Database, store: StoreRecord) -> tuple[StoreRecord, ConnectionRecord]:
        await connections.connect_shopify(db, store, shop=shop, secret=secret, now=now())
        return store, (await connections.of_store(db, store.id))[ConnectionKind.SHOPIFY]

    return await with_store(settings, domain, work)


COMMANDS: dict[str, Callable[..., None]] = {
    "connect": connect,
    "rotate": rotate,
    "beacon": beacon,
    "key": key,
    "test": send_test,
}
"""The functions by the words that they are typed as."""
