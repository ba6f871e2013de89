"""Rows that belong together become one order, and a row that cannot be read costs its order and no other."""

import io
import tracemalloc

import pytest

from data.event_format import MOST_LINES
from data.import_file import ImportFile, Rejection
from data.purchases import Purchase, gathered, shown
from data.shopify_csv import Export, ExportRow, RowError, cells_of, read
from tests.factories import NOON
from tests.shopify_exports import CHECKOUTS, FIRST, ORDERS, PEOPLE, Row, export, first, further

SHORT = f"has 2 cells, but the header has {len(ORDERS)}"


def broken(line: int) -> str:
    return f"was not imported: line {line} belongs to it and cannot be read"


def found(columns: list[str], *rows: Row | str) -> list[list[int] | tuple[int, str]]:
    """What a file of these rows is gathered to: the lines of each purchase, or line and message of a rejection."""
    return [
        (one.line, one.message) if isinstance(one, Rejection) else [row.line for row in one.rows]
        for one in gathered(ImportFile(io.BytesIO(export(columns, *rows))))
    ]


def test_rows_with_the_same_name_are_one_order() -> None:
    rows = (first(1), further("#1"), further("#1", Email="ada@example.com"), first(2))
    assert found(ORDERS, *rows) == [[2, 3, 4], [5]]


def test_what_is_repeated_on_each_row_makes_no_difference() -> None:
    repeated = {name: first(1)[name] for name in ("Created at", "Id")}
    assert found(ORDERS, first(1), further("#1", **repeated), further("'#1", **repeated)) == [[2, 3, 4]]


def test_orders_may_have_the_same_name_but_not_the_same_id() -> None:
    assert found(ORDERS, first(1), further("#1"), first(2, Name="#1"), further("#1")) == [[2, 3], [4, 5]]


def test_a_checkout_may_be_known_by_its_id_alone_and_say_it_once() -> None:
    assert found(CHECKOUTS, first(1, Name=""), further("", Id=first(1)["Id"]), further(""), first(2, Name="")) == [
        [2, 3, 4],
        [5],
    ]


def test_rows_of_empty_cells_are_nothing() -> None:
    assert found(ORDERS, {}, first(1), {}, further("#1"), {}) == [[3, 5]]


def test_a_row_that_belongs_to_nothing_is_an_order_that_lacks_its_name() -> None:
    assert found(ORDERS, further("")) == [[2]]
    with pytest.raises(RowError, match="Name: is required"):
        read(Export.ORDERS, [ExportRow(2, cells_of({"lineitem name": "Mug"}))], currency="USD", now=NOON)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ((first(1), "#2,oops", first(3)), [(3, SHORT), [2], [4]]),
        ((first(1), first(2), "#2,oops", further("#2"), first(3)), [[2], (4, SHORT), (3, broken(4)), [6]]),
        ((first(1), first(2), "#2,oops", first(3)), [[2], (4, SHORT), (3, broken(4)), [5]]),
        ((first(1), "#2,oops", further("#2"), first(3)), [(3, SHORT), [2], (4, broken(3)), [5]]),
        ((first(1), ",oops", first(3)), [(3, SHORT), (2, broken(3)), [4]]),
        (("#1,oops",), [(2, SHORT)]),
    ],
)
def test_a_row_that_cannot_be_read_costs_its_order_and_no_other(
    rows: tuple[Row | str, ...], what: list[list[int] | tuple[int, str]]
) -> None:
    assert found(ORDERS, *rows) == what


def test_pieces_of_a_torn_row_cost_the_order_around_them() -> None:
    torn = ('#2,"ada@example.com', "Fictional Lane 1", "and more")
    what = found(ORDERS, first(1), *torn, further("#2", **{"Created at": FIRST["Created at"]}), first(3))
    assert [one[0] for one in what if isinstance(one, tuple)] == [3, 4, 5, 6]
    assert [one for one in what if isinstance(one, list)] == [[2], [7]]
    assert found(ORDERS, first(1), "ada,oops", further("#1"), first(3)) == [(3, SHORT), (2, broken(3)), [5]]


def test_a_report_repeats_nothing_about_people() -> None:
    content = export(ORDERS, "#1,ada@example.com", first(2) | PEOPLE, "#2,ada@example.com").replace(b"oops", b"")
    content += b"\n#4,ada@\xff\n#5,ada@" + b"x" * 2_000_000
    rejected = [one for one in gathered(ImportFile(io.BytesIO(content))) if isinstance(one, Rejection)]
    assert [one.line for one in rejected] == [2, 4, 5, 6, 3]
    assert [one.content for one in rejected[:4]] == [""] * 4
    assert '"Name":"#2"' in rejected[4].content
    assert not [cell for cell in PEOPLE.values() if cell in rejected[4].content]


def test_a_report_does_not_say_how_to_come_to_a_checkout() -> None:
    address = "https://shop.example/1/checkouts/Z2NwLWV1cm9wZTow0/recover?key=secret"
    cells = cells_of({name.lower(): cell for name, cell in first(1, Abandoned_Checkout_URL=address).items()})
    assert "Z2NwLWV1cm9wZTow0" not in shown(ExportRow(2, cells))


def test_an_order_of_any_length_is_gathered_in_little_memory_and_told_to_be_too_long() -> None:
    row = further("#1", **{"Lineitem name": "x" * 900, "Notes": "n" * 900})

    def gather(rows: int) -> tuple[int, Purchase | Rejection]:
        file = ImportFile(io.BytesIO(export(ORDERS, first(1), *[row] * rows)))
        tracemalloc.start()
        (purchase,) = gathered(file)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak, purchase

    (lower, _), (higher, purchase) = gather(MOST_LINES), gather(4 * MOST_LINES)
    assert higher < lower * 1.1
    assert isinstance(purchase, Purchase)
    with pytest.raises(RowError, match="has more than 1,000 line items"):
        read(Export.ORDERS, purchase.rows, currency="USD", now=NOON)
