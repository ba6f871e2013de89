"""What a search asks the database."""

import pytest

from data.conditions import conditions
from data.filters import SessionFilter
from data.search import TRIGRAM, meaning, search, together, trigrams


def test_a_text_can_mean_a_token_addresses_and_countries_at_once() -> None:
    found = meaning("CZ", "en")
    assert (found.token_part, found.addresses, found.countries) == ("CZ", (), frozenset({"CZ"}))
    assert meaning("10.0.", "en").addresses
    assert "DE" in meaning("allemagne", "fr").countries


def test_special_characters_of_a_pattern_stand_for_themselves() -> None:
    assert search(meaning("50%_\\", "en")).values["part"] == "%50\\%\\_\\\\%"


def test_the_index_is_asked_for_a_few_trigrams_that_reach_both_ends() -> None:
    assert trigrams("abc") == '"abc"'
    assert trigrams("abcd") == '"abc" AND "bcd"'
    assert trigrams("0123456789") == '"012" AND "456" AND "789"'
    assert trigrams('a"b') == '"a""b"'
    assert trigrams("aaaaaaaa") == '"aaa"'


@pytest.mark.parametrize(("text", "asked"), [("185.22.0", "5.2"), ("10.", "10."), ("::1", "::1"), ("2001:db8:", "1:d")])
def test_the_index_is_asked_for_what_is_rarest_in_an_address(text: str, asked: str) -> None:
    assert search(meaning(text, "en")).values["trigrams"] == f'"{asked}"'


@pytest.mark.parametrize("text", ["a", "ab", "é"])
def test_a_text_too_short_for_the_index_looks_at_every_session(text: str) -> None:
    assert len(text) < TRIGRAM
    found = search(meaning(text, "en"))
    assert found.arms == ()
    [arm] = together([found]).arms
    assert "NOT INDEXED" in arm.source
    assert "session_search" not in arm.source


def test_each_meaning_is_an_arm_of_its_own() -> None:
    found = meaning("185.2", "en")
    assert len(search(found).arms) == 1 + len(found.addresses) == 4


def test_searches_together_are_found_by_one_of_them_and_fit_all() -> None:
    words = search(meaning("abcd", "en"))
    [country] = conditions(SessionFilter(country="CZ"), lambda _: [])
    both = together([country, words], words)
    assert both.condition == f"{country.condition} AND {words.condition}"
    assert all(arm.source.endswith(f" AND {country.condition}") for arm in both.arms)
    assert both.values == {**country.values, **words.values}


def test_no_value_of_a_filter_is_ever_part_of_a_statement() -> None:
    wanted = SessionFilter.from_query(
        {
            "country": "CZ",
            "device": "bot",
            "ip": "185.22.1.0/24",
            "device_id": "x' OR 1 --",
            "like": "y'; DROP TABLE session",
            "not_country": "PL,ZZ",
            "not_device": "mobile",
            "not_ip": "10.0.0.1,2001:db8::/48",
        }
    )
    everything = together(conditions(wanted, lambda _: [1, 2]))
    for value in ("CZ", "bot", "185", "OR 1", "DROP", "PL", "ZZ", "mobile", "10.0", "2001"):
        assert value not in everything.condition + everything.arms[0].source
    assert everything.values["device_id"] == "x' OR 1 --"
