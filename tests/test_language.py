from datetime import UTC, datetime, timedelta, timezone

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from data.countries import codes
from ui import relative_time
from ui.language import LANGUAGES, Language

ENGLISH = Language.choose("en", None)
GERMAN = Language.choose("de", None)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("chosen", "header", "tag", "code"),
    [
        (None, None, "en", "en"),
        (None, "", "en", "en"),
        (None, "de", "de", "de"),
        (None, "de-AT,de;q=0.9,en;q=0.8", "de-AT", "de"),
        (None, "en;q=0.1, de;q=0.9", "de", "de"),
        (None, "en-GB", "en-GB", "en"),
        (None, "fr-CH, de;q=0.5", "fr-CH", "en"),
        (None, "zh-TW", "zh-Hant-TW", "en"),
        (None, "ar-EG", "ar-EG-u-nu-latn", "en"),
        (None, "*, de;q=0.5", "de", "de"),
        (None, "de;q=0, en-US", "en-US", "en"),
        (None, "de;q=nan, xx, i-klingon, de-CH;q=0.3", "de-CH", "de"),
        (None, "de-AT-1996", "de-AT", "de"),
        ("de", "en-US,en", "de", "de"),
        ("nonsense", "de", "de", "de"),
        ("../../etc/passwd", "de", "de", "de"),
    ],
)
def test_the_readers_choice_then_the_browsers_then_english(
    chosen: str | None, header: str | None, tag: str, code: str
) -> None:
    language = Language.choose(chosen, header)
    assert (language.tag, language.code) == (tag, code)


@given(st.one_of(st.none(), st.text()), st.one_of(st.none(), st.text(), st.text("abcdeq=;,.-*_01 ")))
def test_any_wish_leads_to_a_language_of_the_texts(chosen: str | None, header: str | None) -> None:
    assert Language.choose(chosen, header).code in LANGUAGES


def test_an_endless_header_is_read_only_so_far() -> None:
    assert Language.choose(None, "xx," * 100_000 + "de").code == "en"


def test_texts() -> None:
    assert ENGLISH.text("Active") == "Active"
    assert GERMAN.text("Active") == "Aktiv"
    assert GERMAN.text("Live · updated {ago}", ago="gerade eben") == "Live · aktualisiert gerade eben"
    assert GERMAN.text("a text that nobody has translated") == "a text that nobody has translated"
    assert Language.choose("fr", None).text("Active") == "Active"


def test_a_value_is_never_read_as_a_pattern() -> None:
    assert ENGLISH.text("{a} and {b}", a="{b}", b="{a}") == "{b} and {a}"
    assert ENGLISH.text("{a.__class__} {0} {a", a="x") == "{a.__class__} {0} {a"
    assert ENGLISH.text("{n} new") == "{n} new"  # left for the browser to fill


def test_plurals_write_numbers_as_the_reader_does() -> None:
    forms = "{n} total session", "{n} total sessions"
    assert [ENGLISH.plural(*forms, n) for n in (0, 1, 1234)] == [
        "0 total sessions",
        "1 total session",
        "1,234 total sessions",
    ]
    assert GERMAN.plural(*forms, 1234) == "1.234 Sitzungen insgesamt"
    assert ENGLISH.plural("{m} of {n} session", "{m} of {n} sessions", 115, m=23) == "23 of 115 sessions"
    assert GERMAN.plural_forms(*forms) == {"one": "{n} Sitzung insgesamt", "other": "{n} Sitzungen insgesamt"}


