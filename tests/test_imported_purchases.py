"""Exports of a shop fill in what was missed, once, and leave alone what the store knows."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from data import expiry
from data.database import Database
from data.details import detail
from data.import_file import ImportProblem, Kind, Rejection
from data.importer import Tally, import_file
from data.queries import count_everything
from data.records import SessionDetail, StoreRecord
from data.status import Status
from tests.factories import NOON, a_store, event, kinds, line, tell, the_lines, the_timeline
from tests.shopify_exports import CHECKOUTS, ORDERS, PEOPLE, export, first, further

TOKEN = "Z2NwLWV1cm9wZTow0"
ADDRESS = f"https://shop.example/1/checkouts/{TOKEN}/recover?key=secret"


@pytest.fixture
async def shop(db: Database) -> StoreRecord:
    return await a_store(db)


async def imported(db: Database, content: bytes, domain: str | None = None) -> tuple[Tally, list[Rejection]]:
    rejected: list[Rejection] = []
    tally = await import_file(
        db, io.BytesIO(content), domain=domain, now=NOON, report=rejected.append, progress=lambda tally: None
    )
    assert tally.rejected == len(rejected)
    assert tally.bytes_read == len(content)
    return tally, rejected


def counts(tally: Tally) -> tuple[int, int, int]:
    return tally.imported, tally.duplicates, tally.rejected


async def known(db: Database, store: StoreRecord, token: str) -> SessionDetail:
    found = await detail(db, store.id, token, NOON)
    assert found is not None
    return found


async def contents(db: Database) -> list[tuple[Any, ...]]:
    """Everything that an import may change."""
    tables = ("store", "session", "event", "line_item", "session_tally", "session_rank")
    async with db.reading() as connection:
        return [tuple(row) for table in tables for row in await connection.execute(sql(f"SELECT * FROM {table}"))]


async def test_an_order_becomes_a_converted_session_with_its_cart(db: Database, shop: StoreRecord) -> None:
    tally, _ = await imported(db, export(ORDERS, first(1) | PEOPLE, further("#1", Email="ada@example.com")))
    assert (tally.kind, *counts(tally)) == (Kind.ORDERS, 1, 0, 0)
    session = await known(db, shop, "order-5550000001")
    assert (session.status, session.order_id, session.currency) == (Status.CONVERTED, "5550000001", "EUR")
    assert (session.value, session.item_count) == (2 * 4995 + 1200, 3)
    assert [item.title for item in await the_lines(db, shop, "order-5550000001")] == ["Canvas bag - Blue", "Mug"]
    assert kinds(await the_timeline(db, shop, "order-5550000001")) == ["started", "converted"]


async def test_nothing_about_people_is_in_the_database(db: Database, shop: StoreRecord, tmp_path: Path) -> None:
    await imported(db, export(ORDERS, first(1) | PEOPLE, first(2, Source="pos") | PEOPLE))
    await imported(db, export(CHECKOUTS, first(3, Abandoned_Checkout_URL=ADDRESS) | PEOPLE))
    everything = str(await contents(db))
    assert "order-5550000001" in everything
    assert "checkout-5550000003" in everything
    assert not [cell for cell in (*PEOPLE.values(), "secret") if cell in everything]


async def test_a_cancelled_order_stays_a_conversion_and_its_timeline_says_so(db: Database, shop: StoreRecord) -> None:
    await imported(db, export(ORDERS, first(1, Cancelled_at="2026-02-21 10:00:00 +0000")))
    assert (await known(db, shop, "order-5550000001")).status is Status.CONVERTED
    assert kinds(await the_timeline(db, shop, "order-5550000001")) == ["started", "converted", "(cancelled)"]


async def test_importing_orders_twice_changes_nothing(db: Database, shop: StoreRecord) -> None:
    content = export(
        ORDERS, first(1, Cancelled_at="2026-02-21 10:00:00 +0000"), further("#1"), first(2), first(3, Id="")
    )
    assert counts((await imported(db, content))[0]) == (3, 0, 0)
    before = await contents(db)
    assert counts((await imported(db, content))[0]) == (0, 3, 0)
    assert await contents(db) == before


async def test_an_order_that_is_twice_in_a_file_counts_once(db: Database, shop: StoreRecord) -> None:
    assert counts((await imported(db, export(ORDERS, first(1), first(2), first(1))))[0]) == (2, 1, 0)


async def test_an_order_that_came_by_delivery_is_left_alone(db: Database, shop: StoreRecord) -> None:
    cart = event("checkout.completed", -10, token="cart-1", order_id="5550000001", lines=[line()])
    await tell(db, shop, cart, now=NOON)
    before = await contents(db)
    content = export(ORDERS, first(1, Cancelled_at="2026-02-21 10:00:00 +0000"))
    assert counts((await imported(db, content))[0]) == (0, 1, 0)
    assert await contents(db) == before


async def test_an_order_counts_once_whether_the_export_or_its_delivery_comes_first(
    db: Database, shop: StoreRecord
) -> None:
    other = await a_store(db, "other.example")
    content = export(ORDERS, first(1, Cancelled_at="2026-02-21 10:00:00 +0000"), first(2))
    delivered = [
        event("session.started", -20, token="cart-1", id="begun"),
        event(
            "checkout.completed", -10, token="cart-1", order_id="5550000001", id="shopify:order:5550000001:completed"
        ),
        event("session.cancelled", -5, token="cart-1", order_id="5550000001", id="shopify:order:5550000001:cancelled"),
    ]
    await imported(db, content, shop.domain)
    await tell(db, shop, *delivered, now=NOON)
    await tell(db, other, *delivered, now=NOON)
    await imported(db, content, other.domain)
    for store in (shop, other):
        assert kinds(await the_timeline(db, store, "cart-1")) == ["started", "converted", "(cancelled)"]
        assert await detail(db, store.id, "order-5550000001", NOON) is None
        assert (await known(db, store, "order-5550000002")).status is Status.CONVERTED
        assert await count_everything(db, store.id) == 2
    query = "SELECT store_id, kind, count(*) FROM event GROUP BY 1, 2 UNION ALL SELECT store_id, '', count(*) FROM "
    async with db.reading() as connection:
        left = (await connection.execute(sql(query + "line_item GROUP BY 1"))).all()
    assert {row[1:] for row in left if row[0] == shop.id} == {row[1:] for row in left if row[0] == other.id}
    before = await contents(db)
    await imported(db, content, shop.domain)
    assert await contents(db) == before


async def test_two_orders_of_one_cart_are_known_by_their_deliveries_whichever_comes_first(
    db: Database, shop: StoreRecord
) -> None:
    other = await a_store(db, "other.example")
    content = export(ORDERS, first(1), first(2))
    delivered = [
        event("checkout.completed", -n, token="cart-1", order_id=order, id=f"shopify:order:{order}:completed")
        for n, order in ((10, "5550000001"), (5, "5550000002"))
    ]
    await imported(db, content, shop.domain)
    await tell(db, shop, *delivered, now=NOON)
    await tell(db, other, *delivered, now=NOON)
    assert counts((await imported(db, content, other.domain))[0]) == (0, 2, 0)
    assert (await count_everything(db, shop.id), await count_everything(db, other.id)) == (1, 1)


async def test_only_what_an_import_made_up_gives_way_to_another_cart(db: Database, shop: StoreRecord) -> None:
    await tell(db, shop, event(token="order-7"), event(token="cart-1", id="shopify:order:8:imported"), now=NOON)
    orders = [event("checkout.completed", -1, token="cart-2", order_id=order) for order in ("7", "8")]
    await tell(db, shop, *orders, now=NOON)
    assert await count_everything(db, shop.id) == 3


async def test_an_order_of_another_store_is_another_order(db: Database, shop: StoreRecord) -> None:
    other = await a_store(db, "other.example")
    await tell(db, other, event("checkout.completed", -10, token="cart-1", order_id="5550000001"), now=NOON)
    with pytest.raises(ImportProblem, match="Name it with --store"):
        await imported(db, export(ORDERS, first(1)))
    assert counts((await imported(db, export(ORDERS, first(1)), shop.domain))[0]) == (1, 0, 0)
    assert (await count_everything(db, shop.id), await count_everything(db, other.id)) == (1, 1)


async def test_a_later_export_adds_a_cancellation_to_an_order_that_an_import_brought(
    db: Database, shop: StoreRecord
) -> None:
    await imported(db, export(ORDERS, first(1)))
    content = export(ORDERS, first(1, Cancelled_at="2026-02-21 10:00:00 +0000"))
    assert counts((await imported(db, content))[0]) == (1, 0, 0)
    assert kinds(await the_timeline(db, shop, "order-5550000001")) == ["started", "converted", "(cancelled)"]


async def test_a_checkout_holds_its_cart_for_as_long_as_the_stores_timer(db: Database, shop: StoreRecord) -> None:
    recent = first(2, Created_at="2026-03-01 11:55:00 +0000", Abandoned_Checkout_URL=ADDRESS)
    tally, _ = await imported(db, export(CHECKOUTS, first(1), recent, further("#2")))
    assert (tally.kind, *counts(tally)) == (Kind.CHECKOUTS, 2, 0, 0)
    await expiry.sweep(db, NOON)
    old, new = await known(db, shop, "checkout-5550000001"), await known(db, shop, "checkout-5550000002")
    assert (old.status, old.value, old.currency) == (Status.EXPIRED, 9990, "USD")
    assert (new.status, new.item_count, new.checkout_token) == (Status.ACTIVE, 3, TOKEN)
    assert new.expires_at is not None
    assert (new.expires_at - new.started_at).total_seconds() == shop.timer_minutes * 60


async def test_a_checkout_that_the_store_knows_or_that_became_an_order_is_not_imported(
    db: Database, shop: StoreRecord
) -> None:
    await tell(db, shop, event("checkout.started", -10, token="cart-1", checkout_token=TOKEN, lines=[line()]), now=NOON)
    content = export(
        CHECKOUTS, first(1, Abandoned_Checkout_URL=ADDRESS), first(2, Recovery_Status="Recovered"), first(3)
    )
    tally, rejected = await imported(db, content)
    assert counts(tally) == (1, 1, 1)
    assert [(bad.line, bad.field) for bad in rejected] == [(3, "Recovery Status")]
    before = await contents(db)
    assert counts((await imported(db, content))[0]) == (0, 2, 1)
    assert await contents(db) == before


async def test_a_checkout_that_was_followed_by_another_of_its_cart_is_not_imported(
    db: Database, shop: StoreRecord
) -> None:
    for minutes, checkout in ((-10, TOKEN), (-5, "another")):
        started = event("checkout.started", minutes, token="cart-1", checkout_token=checkout)
        await tell(db, shop, started | {"id": f"shopify:checkout:{checkout}:started"}, now=NOON)
    assert counts((await imported(db, export(CHECKOUTS, first(1, Abandoned_Checkout_URL=ADDRESS))))[0]) == (0, 1, 0)


async def test_a_wrong_order_is_told_by_line_and_field_and_costs_no_other(db: Database, shop: StoreRecord) -> None:
    rows = (
        first(1),
        further("#1", **{"Lineitem price": "free"}),
        first(2),
        first(3, Source="pos"),
        "#4,oops",
        first(5),
    )
    tally, rejected = await imported(db, export(ORDERS, *rows))
    assert counts(tally) == (2, 0, 3)
    assert [(bad.line, bad.field) for bad in rejected] == [(3, "Lineitem price"), (6, None), (5, "Source")]
    assert rejected[0].message == 'Lineitem price: must be a decimal amount, such as "49.95"'
    assert json.loads(rejected[0].content)["Lineitem price"] == "free"


async def test_cells_over_several_lines_are_one_row(db: Database, shop: StoreRecord) -> None:
    notes = '"Ring, twice\n\nand say ""hello"""'
    tally, _ = await imported(db, export(ORDERS, first(1, Notes=notes), further("#1"), first(2)))
    assert counts(tally) == (2, 0, 0)
    assert len(await the_lines(db, shop, "order-5550000001")) == 2


