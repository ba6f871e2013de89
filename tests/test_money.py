from decimal import Decimal

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from data import money

currencies = st.sampled_from(sorted(money.codes()))
minor_units = st.integers(-(2**63) + 1, 2**63 - 1)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("49.95", "USD", 4995),
        ("3124.75", "USD", 312475),
        ("52000.0", "HUF", 5_200_000),
        ("52000.00", "HUF", 5_200_000),
        ("23600", "JPY", 23600),
        ("23600.00", "JPY", 23600),
        ("1.234", "KWD", 1234),
        ("1.5", "KWD", 1500),
        ("0", "EUR", 0),
        ("-0.01", "EUR", -1),
        ("007.50", "EUR", 750),
        ("1." + "0" * 40, "EUR", 100),
        ("92233720368547758.07", "USD", 2**63 - 1),
        (Decimal("49.95"), "USD", 4995),
        (Decimal("1E+2"), "USD", 10_000),
    ],
)
def test_amounts_become_minor_units(amount: str | Decimal, currency: str, minor: int) -> None:
    assert money.to_minor(amount, currency) == minor


@pytest.mark.parametrize(
    "amount",
    [
        *("", " ", "-", ".", "1.", ".5", "+1", "1,50", "1 000", "1_000", "1e3", "12.3.4", "0x10", "12\n", "\x0012"),
        *("NaN", "sNaN", "Infinity", "1e999", "1" * 41, "9" * 5000),
        *("\N{FULLWIDTH DIGIT ONE}", "\N{ARABIC-INDIC DIGIT THREE}"),
        *(Decimal("NaN"), Decimal("Infinity"), Decimal("1e999999"), Decimal("1e-999999")),
    ],
)
def test_what_is_no_amount_is_refused(amount: str | Decimal) -> None:
    with pytest.raises(ValueError, match="must be a decimal amount"):
        money.to_minor(amount, "USD")


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("49.951", "USD", "must have at most 2 decimals in USD"),
        ("1.2345", "KWD", "must have at most 3 decimals in KWD"),
        ("23600.5", "JPY", "must be a whole amount: JPY has no decimals"),
        ("92233720368547758.08", "USD", "is too large"),
        ("9" * 40, "JPY", "is too large"),
        ("1", "ZZZ", "must be a currency of ISO 4217"),
        ("1", "usd", "must be a currency of ISO 4217"),
        ("1", "", "must be a currency of ISO 4217"),
    ],
)
def test_refusals_say_what_is_wrong(amount: str, currency: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        money.to_minor(amount, currency)


@given(minor_units, currencies)
def test_minor_units_survive_the_way_there_and_back(minor: int, currency: str) -> None:
    major = money.to_major(minor, currency)
    assert money.to_minor(major, currency) == minor
    assert money.to_minor(f"{major:f}", currency) == minor


@given(st.one_of(st.text(max_size=60), st.text("-+.0123456789eE_", max_size=30)))
def test_any_text_is_an_amount_or_a_refusal(text: str) -> None:
    try:
        minor = money.to_minor(text, "EUR")
    except ValueError:
        return
    assert money.to_major(minor, "EUR") == Decimal(text)


def test_exponents_are_those_of_iso_4217_not_of_cldr() -> None:
    expected = {"USD": 2, "HUF": 2, "TWD": 2, "IDR": 2, "JPY": 0, "KRW": 0, "ISK": 0, "XAF": 0, "IQD": 3, "CLF": 4}
    assert {currency: money.exponent(currency) for currency in expected} == expected


def test_every_known_currency_is_one_that_cldr_knows() -> None:
    assert money.codes() <= list_currencies()


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "XDR", "DEM", "eur", "EURO", ""])
def test_what_nobody_pays_with_is_not_known(code: str) -> None:
    assert not money.known(code)
