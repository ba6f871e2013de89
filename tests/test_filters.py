"""The list's address: read without ever failing, written so that it reads back the same."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.filters import LONGEST_SEARCH, ListPlace, SessionFilter, Sort
from data.levels import RiskLevel
from data.status import Status

HOSTILE_TOKENS = [
    "../../etc/passwd",
    "a/b",
    "a?key=b#c",
    "100%",
    "%2e%2e",
    "a b+c",
    "javascript:alert(1)",
    "//evil.example",
    "\u202egnp.exe",
    "é\u200b",
]


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


searches = st.text(max_size=LONGEST_SEARCH).map(lambda text: SessionFilter.from_query({"q": text}).q)
filters = st.builds(
    SessionFilter,
    store=st.none() | st.from_regex(r"[a-z0-9]{1,9}\.example", fullmatch=True),
    q=searches,
    status=st.none() | st.sampled_from(Status),
    risk=st.none() | st.sampled_from(RiskLevel),
    sort=st.sampled_from(Sort),
)
places = st.just(ListPlace()) | st.builds(ListPlace, st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1))


@given(filters, places)
def test_every_state_of_the_list_survives_its_address(wanted: SessionFilter, place: ListPlace) -> None:
    query = query_of(wanted.list_address(place))
    assert SessionFilter.from_query(query) == wanted
    assert ListPlace.from_query(query) == place


@given(st.dictionaries(st.sampled_from("store q status risk sort row until".split()), st.text()))
def test_no_address_is_an_error(query: dict[str, str]) -> None:
    wanted, place = SessionFilter.from_query(query), ListPlace.from_query(query)
    assert len(wanted.q) <= LONGEST_SEARCH
    assert wanted.q.isprintable()
    wanted.q.encode()
    assert 0 <= place.row < 2**63


@pytest.mark.parametrize("token", HOSTILE_TOKENS)
def test_a_token_is_one_part_of_a_path_on_this_site(token: str) -> None:
    wanted = SessionFilter(q="a&b=c", status=Status.ACTIVE)
    parts = urlsplit(wanted.session_address(token, ListPlace(300, 7)))
    assert (parts.scheme, parts.netloc, parts.fragment) == ("", "", "")
    assert parts.path.count("/") == 2
    assert query_of(parts.geturl()) == {"q": "a&b=c", "status": "active", "row": "300", "until": "7"}


def test_the_untouched_list_has_the_shortest_address() -> None:
    assert SessionFilter().list_address() == "/"
    assert SessionFilter().session_address("abc") == "/sessions/abc"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"status": "ACTIVE", "risk": "Review"}, SessionFilter(status=Status.ACTIVE, risk=RiskLevel.REVIEW)),
        ({"status": "gone", "risk": "", "sort": "id;drop"}, SessionFilter()),
        ({"q": "  a\x00b\n\ud800c  ", "store": ""}, SessionFilter(q="abc")),
        ({"q": "x" * 999}, SessionFilter(q="x" * LONGEST_SEARCH)),
        ({"sort": "-VALUE"}, SessionFilter(sort=Sort.DEAREST)),
    ],
)
def test_what_cannot_be_read_means_everything(query: dict[str, str], wanted: SessionFilter) -> None:
    assert SessionFilter.from_query(query) == wanted


@pytest.mark.parametrize(
    "query", [{"row": "5"}, {"until": "5"}, {"row": "-1", "until": "5"}, {"row": "٣", "until": "5"}]
)
def test_a_place_needs_its_row_and_its_pin(query: dict[str, str]) -> None:
    assert ListPlace.from_query(query) == ListPlace()


def test_a_pin_beyond_every_id_is_the_largest() -> None:
    assert ListPlace.from_query({"row": "9" * 19, "until": "1"}).row == 2**63 - 1


def test_clearing_keeps_the_store_and_the_order() -> None:
    wanted = SessionFilter("shop.example", "abc", Status.ACTIVE, RiskLevel.REVIEW, Sort.DEAREST)
    assert wanted.has_conditions
    assert wanted.without_conditions() == SessionFilter("shop.example", sort=Sort.DEAREST)
    assert not wanted.without_conditions().has_conditions
