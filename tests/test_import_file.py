"""A file comes apart into numbered rows, and a line that cannot be read costs nothing but itself."""

import io
import tracemalloc

import pytest

from data.import_file import LONGEST_LINE, ImportFile, ImportProblem, Kind, NumberedRow, Rejection
from tests.shopify_exports import CHECKOUTS, ORDERS, export, first

HEADER = "cart_token,status,started_at,currency,value,item_count\n"
ROW = "{},active,2026-03-01T12:00:00Z,USD,1.00,1\n"


def taken_apart(content: str | bytes) -> tuple[ImportFile, list[NumberedRow], list[Rejection]]:
    file = ImportFile(io.BytesIO(content.encode() if isinstance(content, str) else content))
    found = list(file.rows())
    rows = [row for row in found if isinstance(row, NumberedRow)]
    return file, rows, [row for row in found if isinstance(row, Rejection)]


def tokens(content: str | bytes) -> list[str]:
    _, rows, rejected = taken_apart(content)
    assert not rejected
    return [row.fields["cart_token"] for row in rows]


def refused(content: str | bytes) -> str:
    with pytest.raises(ImportProblem) as raised:
        taken_apart(content)
    return str(raised.value)


def test_csv_rows_are_named_by_the_header_and_numbered_by_line() -> None:
    file, rows, rejected = taken_apart(HEADER + ROW.format("a") + "\n" + ROW.format("b"))
    assert (file.kind, rejected) == (Kind.SESSIONS, [])
    assert [(row.line, row.fields["cart_token"], row.fields["value"]) for row in rows] == [
        (2, "a", "1.00"),
        (4, "b", "1.00"),
    ]
    assert rows[0].content == ROW.format("a").strip()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_spreadsheets_may_write_it_their_way(delimiter: str, mark: bytes, ending: bytes) -> None:
    content = (HEADER + ROW.format("a")).replace(",", delimiter).encode().replace(b"\n", ending)
    assert tokens(mark + content) == ["a"]


def test_column_names_may_have_capitals_and_spaces() -> None:
    assert tokens(HEADER.replace("cart_token", " Cart_Token ") + ROW.format("a")) == ["a"]


def test_the_last_line_needs_no_ending() -> None:
    assert tokens((HEADER + ROW.format("a")).rstrip()) == ["a"]


def test_a_quoted_cell_may_hold_delimiters_quotes_and_lines() -> None:
    _, rows, rejected = taken_apart(HEADER + ROW.format('"a,""b""\nc"') + ROW.format("d"))
    assert [(row.line, row.fields["cart_token"]) for row in rows] == [(2, 'a,"b"\nc'), (4, "d")]
    assert not rejected


def test_a_quote_that_is_never_closed_costs_only_its_line() -> None:
    _, rows, rejected = taken_apart(HEADER + ROW.format('"a') + "".join(ROW.format(f"t{n}") for n in range(50)))
    assert [row.fields["cart_token"] for row in rows] == [f"t{n}" for n in range(50)]
    assert [row.line for row in rows] == list(range(3, 53))
    assert [(bad.line, bad.content) for bad in rejected] == [(2, ROW.format('"a').strip())]
    assert rejected[0].message.startswith("is not CSV")


def test_a_quote_inside_an_unquoted_cell_is_a_character() -> None:
    assert tokens(HEADER + ROW.format('5"') + ROW.format("b")) == ['5"', "b"]


def test_a_row_with_too_few_or_too_many_cells_is_rejected() -> None:
    _, rows, rejected = taken_apart(HEADER + "a,active\n" + ROW.format("b,c") + ROW.format("d"))
    assert [row.fields["cart_token"] for row in rows] == ["d"]
    assert [(bad.line, bad.message) for bad in rejected] == [
        (2, "has 2 cells, but the header has 6"),
        (3, "has 7 cells, but the header has 6"),
    ]


def test_json_lines_are_rows_and_what_is_not_an_object_is_rejected() -> None:
    lines = ['{"cart_token": "a", "status": "active"}', "{", "[1]", '"x"', '{"status": NaN}', "", '{"cart_token": "b"}']
    file, rows, rejected = taken_apart("\n".join(lines))
    assert file.kind is Kind.SESSIONS
    assert [(row.line, row.fields["cart_token"]) for row in rows] == [(1, "a"), (7, "b")]
    assert [(bad.line, bad.content) for bad in rejected] == [(2, "{"), (3, "[1]"), (4, '"x"'), (5, lines[4])]
    assert rejected[0].message.startswith("is not JSON: ")
    assert rejected[1].message == "must be a JSON object"


def test_nesting_beyond_all_measure_is_rejected() -> None:
    _, rows, rejected = taken_apart('{"status": "a"}\n{"a":' + "[" * 1025 + "]" * 1025 + "}\n")
    assert (len(rows), len(rejected)) == (1, 1)


