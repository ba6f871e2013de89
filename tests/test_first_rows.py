"""The list as plain HTML: says what the table will say, and nothing from outside becomes markup."""

from html.parser import HTMLParser

import pytest

from data.filters import SessionFilter
from data.records import SessionRow
from tests.factories import TOKEN
from tests.payloads import PAYLOADS
from ui.first_rows import first_rows
from ui.language import Language

NOW = 1_772_366_400_000
ENGLISH = Language.choose("en", None)


class Markup(HTMLParser):
    """The elements, attributes and words of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def row(token: str = TOKEN, country: str | None = "CZ", device: str = "mobile") -> SessionRow:
    return {
        "id": "1",
        "cart_token": token,
        "device": device,
        "country": country,
        "item_count": 2,
        "value": 312475,
        "currency": "USD",
        "status": "active",
        "risk_level": "review",
        "risk_score": 61,
        "started_at": NOW - 33 * 60_000,
        "expires_at": NOW + 60_000,
    }


def html(*rows: SessionRow, count: str = "115 total sessions", wanted: SessionFilter | None = None) -> str:
    return first_rows(rows, count, wanted or SessionFilter(), ENGLISH, now=NOW, assets="/assets/1")


def test_a_row_says_what_the_table_will_say() -> None:
    markup = Markup(html(row()))
    words = ["Sessions", "115 total sessions", "I7D_WJdza-gEmqks", "CZ", "2 items", "3,124.75\u00a0USD"]
    for expected in [*words, "Active", "Review", "33m ago", "View"]:
        assert expected in markup.words
    assert ("href", "/sessions/I7D_WJdza-gEmqks") in markup.attributes
    assert ("src", "/assets/1/flags/cz.svg") in markup.attributes


def test_a_cart_token_cannot_turn_the_text_of_its_row() -> None:
    markup = html(row(token="a\u202e\x07b"))
    assert "a\\u202e\\u0007b" in Markup(markup).words
    assert "\u202e" not in markup
    assert ("href", "/sessions/a%E2%80%AE%07b") in Markup(markup).attributes


def test_the_link_remembers_the_list() -> None:
    markup = Markup(html(row(), wanted=SessionFilter(store="shop.example", q='"&<')))
    assert ("href", "/sessions/I7D_WJdza-gEmqks?store=shop.example&q=%22%26%3C") in markup.attributes


@pytest.mark.parametrize("country", [None, "ZZ", "../../x", "A1"])
def test_a_country_without_a_flag_gets_the_unknown_one(country: str | None) -> None:
    assert ("src", "/assets/1/flags/unknown.svg") in Markup(html(row(country=country))).attributes


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_from_outside_becomes_markup(payload: str) -> None:
    plain = Markup(html(row(), wanted=SessionFilter(q="x")))
    hostile = row(payload, country=payload, device=payload)
    markup = Markup(html(hostile, count=payload, wanted=SessionFilter(q=payload)))
    assert markup.elements == plain.elements
    assert [name for name, _ in markup.attributes] == [name for name, _ in plain.attributes]
    assert payload in "".join(markup.words)
    addresses = [value or "" for name, value in markup.attributes if name in {"href", "src"}]
    assert all(address.startswith(("/sessions/", "/assets/1/")) for address in addresses)