@pytest.mark.parametrize(
    ("locale", "minor", "currency", "text"),
    [
        ("en", 312475, "USD", "3,124.75 USD"),
        ("en", 4995, "USD", "49.95 USD"),
        ("en", 23600, "JPY", "23,600 JPY"),
        ("en", 1234567, "KWD", "1,234.567 KWD"),
        ("en", 5_200_000, "HUF", "52,000.00 HUF"),
        ("en", 0, "EUR", "0.00 EUR"),
        ("de", 312475, "EUR", "3.124,75 EUR"),
        ("en-IN", 1234567800, "INR", "1,23,45,678.00 INR"),
        ("ar-EG", 312475, "EGP", "3,124.75 EGP"),
        ("en", 2**63 - 1, "USD", "92,233,720,368,547,758.07 USD"),
    ],
)
def test_money(locale: str, minor: int, currency: str, text: str) -> None:
    assert Language.choose(locale, None).money(minor, currency) == text.replace(" ", "\N{NO-BREAK SPACE}")


def test_numbers() -> None:
    assert ENGLISH.number(1234567) == "1,234,567"
    assert [ENGLISH.signed(n) for n in (12.5, -3.14159, 0)] == ["+12.5", "-3.14", "+0.0"]
    assert GERMAN.signed(1234.5) == "+1.234,5"


def test_exact_times_name_their_zone() -> None:
    assert ENGLISH.date_time(NOW).replace("\N{NARROW NO-BREAK SPACE}", " ") == "Mar 1, 2026, 12:00:00 PM UTC"
    assert GERMAN.date_time(NOW, timezone(timedelta(hours=1), "MEZ")) == "01.03.2026, 13:00:00 MEZ"


def test_countries() -> None:
    assert GERMAN.country("CZ") == "Tschechien"
    assert [ENGLISH.country(code) for code in (None, "", "XX", "T1")] == ["Unknown"] * 4
    assert GERMAN.countries().keys() == codes()


DAY = 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (59.9, "just now"),
        (-59, "just now"),
        (60, "1m ago"),
        (33 * 60, "33m ago"),
        (3599, "59m ago"),
        (21 * 3600, "21h ago"),
        (3 * DAY, "3d ago"),
        (10 * DAY, "10d ago"),
        (29.9 * DAY, "29d ago"),
        (30 * DAY, "1mo ago"),
        (364 * DAY, "12mo ago"),
        (365 * DAY, "1y ago"),
        (1200 * 365 * DAY, "1,200y ago"),
        (-5 * 60, "in 5m"),
    ],
)
def test_relative_times_choose_their_unit(seconds: float, text: str) -> None:
    assert ENGLISH.relative(NOW - timedelta(seconds=seconds), NOW) == text
    assert ENGLISH.relative_milliseconds(0, round(seconds * 1000)) == text


def test_relative_times_of_other_languages() -> None:
    past = NOW - timedelta(days=10)
    assert GERMAN.relative(past, NOW) == "vor 10 Tagen"
    assert Language.choose("en-GB", None).relative(past, NOW) == "10d ago"
    assert Language.choose("ar", None).relative(past, NOW) == "قبل 10 أيام"
    assert Language.choose("ar", None).relative(NOW - timedelta(minutes=2), NOW) == "قبل دقيقتين"


def test_every_locale_has_relative_times_in_both_directions() -> None:
    for name in locale_identifiers():
        if "_" not in name:
            locale = Locale.parse(name)
            for seconds in (60, 7200, 10 * DAY, 100 * DAY, 1000 * DAY):
                past, future = (relative_time.words(s, locale, "now") for s in (seconds, -seconds))
                assert past
                assert future
                assert "{" not in past + future, name


def test_the_browser_gets_the_same_patterns() -> None:
    texts = ENGLISH.browser_texts()
    assert texts["now"] == "just now"
    assert texts["minute.past.other"] == "{0}m ago"
    assert texts["day.future.one"] == "in {0}d"
    for unit, _ in relative_time.UNITS:
        for direction in ("past", "future"):
            assert f"{unit}.{direction}.other" in texts
    assert "minute.past.few" in Language.choose("ar", None).browser_texts()


def test_the_direction_is_that_of_the_texts() -> None:
    assert {ENGLISH.direction, GERMAN.direction, Language.choose("ar", None).direction} == {"ltr"}
