"""Packing published tables: what is taken, what is cleaned, and what is refused."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import geo, geo_packing
from data.geo_packing import PackingProblem, disjoint, hosting_networks
from data.range_file import Kind, Ranges
from tests.networks import V4, table, v4_rows, v6_rows
from tests.test_geo import address

DAY = date(2026, 11, 1)
SYSTEMS = {64500: "Renting Ltd", 64501: "Renting Ltd", 64502: "Servers & Sons"}


def packed(folder: Path, *more: str, kind: Kind = Kind.COUNTRIES) -> Ranges:
    """What comes of two large tables, France or an office's networks, and these rows."""
    what = "FR" if kind is Kind.COUNTRIES else '65000,"An office, Inc."'
    files = [table(folder / "v4.csv", [*v4_rows(what), *more]), table(folder / "v6.csv.gz", v6_rows(what), packed=True)]
    return geo_packing.pack(files, SYSTEMS, DAY)[kind]


def refused(folder: Path, row: str) -> str:
    """Why a table with this row in line 2 is refused."""
    file = table(folder / "some.csv", ["1.0.0.0,1.0.0.255,AU", row])
    with pytest.raises(PackingProblem) as problem:
        geo_packing.pack([file], SYSTEMS, DAY)
    return str(problem.value).removeprefix(f"{file}, line 2: ")


def test_neighbours_of_one_country_are_one_range(tmp_path: Path) -> None:
    found = packed(tmp_path)
    assert len(found) == 2
    assert [found.word(address(text)) for text in ("11.0.0.0", "11.39.15.255", "11.39.16.0", "2400:0:1387::1")] == [
        "FR",
        "FR",
        None,
        "FR",
    ]
    assert (found.source.name, found.source.day) == ("ip-location-db asn-country", DAY)


def test_the_smaller_range_counts_inside_a_larger_one_wherever_it_stands_in_the_table(tmp_path: Path) -> None:
    found = packed(tmp_path, "5.0.1.0,5.0.1.255,PL", "5.0.0.0,5.0.255.255,DE", "5.0.200.0,5.1.255.255,CZ")
    known = {text: found.word(address(text)) for text in ("5.0.0.1", "5.0.1.1", "5.0.2.1", "5.0.200.1", "5.1.0.1")}
    assert list(known.values()) == ["DE", "PL", "DE", "CZ", "CZ"]


def test_of_networks_only_those_of_hosting_providers_are_kept(tmp_path: Path) -> None:
    renting = ["6.0.0.0,6.0.255.255,64500,whatever", "6.0.1.0,6.0.1.255,65000,An office", "6.1.0.0,6.1.0.255,64501,x"]
    found = packed(tmp_path, *renting, "7.0.0.0,7.0.0.255,64502,y", kind=Kind.HOSTING)
    known = {
        text: found.word(address(text)) for text in ("6.0.0.1", "6.0.1.1", "6.0.2.1", "6.1.0.1", "7.0.0.1", "11.0.0.1")
    }
    assert list(known.values()) == ["Renting Ltd", None, "Renting Ltd", "Renting Ltd", "Servers & Sons", None]
    assert found.words == (None, "Renting Ltd", "Servers & Sons")


def test_nobodys_addresses_are_taken_out(tmp_path: Path) -> None:
    found = packed(tmp_path, "9.0.0.0,10.255.255.255,US", "192.0.1.0,192.0.3.255,US", "223.0.0.0,255.255.255.255,US")
    known = {text: found.word(address(text)) for text in ("9.0.0.1", "10.0.0.1", "192.0.1.1", "192.0.2.1", "192.0.3.1")}
    assert list(known.values()) == ["US", None, "US", None, "US"]
    assert found.word(address("240.0.0.1")) is None


