"""The list's address: read without ever failing, written so that it reads back the same."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.filters import (
    LONGEST_SEARCH,
    LONGEST_VALUE,
    MOST_VALUES,
    NOWHERE,
    Chip,
    DeviceKind,
    SessionFilter,
    Sort,
)
from data.levels import RiskLevel
from data.list_place import ListPlace
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


values = st.text(min_size=1, max_size=LONGEST_VALUE, alphabet=st.characters(exclude_categories=["Cs"]))
addresses = st.ip_addresses().map(str) | st.sampled_from(["10.0.0.0/8", "185.22.1.0/24", "2001:db8::/48"])


def some(kind: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.frozensets(kind, max_size=MOST_VALUES).map(lambda chosen: tuple(sorted(chosen)))


searches = st.text(max_size=LONGEST_SEARCH).map(lambda text: SessionFilter.from_query({"q": text}).q)
filters = st.builds(
    SessionFilter,
    store=st.none() | st.from_regex(r"[a-z0-9]{1,9}\.example", fullmatch=True),
    q=searches,
    status=st.none() | st.sampled_from(Status),
    risk=st.none() | st.sampled_from(RiskLevel),
    sort=st.sampled_from(Sort),
    country=st.none() | st.sampled_from(["CZ", "XK", NOWHERE]),
    device=st.none() | st.sampled_from(DeviceKind),
    ip=st.none() | addresses,
    device_id=st.none() | values,
    like=st.none() | values,
    not_status=some(st.sampled_from(Status)),
    not_risk=some(st.sampled_from(RiskLevel)),
    not_country=some(st.sampled_from(["CZ", "DE", NOWHERE])),
    not_device=some(st.sampled_from(DeviceKind)),
    not_ip=some(addresses),
)
places = st.just(ListPlace()) | st.builds(ListPlace, st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1))


@given(filters, places)
def test_every_state_of_the_list_survives_its_address(wanted: SessionFilter, place: ListPlace) -> None:
    query = query_of(wanted.list_address(place))
    assert SessionFilter.from_query(query) == wanted
    assert ListPlace.from_query(query) == place


PARAMETERS = "country device ip device_id like not_status not_risk not_country not_device not_ip".split()


@given(
    st.dictionaries(st.sampled_from(["store", "q", "status", "risk", "sort", "row", "until", *PARAMETERS]), st.text())
)
def test_no_address_is_an_error(query: dict[str, str]) -> None:
    wanted, place = SessionFilter.from_query(query), ListPlace.from_query(query)
    urlencode({name: value for name, value in wanted.to_query().items() if name != "store"})
    assert SessionFilter.from_query(wanted.to_query()) == wanted
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
        ({"country": "cz", "device": "Bot"}, SessionFilter(country="CZ", device=DeviceKind.BOT)),
        ({"country": "Czechia", "device": "fridge", "ip": "185.22", "device_id": "", "like": ""}, SessionFilter()),
        ({"ip": " 185.22.1.7/24"}, SessionFilter(ip="185.22.1.0/24")),
        ({"ip": "2001:DB8:0::5/128"}, SessionFilter(ip="2001:db8::5")),
        ({"ip": "fe80::1%eth0", "like": "\ud800"}, SessionFilter()),
        ({"device_id": "x" * 256, "like": "x" * 256}, SessionFilter()),
        ({"like": " a\u202eb "}, SessionFilter(like=" a\u202eb ")),
        ({"not_country": "de,,DE,nowhere,cz"}, SessionFilter(not_country=("CZ", "DE"))),
        ({"not_status": "expired,gone"}, SessionFilter(not_status=(Status.EXPIRED,))),
        (
            {"not_ip": ",".join(f"10.0.0.{number}" for number in range(10, 99))},
            SessionFilter(not_ip=tuple(f"10.0.0.{number}" for number in range(10, 30))),
        ),
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


def test_only_a_value_takes_the_place_of_its_exclusion_and_the_other_way_round() -> None:
    wanted = SessionFilter(not_country=("DE", "US"), sort=Sort.DEAREST).only("country", "de")
    assert wanted == SessionFilter(country="DE", sort=Sort.DEAREST)
    assert wanted.excluding("country", "DE") == SessionFilter(not_country=("DE",), sort=Sort.DEAREST)
    assert wanted.excluding("country", "CZ").country == "DE"
    assert SessionFilter(not_status=(Status.ACTIVE,)).excluding("status", "expired").not_status == tuple(
        sorted([Status.ACTIVE, Status.EXPIRED])
    )


@pytest.mark.parametrize(("name", "value"), [("country", "Mars"), ("q", "x"), ("not_country", "DE"), ("store", "x")])
def test_what_cannot_be_filtered_by_changes_nothing(name: str, value: str) -> None:
    wanted = SessionFilter(country="DE")
    assert wanted.only(name, value) == wanted
    assert wanted.excluding(name, value) == wanted


def test_a_device_or_a_cart_is_not_excluded() -> None:
    assert SessionFilter().excluding("device_id", "x") == SessionFilter()


@given(filters)
def test_every_chip_can_be_taken_away_by_itself(wanted: SessionFilter) -> None:
    for chip in wanted.chips:
        less = wanted.without(chip)
        assert set(wanted.chips) - set(less.chips) == {chip}
        assert (less.q, less.status, less.risk, less.sort) == (wanted.q, wanted.status, wanted.risk, wanted.sort)
    bare = SessionFilter(wanted.store, wanted.q, wanted.status, wanted.risk, wanted.sort)
    assert bare.chips == ()
    assert wanted.without(Chip("country", "nowhere")) == wanted


def test_search_status_and_level_have_no_chip_but_their_exclusions_do() -> None:
    wanted = SessionFilter(q="a", status=Status.ACTIVE, ip="10.0.0.1", not_risk=(RiskLevel.NORMAL,))
    assert wanted.chips == (Chip("ip", "10.0.0.1"), Chip("not_risk", "normal"))


@given(filters)
def test_without_conditions_nothing_is_left_but_store_and_order(wanted: SessionFilter) -> None:
    assert wanted.without_conditions() == SessionFilter(wanted.store, sort=wanted.sort)
    assert wanted.has_conditions == (set(wanted.to_query()) - {"store", "sort"} != set())


def test_what_the_counting_tables_know_is_not_searched_for() -> None:
    assert not SessionFilter(status=Status.ACTIVE, not_risk=(RiskLevel.NORMAL,), not_status=(Status.EXPIRED,)).searches
    for one in ({"q": "a"}, {"country": "CZ"}, {"not_device": "bot"}, {"like": "x"}):
        assert SessionFilter.from_query(one).searches
