import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import countries


@pytest.mark.parametrize(
    ("text", "locale", "codes"),
    [
        ("cz", "en", {"CZ"}),
        ("CZ", "en", {"CZ"}),
        (" de ", "en", {"DE"}),
        ("czech", "en", {"CZ"}),
        ("czech", "de", {"CZ"}),
        ("Tschech", "de", {"CZ"}),
        ("tschech", "de-AT", {"CZ"}),
        ("tschech", "en", set()),
        ("united", "en", {"US", "GB", "AE"}),
        ("united st", "en", {"US"}),
        ("Kingdom", "en", {"GB"}),
        ("cote", "en", {"CI"}),
        ("CÔTE D'IVOIRE", "en", {"CI"}),
        ("osterreich", "de", {"AT"}),
        ("turk", "en", {"TR", "TM", "TC"}),
        ("日本", "ja", {"JP"}),
        ("مصر", "ar-EG-u-nu-latn", {"EG"}),
        ("uk", "en", {"GB"}),
        ("usa", "en", {"US"}),
        ("ger", "xx-nonsense", {"DE"}),
        ("xx", "en", set()),
        ("t1", "en", set()),
        ("un", "en", set()),
        ("", "en", set()),
        ("--", "en", set()),
        ("zechia", "en", set()),
        ("germany" * 20, "en", set()),
    ],
)
def test_searching(text: str, locale: str, codes: set[str]) -> None:
    assert countries.codes_matching(text, locale) == codes


@given(st.text(max_size=80), st.one_of(st.sampled_from(["en", "de", "ja"]), st.text(max_size=12)))
def test_any_text_finds_countries_or_nothing(text: str, locale: str) -> None:
    assert countries.codes_matching(text, locale) <= countries.codes()


def test_a_name_is_in_the_locale() -> None:
    assert countries.name("CZ", "en") == "Czechia"
    assert countries.name("CZ", "de-AT") == "Tschechien"
    assert countries.name("XX", "en") is None


def test_the_codes_are_the_249_of_iso_and_three_that_shops_name() -> None:
    assert len(countries.codes()) == 249 + len({"AC", "TA", "XK"})
    assert all(map(countries.is_country, ["CZ", "GB", "XK"]))
    assert not any(map(countries.is_country, ["XX", "T1", "EU", "ZZ", "UK", "cz", ""]))