def test_events_are_recognised_by_their_fields() -> None:
    file, rows, _ = taken_apart('{"type": "shopper.seen", "cart_token": "a", "occurred_at": "2026-03-01T12:00:00Z"}')
    assert (file.kind, len(rows)) == (Kind.EVENTS, 1)


def test_objects_before_the_first_that_is_recognised_are_rejected() -> None:
    file, rows, rejected = taken_apart('{"a": 1}\n{"type": "shopper.seen"}')
    assert (file.kind, len(rows)) == (Kind.EVENTS, 1)
    assert rejected == [Rejection(1, None, "is neither a session nor an event", '{"a": 1}')]


def test_events_may_come_as_csv_with_their_lines_in_one_cell() -> None:
    header = "type,cart_token,occurred_at,reason,lines\n"
    good = 'cart.updated,a,2026-03-01T12:00:00Z,NULL,"[{""title"": ""Socks"", ""quantity"": 2}]"\n'
    file, rows, rejected = taken_apart(header + good + "cart.updated,b,2026-03-01T12:00:00Z,,[{\n")
    assert file.kind is Kind.EVENTS
    assert rows[0].fields == {
        "type": "cart.updated",
        "cart_token": "a",
        "occurred_at": "2026-03-01T12:00:00Z",
        "lines": [{"title": "Socks", "quantity": 2}],
    }
    assert [(bad.line, bad.field) for bad in rejected] == [(3, "lines")]


def test_lines_that_are_no_text_or_too_long_are_rejected() -> None:
    good = ROW.format("good").encode()
    bad = [b"caf\xe9,active,x,USD,1,1\n", b"a\0b,active,x,USD,1,1\n", b"x" * (3 * LONGEST_LINE) + b"\n"]
    _, rows, rejected = taken_apart(HEADER.encode() + good + b"".join(bad) + good + b"y" * (LONGEST_LINE + 9))
    assert [row.line for row in rows] == [2, 6]
    assert [(line.line, line.message) for line in rejected] == [
        (3, "is not text in UTF-8"),
        (4, "contains a NUL character"),
        (5, "is longer than 1 MiB"),
        (7, "is longer than 1 MiB"),
    ]
    assert rejected[0].content.startswith("caf\N{REPLACEMENT CHARACTER},active")
    assert len(rejected[2].content) == 1000


def test_a_line_of_exactly_one_mebibyte_is_read() -> None:
    padding = "x" * (LONGEST_LINE - len('{"status":""}'))
    _, rows, rejected = taken_apart(f'{{"status":"{padding}"}}\r\n{{"status":"{padding}x"}}\r\n')
    assert ([row.line for row in rows], [line.line for line in rejected]) == ([1], [2])


def test_memory_does_not_grow_with_the_file() -> None:
    class Endless(io.RawIOBase):
        """64 MiB of one line without an end, made while it is read."""

        left = 64

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            view = memoryview(buffer)  # type: ignore[arg-type]  # it is what io gives: a writable buffer
            if not self.left:
                return 0
            size = min(len(view), 1024 * 1024)
            view[:size] = b"x" * size
            self.left -= size == 1024 * 1024
            return size

    start = io.BytesIO(HEADER.encode())
    assert ImportFile(start).kind is Kind.SESSIONS
    tracemalloc.start()
    with pytest.raises(ImportProblem):
        ImportFile(io.BufferedReader(Endless(), 1024 * 1024))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 1024 * 1024


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"\n \n", "The file is empty."),
        ('[{"cart_token": "a"}]', "The file is a JSON array."),
        ("name,price\nx,1\n", "The file holds neither sessions nor events."),
        ("cart_token,status,started_at\n", "The header lacks currency, value, item_count."),
        ("type,cart_token\n", "The header lacks occurred_at."),
        (HEADER.replace("value", "status"), "The header names the column status twice."),
        ('"cart_token\n', "The header is not CSV"),
        (HEADER.encode("utf-16"), "The file is written in UTF-16. Save it as UTF-8."),
        (b"\x1f\x8b\x08\x00\xff", "The first line is not text in UTF-8."),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_a_sentence(content: str | bytes, words: str) -> None:
    assert refused(content).startswith(words)


def test_shopifys_exports_are_recognised_and_their_columns_named_as_it_names_them() -> None:
    for columns, kind in ((ORDERS, Kind.ORDERS), (CHECKOUTS, Kind.CHECKOUTS)):
        file, rows, rejected = taken_apart(export(columns, first(1)))
        assert (file.kind, len(rows), rejected) == (kind, 1, [])
        assert rows[0].fields["lineitem price"] == "49.95"
    without = [name for name in ORDERS if name not in ("Created at", "Lineitem price")]
    assert refused(export(without)) == "The header lacks Created at, Lineitem price."


def test_the_beginning_of_a_line_that_is_not_right_can_be_seen() -> None:
    file = ImportFile(io.BytesIO(HEADER.encode()))
    assert file.glimpse('a,"expired') == {"cart_token": "a", "status": "expired"}
    assert file.glimpse(f"a,{'x' * 200_000}") == {}