def test_less_than_a_network_of_ipv6_is_left_out(tmp_path: Path) -> None:
    found = packed(tmp_path, "2a00::1,2a00::2,DE", "2a00:1::8000:0:0:0,2a00:1:0:2:7fff::,DE")
    assert [found.word(address(text)) for text in ("2a00::1", "2a00:1::1", "2a00:1:0:1::1", "2a00:1:0:2::1")] == [
        None,
        None,
        "DE",
        None,
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1.0.1.0,1.0.1.255,EU", "'EU' is not a country."),
        ("1.0.1.0,1.0.1.255,", "'' is not a country."),
        ("1.0.1.0,1.0.1.255,cz", "'cz' is not a country."),
        ("1.0.1.0,1.0.1.255", "it is neither start,end,country nor start,end,number,name."),
        ("1,2,AU", "it does not begin with two addresses of one family."),
        ("1.0.1.0,2a00::,AU", "it does not begin with two addresses of one family."),
        ("1.0.1.0,1.0.1.0255,AU", "it does not begin with two addresses of one family."),
        ("1.0.1.0\0,1.0.1.255,AU", "it does not begin with two addresses of one family."),
        ("1.0.1.9,1.0.1.0,AU", "the range ends before it begins."),
        ("1.0.1.0,1.0.1.255,AS13335,Somebody", "'AS13335' is not the number of an autonomous system."),
        ("1.0.1.0,1.0.1.255,²,Somebody", "'²' is not the number of an autonomous system."),
        (f"1.0.1.0,1.0.1.255,{'9' * 5000},x", "the line is too long for a table of ranges."),
        ("x" * 1000, "the line is too long for a table of ranges."),
    ],
)
def test_what_is_wrong_is_told_with_its_line(row: str, problem: str, tmp_path: Path) -> None:
    assert refused(tmp_path, row) == problem


def test_a_piece_of_a_table_is_refused(tmp_path: Path) -> None:
    v4 = table(tmp_path / "v4.csv", v4_rows("FR", V4 - 1))
    with pytest.raises(PackingProblem, match="9,999 IPv4 ranges for countries; at least 10,000"):
        geo_packing.pack([v4], SYSTEMS, DAY)
    with pytest.raises(PackingProblem, match="0 IPv6 ranges for countries; at least 5,000"):
        geo_packing.pack([table(v4, v4_rows("FR"))], SYSTEMS, DAY)


def test_empty_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(PackingProblem) as problem:
        geo_packing.pack([tmp_path / "empty.csv"], {}, DAY)
    assert str(problem.value) == "There are no ranges in what was given."


@pytest.mark.parametrize("rest", [b"", b"\xff" * 100])
def test_a_damaged_archive_is_refused(rest: bytes, tmp_path: Path) -> None:
    file = table(tmp_path / "v4.csv.gz", v4_rows("FR"), packed=True)
    file.write_bytes(file.read_bytes()[:20] + rest)
    with pytest.raises(PackingProblem, match="is damaged: it cannot be unpacked"):
        geo_packing.pack([file], SYSTEMS, DAY)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_bytes(b"1.0.0.0,1.0.0.255,\xff\xfe\n")
    with pytest.raises(PackingProblem, match="is not a text in UTF-8"):
        geo_packing.pack([tmp_path / "some.csv"], SYSTEMS, DAY)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12), st.sampled_from("abc")), max_size=12).map(
        lambda spans: [(low, low + more, word) for low, more, word in spans]
    )
)
def test_no_address_is_said_twice_and_none_is_forgotten(spans: list[tuple[int, int, str]]) -> None:
    result = disjoint(spans)
    assert all(low <= high for low, high, _ in result)
    assert all(one[1] < other[0] for one, other in pairwise(result))
    said = {at: word for low, high, word in result for at in range(low, high + 1)}
    covered = {at for low, high, _ in spans for at in range(low, high + 1)}
    assert set(said) == covered
    for at, word in said.items():
        latest = max(low for low, high, _ in spans if low <= at <= high)
        assert word in {its for low, high, its in spans if low == latest and at <= high}


def test_hosting_networks_are_numbers_and_names() -> None:
    assert hosting_networks("# some\n\n24940 Hetzner Online # a note\n 16276 OVHcloud") == {
        24940: "Hetzner Online",
        16276: "OVHcloud",
    }


@pytest.mark.parametrize("text", ["AS1 Somebody", "1", "1 ", "4294967296 Somebody", "1 One\n1 Two", "² Two"])
def test_hosting_networks_that_cannot_be_read_are_told(text: str) -> None:
    with pytest.raises(PackingProblem, match="is not an AS number and a name, once"):
        hosting_networks(text)


def test_no_more_names_than_a_byte_counts() -> None:
    with pytest.raises(PackingProblem, match="more than 255 names"):
        hosting_networks("\n".join(f"{n} Provider {n}" for n in range(1, 257)))


def test_the_list_that_is_shipped_is_what_the_shipped_table_was_made_with() -> None:
    names = set(hosting_networks((geo.SHIPPED / "hosting_networks.txt").read_text("utf-8")).values())
    assert len(names) > 100
    assert {*geo.load(Kind.HOSTING, Path("nowhere")).ranges.words} - {None} <= names