async def test_more_orders_than_a_batch_are_all_there(db: Database, shop: StoreRecord) -> None:
    rows = [row for number in range(1, 1200) for row in (first(number), further(f"#{number}"))]
    assert counts((await imported(db, export(ORDERS, *rows)))[0]) == (1199, 0, 0)
    assert await count_everything(db, shop.id) == 1199
    assert counts((await imported(db, export(ORDERS, *rows)))[0]) == (0, 1199, 0)


async def test_an_order_of_ten_thousand_lines_is_one_that_is_too_long(db: Database, shop: StoreRecord) -> None:
    tally, rejected = await imported(db, export(ORDERS, first(1), *[further("#1")] * 9_999, first(2)))
    assert counts(tally) == (1, 0, 1)
    assert [(bad.line, bad.field, bad.message) for bad in rejected] == [(2, None, "has more than 1,000 line items")]


async def test_memory_does_not_grow_with_the_file(db: Database, shop: StoreRecord) -> None:
    class Orders(io.RawIOBase):
        """As many orders as are asked for, made while they are read."""

        def __init__(self, most: int) -> None:
            self._lines = self._made(most)
            self._rest = b""

        def _made(self, most: int) -> Iterator[bytes]:
            yield ",".join(ORDERS).encode() + b"\n"
            for number in range(most):
                # The same one each time, so that what grows is not the database.
                row = first(1, Notes="n" * 5_000, Lineitem_name=f"{number}" + "x" * 300)
                yield ",".join(row.get(name, "") for name in ORDERS).encode() + b"\n"

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self._rest = self._rest or next(self._lines, b"")
            size = min(len(buffer), len(self._rest))
            buffer[:size], self._rest = self._rest[:size], self._rest[size:]
            return size

    async def highest(most: int) -> int:
        tracemalloc.start()
        source = io.BufferedReader(Orders(most))
        await import_file(db, source, domain=None, now=NOON, report=lambda bad: None, progress=lambda tally: None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    await highest(10)
    assert await highest(4_000) < await highest(1_000) * 1.3
