"""Rows of Shopify's exports become events of orders and checkouts, or the row and column that is wrong."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.event_format import LONGEST_TITLE, MOST_LINES
from data.events import Event, EventType
from data.shopify_csv import Export, ExportRow, RowError, cells_of, lacking, read, recognise
from tests.factories import NOON
from tests.shopify_exports import CHECKOUTS, FIRST, ORDERS, PEOPLE, Row, further


def lowered(columns: list[str]) -> list[str]:
    return [column.lower() for column in columns]


def event_of(export: Export = Export.ORDERS, **changed: str) -> Event:
    return events_of(export=export, **changed)[0]


def events_of(*more: Row, export: Export = Export.ORDERS, **changed: str) -> tuple[Event, ...]:
    """The events of the usual order with other cells (``Created_at`` for ``Created at``) and further rows."""
    rows = [FIRST | {name.replace("_", " "): cell for name, cell in changed.items()}, *more]
    cells = [cells_of({name.lower(): cell for name, cell in row.items()}) for row in rows]
    numbered = [ExportRow(number, one) for number, one in enumerate(cells, 2)]
    return read(export, numbered, currency="USD", now=NOON).events


def wrong(*more: Row, export: Export = Export.ORDERS, **changed: str) -> tuple[int, str, str]:
    with pytest.raises(RowError) as raised:
        events_of(*more, export=export, **changed)
    return raised.value.row.line, raised.value.path, str(raised.value)


def test_both_exports_are_told_by_their_headers() -> None:
    assert recognise(lowered(ORDERS)) is Export.ORDERS
    assert recognise(lowered(CHECKOUTS)) is Export.CHECKOUTS


@pytest.mark.parametrize(
    ("columns", "export"),
    [
        ("name,created at,lineitem quantity,lineitem name,lineitem price", Export.ORDERS),
        ("id,name,created at,lineitem quantity,lineitem name,lineitem price", Export.CHECKOUTS),
        ("id,name,paid at,created at,lineitem quantity", Export.ORDERS),
        ("id,name,financial status,recovery status,lineitem quantity", Export.CHECKOUTS),
        ("cart_token,status,started_at", None),
        ("name,created at,price", None),
        ("type,cart_token,occurred_at,lines", None),
    ],
)
def test_a_header_that_was_cut_down_is_still_told(columns: str, export: Export | None) -> None:
    assert recognise(columns.split(",")) is export


def test_what_a_header_lacks_is_named_as_shopify_names_it() -> None:
    assert lacking(Export.ORDERS, ["lineitem name", "created at"]) == ["Name", "Lineitem quantity", "Lineitem price"]
    assert lacking(Export.CHECKOUTS, lowered([name for name in CHECKOUTS if name != "Name"])) == []


def test_an_order_is_a_completed_checkout_with_its_lines() -> None:
    (event,) = events_of(further("#1001"))
    assert (event.type, event.id) == (EventType.CONVERTED, "shopify:order:5550000000001:imported")
    assert (event.cart_token, event.order_id, event.currency) == ("order-5550000000001", "5550000000001", "EUR")
    assert event.occurred_at == datetime(2026, 2, 20, 10, tzinfo=UTC)
    assert [(line.title, line.sku, line.quantity, line.unit_price) for line in event.lines or ()] == [
        ("Canvas bag - Blue", "BAG-1", 2, 4995),
        ("Mug", None, 1, 1200),
    ]


def test_a_cancelled_order_says_so_too() -> None:
    bought, cancelled = events_of(Cancelled_at="2026-02-21 09:30:00 +0100")
    assert (cancelled.type, cancelled.id) == (
        EventType.CANCELLED,
        "shopify:order:5550000000001:cancelled:imported",
    )
    assert (cancelled.cart_token, cancelled.order_id) == (bought.cart_token, "5550000000001")
    assert (cancelled.occurred_at, cancelled.reason) == (datetime(2026, 2, 21, 8, 30, tzinfo=UTC), "order cancelled")


def test_a_checkout_is_one_that_was_started() -> None:
    address = "https://shop.example/77/checkouts/ac/Z2NwLWV1cm9wZTow0/recover?key=secret&locale=en"
    events = events_of(
        export=Export.CHECKOUTS, Abandoned_Checkout_URL=address, Cancelled_at="2026-02-21 09:30:00 +0100"
    )
    (event,) = events
    assert (event.type, event.id) == (EventType.CHECKOUT_STARTED, "shopify:checkout:5550000000001:imported")
    assert (event.cart_token, event.order_id) == ("checkout-5550000000001", None)
    assert event.checkout_token == "Z2NwLWV1cm9wZTow0"
    assert "secret" not in event.raw
    assert [line.title for line in event.lines or ()] == ["Canvas bag - Blue"]


@pytest.mark.parametrize(
    "address",
    ["https://shop.example/", "https://shop.example/checkouts/ac/short/recover", "javascript:alert(1)", "x" * 5000],
)
def test_an_address_without_a_token_says_nothing(address: str) -> None:
    assert event_of(Export.CHECKOUTS, Abandoned_Checkout_URL=address).checkout_token is None


def test_without_an_id_the_name_is_what_an_order_is_known_by() -> None:
    event = event_of(Id="", Name="#EU-1001.A", Currency="")
    assert (event.cart_token, event.order_id, event.currency) == ("order-EU1001A", None, "USD")
    assert event.id == "shopify:order:EU1001A:imported"


def test_nothing_about_people_goes_into_the_events() -> None:
    said = json.loads(event_of(Export.ORDERS, **PEOPLE).raw)
    assert said.keys() == {"type", "id", "cart_token", "occurred_at", "order_id", "currency", "lines"}
    assert said["lines"][0].keys() == {"title", "sku", "quantity", "unit_price"}


@pytest.mark.parametrize(
    ("column", "cell", "read_as"),
    [
        ("Id", "'9007199254740993", "order-9007199254740993"),
        ("Id", "NULL", "order-1001"),
        ("Id", "FALSE", "order-1001"),
        ("Id", " 12 ", "order-12"),
    ],
)
def test_ids_are_kept_digit_by_digit(column: str, cell: str, read_as: str) -> None:
    assert event_of(Export.ORDERS, **{column: cell}).cart_token == read_as


@pytest.mark.parametrize(
    ("currency", "price", "minor"),
    [("JPY", "23600", 23600), ("JPY", "52000.0", 52000), ("EUR", "'0.00", 0), ("KWD", "1.250", 1250)],
)
def test_prices_are_in_the_orders_currency(currency: str, price: str, minor: int) -> None:
    lines = event_of(Currency=currency, Lineitem_price=price).lines
    assert lines is not None
    assert lines[0].unit_price == minor


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("'=SUM(A1)", "=SUM(A1)"),
        ("'90s shirt", "'90s shirt"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("NULL", ""),
        ("two\nlines", "two lines"),
        ("x" * 600, "x" * LONGEST_TITLE),
    ],
)
def test_titles_are_what_the_shop_wrote(written: str, title: str) -> None:
    lines = event_of(Lineitem_name=written).lines
    assert lines is not None
    assert lines[0].title == title


@pytest.mark.parametrize(
    "moment",
    ["2026-02-20 11:00:00 +0100", "2026-02-20 10:00:00 UTC", "2026-02-20T10:00:00Z", "'2026-02-20 05:00:00 -0500"],
)
def test_times_are_read_with_their_offset(moment: str) -> None:
    assert event_of(Created_at=moment).occurred_at == datetime(2026, 2, 20, 10, tzinfo=UTC)


def test_an_order_without_any_line_is_an_order_all_the_same() -> None:
    assert event_of(Lineitem_name="", Lineitem_quantity="", Lineitem_price="").lines is None


@pytest.mark.parametrize("source", ["web", "Web", "", "NULL", "580111"])
def test_what_was_bought_in_a_checkout_counts(source: str) -> None:
    assert event_of(Source=source).type is EventType.CONVERTED


@pytest.mark.parametrize(
    "source", ["pos", "shopify_draft_order", "iphone", "android", "subscription_contract", "amazon-us"]
)
def test_what_was_sold_elsewhere_held_no_cart(source: str) -> None:
    line, column, message = wrong(Source=source)
    assert (line, column) == (2, "Source")
    assert message == f"Source: is {source}: this order was not placed in the web shop, so it held no cart"


def test_a_checkout_that_became_an_order_is_left_to_the_orders() -> None:
    message = wrong(export=Export.CHECKOUTS, Recovery_Status="Recovered")
    assert message[1:] == (
        "Recovery Status",
        "Recovery Status: is Recovered: this checkout became an order, import it with the orders",
    )
    assert event_of(Export.CHECKOUTS, Recovery_Status="Not Recovered").type is EventType.CHECKOUT_STARTED


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("Name", "", None),
        ("Id", "5.55E+12", "must be digits or letters only; a spreadsheet may have rounded it"),
        ("Id", "1?key=2", "must be digits or letters only; a spreadsheet may have rounded it"),
        ("Id", "1" * 65, "must be digits or letters only; a spreadsheet may have rounded it"),
        ("Created at", "", "is required"),
        ("Created at", "20/02/2026 10:00", "must be a time with its offset, such as 2026-02-20 10:00:00 +0000"),
        ("Created at", "2026-02-30 10:00:00 +0000", "must be a time with offset (RFC 3339)"),
        ("Created at", "1926-02-20 10:00:00 +0000", "must be between the years 2000 and 2199"),
        ("Created at", "2026-02-20 10:00:00 +9900", "must be a time with offset (RFC 3339)"),
        ("Cancelled at", "yesterday", "must be a time with its offset, such as 2026-02-20 10:00:00 +0000"),
        ("Cancelled at", "2026-02-19 10:00:00 +0000", "must not be before Created at"),
        ("Currency", "XYZ", "must be a currency of ISO 4217, such as EUR"),
        ("Lineitem quantity", "", "is required"),
        ("Lineitem quantity", "2.5", "must be a whole number"),
        ("Lineitem quantity", "-1", "must be between 0 and 1000000000"),
        ("Lineitem quantity", "9" * 20, "must be a whole number"),
        ("Lineitem price", "", "is required"),
        ("Lineitem price", "1,50", "must be a decimal amount"),
        ("Lineitem price", "-1.00", "must not be negative"),
        ("Lineitem price", "1.005", "must have at most 2 decimals in EUR"),
        ("Lineitem price", "9" * 16, "the total is too large"),
        ("Lineitem price", "1e999", "must be a decimal amount"),
    ],
)
def test_what_is_wrong_is_told_by_its_column(column: str, cell: str, message: str | None) -> None:
    if message is None:
        assert wrong(Name="#", Id="") == (2, "Name", "Name: is required")
        return
    line, blamed, said = wrong(export=Export.ORDERS, **{column: cell})
    assert (line, blamed) == (2, column)
    assert said.startswith(f"{column}: {message}")


def test_a_wrong_line_of_a_cart_is_told_by_its_row() -> None:
    assert wrong(further("#1001"), further("#1001") | {"Lineitem price": "free"})[:2] == (4, "Lineitem price")


def test_an_order_of_as_many_lines_as_a_cart_may_have_is_read_and_no_longer_one() -> None:
    mugs = [further("#1001")] * MOST_LINES
    assert len(events_of(*mugs[1:])[0].lines or ()) == MOST_LINES
    assert wrong(*mugs) == (2, "", "has more than 1,000 line items")


@given(
    st.dictionaries(
        st.sampled_from(sorted({*map(str.lower, FIRST), "cancelled at", "recovery status", "abandoned checkout url"})),
        st.text(max_size=60) | st.sampled_from(sorted(FIRST.values())),
    ),
    st.sampled_from(Export),
)
def test_whatever_is_in_the_cells_it_is_read_or_rejected(cells: Row, export: Export) -> None:
    row = ExportRow(2, cells_of({name.lower(): cell for name, cell in FIRST.items()} | cells))
    try:
        purchase = read(export, [row, row], currency="USD", now=NOON)
    except RowError:
        return
    assert {event.cart_token for event in purchase.events} == {purchase.events[0].cart_token}
