"""The public event format: what is read, what is made readable, and which field an error names."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.event_format import DEEPEST, LONGEST_ID, MOST_LINES, EventError, parse
from data.events import Event, EventType
from tests.factories import TOKEN, after, event, line

NOW = after(60)


def read(document: object, currency: str = "USD") -> Event:
    return parse(document, currency=currency, received_at=NOW)


def problem(document: object) -> str:
    with pytest.raises(EventError) as caught:
        read(document)
    return str(caught.value)


def nested(levels: int) -> dict[str, Any]:
    inner: object = 1
    for _ in range(levels - 1):
        inner = [inner]
    return event(extra=inner)


def test_a_whole_event() -> None:
    read_event = read(
        event(
            "cart.updated",
            id="evt-1",
            expires_at="2026-03-01T13:15:00+01:00",
            currency="jpy",
            lines=[line(unit_price="52000.00", quantity=2)],
            ip="::ffff:192.0.2.7",
            user_agent="Mozilla/5.0",
            country="de",
            accept_language="de-DE,de;q=0.9",
            device_id="d1",
            checkout_token="c1",
            order_id="o1",
            reason="why",
            of_their_own={"kept": True},
        )
    )
    assert (read_event.type, read_event.cart_token, read_event.id) == (EventType.CART_UPDATED, TOKEN, "evt-1")
    assert (read_event.occurred_at, read_event.expires_at) == (after(0), after(15))
    assert (read_event.currency, read_event.country, read_event.ip) == ("JPY", "DE", "192.0.2.7")
    assert read_event.lines is not None
    assert (read_event.lines[0].unit_price, read_event.lines[0].quantity) == (52000, 2)
    assert json.loads(read_event.raw)["of_their_own"] == {"kept": True}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "session.paused"}, "type"),
        ({"type": None}, "type"),
        ({"type": ["session.started"]}, "type"),
        ({"cart_token": None}, "cart_token"),
        ({"cart_token": ""}, "cart_token"),
        ({"cart_token": "?key=secret"}, "cart_token"),
        ({"cart_token": 17}, "cart_token"),
        ({"cart_token": "x" * 256}, "cart_token"),
        ({"cart_token": "nul\x00"}, "cart_token"),
        ({"cart_token": "broken\ud800"}, "cart_token"),
        ({"occurred_at": None}, "occurred_at"),
        ({"occurred_at": 1772366400}, "occurred_at"),
        ({"occurred_at": "2026-03-01T12:00:00"}, "occurred_at"),
        ({"occurred_at": "2026-03-01"}, "occurred_at"),
        ({"occurred_at": "2026-02-30T12:00:00Z"}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"occurred_at": "1969-12-31T23:59:59Z"}, "occurred_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"currency": "XYZ"}, "currency"),
        ({"currency": 840}, "currency"),
        ({"id": 5}, "id"),
        ({"id": "x" * 256}, "id"),
        ({"ip": "010.1.1.1"}, "ip"),
        ({"ip": "fe80::1%eth0"}, "ip"),
        ({"ip": 3232235777}, "ip"),
        ({"country": "Czechia"}, "country"),
        ({"country": 1}, "country"),
        ({"user_agent": {}}, "user_agent"),
        ({"order_id": 1001}, "order_id"),
        ({"lines": {}}, "lines"),
        ({"lines": [line()] * (MOST_LINES + 1)}, "lines"),
        ({"lines": [line(quantity=10**9, unit_price="99999999")]}, "lines"),
        ({"lines": [line(), "second"]}, "lines[1]"),
        ({"lines": [line(quantity="2")]}, "lines[0].quantity"),
        ({"lines": [line(quantity=1.5)]}, "lines[0].quantity"),
        ({"lines": [line(quantity=True)]}, "lines[0].quantity"),
        ({"lines": [line(quantity=-1)]}, "lines[0].quantity"),
        ({"lines": [line(quantity=2**70)]}, "lines[0].quantity"),
        ({"lines": [line(unit_price=49.95)]}, "lines[0].unit_price"),
        ({"lines": [line(unit_price="-1")]}, "lines[0].unit_price"),
        ({"lines": [line(unit_price="1e999")]}, "lines[0].unit_price"),
        ({"lines": [line(unit_price="NaN")]}, "lines[0].unit_price"),
        ({"lines": [line(unit_price="9.999")]}, "lines[0].unit_price"),
        ({"lines": [line(product_id=12345678901234567890)]}, "lines[0].product_id"),
        ({"lines": [line(title=None, sku=["a"])]}, "lines[0].sku"),
    ],
)
def test_an_error_names_its_field(change: dict[str, object], path: str) -> None:
    told = problem(event() | change)
    assert told.startswith(f"{path}: ")


def test_the_error_is_a_sentence() -> None:
    assert problem(event(lines=[line(), line(), line(quantity="two")])) == "lines[2].quantity: must be a whole number"


@pytest.mark.parametrize("document", [None, 7, "text", [], [event()]])
def test_what_is_no_object_is_refused(document: object) -> None:
    assert problem(document) == "an event must be a JSON object"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"deep": [float("-inf")]}])
def test_numbers_that_are_none_are_refused_anywhere(value: object) -> None:
    assert "NaN" in problem(event(extra=value))


def test_nesting_has_a_limit() -> None:
    assert read(nested(DEEPEST)).cart_token == TOKEN
    assert problem(nested(DEEPEST + 1)) == f"an event must not be nested deeper than {DEEPEST} levels"
    assert "nested" in problem(nested(50_000))


def test_what_follows_a_question_mark_is_not_kept() -> None:
    read_event = read(event(token=f"{TOKEN}?key=secret"))
    assert read_event.cart_token == TOKEN
    assert "secret" not in read_event.raw


def test_an_event_without_an_id_is_known_by_its_content() -> None:
    document = event(lines=[line()])
    again = dict(reversed(document.items()))
    assert read(document).id == read(again).id
    assert read(document).id.startswith("sha256:")
    assert read(document).id != read(event(lines=[line(2)])).id
    assert len(read(document).id) <= LONGEST_ID


def test_a_clock_that_is_ahead_is_put_right_and_the_hold_keeps_its_length() -> None:
    slightly = read(event(minutes=64))
    assert slightly.occurred_at == after(64)
    far = read(event(minutes=60 * 24, expires_at="2026-03-02T12:10:00Z"))
    assert (far.occurred_at, far.expires_at) == (NOW, NOW + timedelta(minutes=10))


def test_a_clock_that_is_a_day_late_is_believed() -> None:
    assert read(event(minutes=-60 * 24)).occurred_at == after(-60 * 24)


def test_times_are_kept_to_the_millisecond() -> None:
    read_event = read(event() | {"occurred_at": "2026-03-01T12:00:00.123456789Z"})
    assert read_event.occurred_at == after(0) + timedelta(milliseconds=123)


@pytest.mark.parametrize("country", ["XX", "T1", "zz"])
def test_codes_that_say_unknown_are_unknown(country: str) -> None:
    assert read(event(country=country)).country is None


@pytest.mark.parametrize(
    ("currency", "price", "minor"), [("USD", "49.9", 4990), ("JPY", "52000.0", 52000), ("KWD", "1.234", 1234)]
)
def test_prices_have_the_decimals_of_their_currency(currency: str, price: str, minor: int) -> None:
    lines = read(event(lines=[line(unit_price=price)]), currency).lines
    assert lines is not None
    assert lines[0].unit_price == minor


def test_displayed_texts_are_cut_and_made_readable() -> None:
    lines = read(event(lines=[line(title="a\x00b\ud800" + "c" * 600)], user_agent="x" * 5000)).lines
    assert lines is not None
    assert lines[0].title == "a b?" + "c" * 496
    assert len(read(event(user_agent="x" * 5000)).user_agent or "") == 1024


def test_titles_from_right_to_left_stay_as_they_are() -> None:
    lines = read(event(lines=[line(title="קפה \u200f100%")])).lines
    assert lines is not None
    assert lines[0].title == "קפה \u200f100%"


def test_lines_of_nothing_are_not_in_the_cart() -> None:
    lines = read(event(lines=[line(1, 0), line(2, 1)])).lines
    assert lines is not None
    assert [item.product_id for item in lines] == ["p2"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    "type cart_token occurred_at id expires_at currency lines ip user_agent country accept_language device_id "
    "checkout_token order_id reason other".split()
)


def errors_or_survives(document: dict[str, object]) -> None:
    """Either a clear error that can be sent, or an event that is the same when it is read again from what is stored."""
    try:
        read_event = read(document)
    except EventError as caught:
        told = str(caught)
    else:
        told = read_event.raw
        assert read(json.loads(read_event.raw)) == read_event
    assert told.encode()


@given(st.dictionaries(FIELDS, JSON, max_size=3))
def test_nothing_but_a_clear_error_comes_of_anything(change: dict[str, object]) -> None:
    errors_or_survives(event(lines=[line()]) | change)


@given(st.dictionaries(st.sampled_from(list(line())), JSON, max_size=3))
def test_nothing_but_a_clear_error_comes_of_any_line(change: dict[str, object]) -> None:
    errors_or_survives(event(lines=[line() | change]))
