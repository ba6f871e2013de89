"""One imported session is read exactly, or the field that is wrong is named."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.addresses import unpack
from data.event_format import EventError
from data.import_format import ImportedSession, parse, store_of
from data.levels import RiskLevel
from data.status import Status
from tests.factories import NOON, TOKEN, after, text

START = text(after(-60))


def row(**known: object) -> dict[str, Any]:
    """A row with what is required, as CSV has it."""
    given: dict[str, Any] = {"cart_token": TOKEN, "status": "Active", "started_at": START, "currency": "USD"}
    return given | {"value": "3124.75", "item_count": "2"} | known


def read(**known: object) -> ImportedSession:
    return parse(row(**known), now=NOON)


def problem(**known: object) -> str:
    """What is said of a row that cannot be read."""
    with pytest.raises(EventError) as raised:
        read(**known)
    assert str(raised.value).startswith(f"{raised.value.path}: ")
    return str(raised.value)


def test_what_is_required_is_enough() -> None:
    session = read()
    assert (session.cart_token, session.status, session.started_at) == (TOKEN, Status.ACTIVE, after(-60))
    assert (session.value, session.currency, session.item_count) == (312475, "USD", 2)
    assert session.last_activity_at == session.started_at
    assert (session.risk_level, session.risk_score, session.ip, session.ended_at, session.extra) == (None,) * 5


def test_everything_that_may_be_known_is_read() -> None:
    session = read(
        status="EXPIRED",
        risk_level="review",
        risk_score="71",
        ip="185.22.1.9",
        country="cz",
        user_agent="Mozilla/5.0",
        expires_at="2026-03-01T12:45:00+01:00",
        last_activity_at="2026-03-01 11:10:00Z",
        ended_at="2026-03-01T11:45:00.250Z",
        cart_updates="3",
        renewals="1",
        max_renewals="5",
        manual_extends="2",
        store="shop.example",
    )
    assert (session.status, session.risk_level, session.risk_score) == (Status.EXPIRED, RiskLevel.REVIEW, 71)
    assert session.ip is not None
    assert (unpack(session.ip), session.country, session.user_agent) == ("185.22.1.9", "CZ", "Mozilla/5.0")
    assert (session.expires_at, session.last_activity_at) == (after(-15), after(-50))
    assert session.ended_at == after(-15) + timedelta(milliseconds=250)
    assert (session.cart_updates, session.renewals, session.max_renewals, session.manual_extends) == (3, 1, 5, 2)
    assert session.extra is None


@pytest.mark.parametrize("nothing", ["", "   ", "NULL", "null", None])
def test_nothing_and_the_word_null_mean_not_known(nothing: str | None) -> None:
    optional = ("risk_level", "risk_score", "ip", "country", "user_agent", "expires_at", "ended_at", "max_renewals")
    assert read(**dict.fromkeys(optional, nothing)) == read()
    assert problem(cart_token=nothing) == "cart_token: is required"


def test_json_may_hold_numbers() -> None:
    session = read(value=3124.75, item_count=2, risk_score=0)
    assert (session.value, session.item_count, session.risk_score) == (312475, 2, 0)


@pytest.mark.parametrize(
    ("currency", "value", "minor"),
    [("JPY", "23600.00", 23600), ("KWD", "1.5", 1500), ("eur", " 0 ", 0), ("USD", 7, 700)],
)
def test_money_is_exact_in_its_currency(currency: str, value: object, minor: int) -> None:
    assert read(currency=currency, value=value).value == minor


def test_the_secret_behind_a_token_is_cut_off() -> None:
    assert read(cart_token="abc?key=secret").cart_token == "abc"


def test_a_country_that_is_none_is_not_known() -> None:
    assert (read(country="XX").country, read(country="T1").country) == (None, None)


def test_what_the_format_does_not_name_is_kept_with_the_row() -> None:
    extra = read(warehouse="Brno", note="").extra
    assert extra is not None
    assert '"warehouse":"Brno"' in extra
    assert "note" not in extra


def test_control_characters_of_a_user_agent_become_spaces_and_what_is_too_long_is_cut() -> None:
    assert read(user_agent="a\x1bb\r\nc").user_agent == "a b  c"
    assert len(read(user_agent="x" * 5000).user_agent or "") == 1024


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("cart_token", "x" * 256, "must have 1 to 255 characters"),
        ("cart_token", "?key=1", "must have 1 to 255 characters"),
        ("cart_token", "a\tb", "must not contain control characters"),
        ("cart_token", 7, "must be a string"),
        ("status", "done", "must be one of active, converted, expired, cancelled"),
        ("risk_level", "high", "must be one of normal, monitored, review, restricted"),
        ("started_at", "yesterday", "must be a time with offset"),
        ("started_at", "2026-03-01T11:00:00", "must be a time with offset"),
        ("started_at", "2026-02-30T11:00:00Z", "must be a time with offset"),
        ("started_at", 1772362800, "must be a time with offset"),
        ("started_at", "1999-12-31T23:59:59Z", "must be between the years 2000 and 2199"),
        ("started_at", "2026-03-02T12:00:00Z", "must not be in the future"),
        ("ended_at", "2026-03-01T10:59:59Z", "must not be before started_at"),
        ("expires_at", "2026-03-01T10:59:59Z", "must not be before started_at"),
        ("ended_at", "2026-03-01T11:30:00Z", "must be empty for a session that is active"),
        ("currency", "XYZ", "must be a currency of ISO 4217"),
        ("currency", 978, "must be a string"),
        ("value", "1,50", "must be a decimal amount"),
        ("value", "NaN", "must be a decimal amount"),
        ("value", "1e999", "must be a decimal amount"),
        ("value", True, "must be a decimal amount"),
        ("value", "-1", "must not be negative"),
        ("value", "1.005", "must have at most 2 decimals"),
        ("value", "99999999999999999", "is too large"),
        ("item_count", "2.5", "must be a whole number"),
        ("item_count", "two", "must be a whole number"),
        ("item_count", "-1", "must be between 0 and"),
        ("item_count", 2.0**70, "must be a whole number"),
        ("item_count", "9" * 300, "must be a whole number"),
        ("item_count", True, "must be a whole number"),
        ("risk_score", "101", "must be between 0 and 100"),
        ("renewals", "x", "must be a whole number"),
        ("ip", "010.1.1.1", "must be an IPv4 or IPv6 address"),
        ("ip", "fe80::1%eth0", "must be an IPv4 or IPv6 address"),
        ("country", "Czechia", "must be a code of ISO 3166-1"),
        ("user_agent", ["Mozilla"], "must be a string"),
    ],
)
def test_a_field_that_is_wrong_is_named_with_what_it_must_be(field: str, value: object, words: str) -> None:
    assert problem(**{field: value}).startswith(f"{field}: {words}")


def test_a_clock_may_be_a_little_ahead() -> None:
    assert read(started_at=text(after(4))).started_at == after(4)


def test_the_store_of_a_row_is_its_domain() -> None:
    assert store_of(row(store=" Shop.Example ")) == "shop.example"
    assert store_of(row(store="NULL")) is None
    assert store_of(row()) is None
    with pytest.raises(EventError, match=r"^store: must be a string"):
        store_of(row(store=3))


def test_a_reading_is_in_utc() -> None:
    assert read(started_at="2026-03-01T06:00:00-05:00").started_at == datetime(2026, 3, 1, 11, tzinfo=UTC)
