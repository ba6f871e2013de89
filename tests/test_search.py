"""What a search asks the database."""

import pytest

from data.search import TRIGRAM, meaning, search, trigrams


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
    [arm] = search(meaning(text, "en")).arms
    assert "NOT INDEXED" in arm.source
    assert "session_search" not in arm.source


def test_each_meaning_is_an_arm_of_its_own_unless_the_addresses_are_too_many() -> None:
    found = meaning("185.2", "en")
    assert len(search(found).arms) == 1 + len(found.addresses) == 4
    assert len(search(found, walk_addresses=True).arms) == 1
