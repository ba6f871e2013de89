"""What the ``store`` commands print of a store: settings, ways in, what has arrived, what is in quarantine."""

import json
import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from unicodedata import category

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data import connections, intake, shopify, stores
from data.database import Database
from data.deliveries import ConnectionKind
from data.queries import count_everything
from data.records import ConnectionRecord, IntakeRecord, KeyRecord, QuarantinedRecord, StoreRecord
from pages import doorways

_NEVER = "–"


@dataclass(frozen=True, slots=True)
class StoreReport:
    """All that is told of one store."""

    store: StoreRecord
    sessions: int
    connections: dict[ConnectionKind, ConnectionRecord]
    keys: tuple[KeyRecord, ...]
    intake: IntakeRecord

    @classmethod
    async def of(cls, db: Database, store: StoreRecord) -> "StoreReport":
        """Ask the database for it."""
        return cls(
            store=store,
            sessions=await count_everything(db, store.id),
            connections=await connections.of_store(db, store.id),
            keys=await stores.keys(db, store.id),
            intake=await intake.of_store(db, store.id),
        )


def stores_table(reports: Sequence[StoreReport]) -> None:
    """One line a store."""
    headings = "Domain", "Name", "Currency", "Timer", "Sessions", "Deliveries", "Refused", "Quarantine", "Last delivery"
    rows = []
    for report in reports:
        store, topics = report.store, report.intake.topics
        last = max((topic.last_at for topic in topics if topic.last_at), default=None)
        rows.append(
            (
                store.domain,
                store.name,
                store.currency,
                f"{store.timer_minutes} min",
                f"{report.sessions:,}",
                f"{sum(topic.received for topic in topics):,}",
                f"{sum(topic.refused for topic in topics):,}",
                f"{report.intake.in_quarantine:,}",
                moment(last),
            )
        )
    print_table(headings, rows, numbers=range(3, 8))


def whole(report: StoreReport, base: str, now: datetime) -> None:
    """Everything about one store. ``base`` is where deliveries reach the console."""
    store = report.store
    print(f"{plain(store.name)} ({store.domain}, {store.currency}): {_counted(report.sessions, 'session')}")
    print(settings(store))
    print("\nShopify")
    shop = report.connections.get(ConnectionKind.SHOPIFY)
    if shop:
        print_connection(shop, base, now)
    else:
        print(f"  Not connected: cartwatch store connect {store.domain} --shop YOUR-SHOP.myshopify.com")
    print("\nStorefront beacon")
    beacon = report.connections.get(ConnectionKind.BEACON)
    print(
        f"  {doorways.beacon_line(base, beacon.address, store.timer_minutes)}"
        if beacon
        else f"  Not opened: cartwatch store beacon {store.domain}"
    )
    print("\nEvents API")
    keys = ", ".join(f"…{key.hint} ({key.created_at:%Y-%m-%d})" for key in report.keys)
    print(f"  Address  {doorways.events(base)}")
    print(f"  Keys     {keys or f'none; make one: cartwatch store key {store.domain}'}")
    _print_intake(report)


def settings(store: StoreRecord) -> str:
    """The store's timer, how long it keeps addresses, and how much is reviewed, in words."""
    extension = (
        f"a shopper may extend that by {_counted(store.extension_minutes, 'minute')}"
        if store.extension_minutes
        else "a shopper may not extend that"
    )
    return (
        f"A cart holds stock for {_counted(store.timer_minutes, 'minute')} "
        f"with at most {_counted(store.max_renewals, 'renewal')}; {extension}.\n"
        f"IP addresses are kept in full for {_counted(store.ip_days, 'day')}.\n"
        f"{_counted(store.review_capacity, 'session')} can be reviewed in a day."
    )


def print_connection(connection: ConnectionRecord, base: str, now: datetime) -> None:
    """What Shopify needs to know, and by what it is known."""
    secret = f"…{connection.hint}" if connection.hint else "not given yet, so everything is refused"
    if connection.former_until and connection.former_until > now:
        secret += f"; the former one counts until {moment(connection.former_until)}"
    print(f"  Shop     {connection.shop}")
    print(f"  Secret   {secret}")
    print(f"  Address  {doorways.shopify_webhooks(base, connection.address)}")
    _print_topics("Topics", shopify.TOPICS)
    _print_topics("of apps", shopify.PRIVACY_TOPICS)
    if not doorways.reached_by_shopify(base):
        print(
            "\n  Shopify delivers to https addresses only. Start the console with the one under which it is reached\n"
            "  from outside, and give it here too: --public-url https://…, or CARTWATCH_PUBLIC_URL"
        )


def quarantine_table(found: IntakeRecord) -> None:
    """The oldest quarantined deliveries."""
    headings = "Number", "Received", "From", "Topic", "Bytes", "Problem"
    print_table(headings, [_cells(one) for one in found.quarantined], numbers=(0, 4))
    if found.in_quarantine > len(found.quarantined):
        print(f"These are the oldest {len(found.quarantined)} of {found.in_quarantine:,}.")


def first_event(base: str, key: str, now: datetime) -> str:
    """A command that sends one event; for this system's command line."""
    event = {
        "type": "session.started",
        "cart_token": "my-first-cart",
        "occurred_at": now.isoformat(timespec="seconds"),
        "lines": [{"product_id": "1", "title": "Something to try", "quantity": 2, "unit_price": "25"}],
    }
    words = ["curl", doorways.events(base)]
    words += ["-H", f"Authorization: Bearer {key}", "-H", "Content-Type: application/json", "-d", json.dumps(event)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def plain(text: str) -> str:
    """A text from outside without what would move a terminal's cursor, colour it, or turn its direction."""
    # Spaces of other widths, such as those of our own dates, are harmless.
    return "".join(sign if sign.isprintable() or category(sign) == "Zs" else "�" for sign in text)


def moment(known: datetime | None) -> str:
    """A moment as it is printed."""
    return f"{known:%Y-%m-%d %H:%M:%S} UTC" if known else _NEVER


def _print_intake(report: StoreReport) -> None:
    found, domain = report.intake, report.store.domain
    if not found.topics:
        print("\nNo delivery has arrived yet.")
        return
    print()
    headings = "From", "Topic", "Received", "Repeated", "Refused", "Last delivery", "Last refused"
    rows = [
        (
            topic.source.value,
            topic.topic,
            f"{topic.received:,}",
            f"{topic.repeated:,}",
            f"{topic.refused:,}",
            moment(topic.last_at),
            moment(topic.last_refused_at),
        )
        for topic in found.topics
    ]
    print_table(headings, rows, numbers=range(2, 5))
    print(f"\nWaiting for their session: {found.unmatched:,}")
    hint = f" (cartwatch store quarantine {domain} lists them)" if found.in_quarantine else ""
    print(f"In quarantine: {found.in_quarantine:,}{hint}")


def _cells(one: QuarantinedRecord) -> tuple[str, ...]:
    size = f"{one.size:,}" if one.size else "not kept"
    return str(one.id), moment(one.received_at), one.source.value, one.topic, size, one.problem


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()) -> None:
    """A table of texts from anywhere; the columns ``numbers`` are aligned as such."""
    table = Table(*headings, box=None, header_style="bold")
    for column in numbers:
        table.columns[column].justify = "right"
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))  # a Text, as a cell may hold what Rich takes for markup
    console = Console()
    if not console.is_terminal:
        console.width = 1_000  # what goes into a file or another program is never cut
    console.print(table)


def _print_topics(label: str, topics: Sequence[str]) -> None:
    for number, topic in enumerate(topics):
        print(f"  {'' if number else label:9}{topic}")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
