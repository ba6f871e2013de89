"""Addresses sort as they count, and a search text means the addresses that a reader would expect."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.addresses import network, pack, ranges, unpack


def meant(text: str, address: str) -> bool:
    packed = pack(address)
    assert packed is not None
    return any(first <= packed <= last for first, last in ranges(text))


@given(st.ip_addresses())
def test_an_address_comes_back_as_it_is_written(address: IPv4Address | IPv6Address) -> None:
    packed = pack(str(address))
    assert packed is not None
    assert len(packed) == 16
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    assert unpack(packed) == str(mapped or address)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_packed_addresses_sort_as_addresses(one: IPv4Address, other: IPv4Address) -> None:
    assert (one < other) == ((pack(str(one)) or b"") < (pack(str(other)) or b""))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1.2.3",
        "1.2.3.256",
        "010.1.1.1",
        "1.2.3.4.5",
        "fe80::1%eth0",
        "::g",
        "1.2.3.4/24",
        "\N{FULLWIDTH DIGIT ONE}.2.3.4",
    ],
)
def test_what_is_no_address_or_an_ambiguous_one_is_refused(text: str) -> None:
    assert pack(text) is None


def test_a_mapped_address_is_the_address_itself() -> None:
    assert pack("::ffff:185.22.1.7") == pack("185.22.1.7")


@pytest.mark.parametrize(
    ("address", "expected"),
    [("185.22.1.7", "185.22.1.0/24"), ("2001:db8:1:2::5", "2001:db8:1::/48"), ("::ffff:10.0.0.9", "10.0.0.0/24")],
)
def test_the_network_of_an_address(address: str, expected: str) -> None:
    assert network(pack(address) or b"") == expected


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("185.22", ["185.22.0.0", "185.22.255.255", "185.220.0.0", "185.229.1.1"], ["185.2.0.0", "185.23.0.0"]),
        ("185.22.", ["185.22.0.0", "185.22.255.255"], ["185.220.0.0", "185.21.255.255"]),
        ("185.", ["185.0.0.0", "185.255.255.255"], ["18.5.0.0", "186.0.0.0"]),
        ("10.0", ["10.0.1.1"], ["10.1.0.0"]),
        ("1.1", ["1.1.0.0", "1.19.0.0", "1.199.0.0"], ["1.2.0.0", "1.20.0.0"]),
        ("1.26", ["1.26.0.0"], ["1.255.0.0"]),
        ("1.2.3.4", ["1.2.3.4", "1.2.3.49"], ["1.2.3.5", "1.2.3.50"]),
        ("185.22.1.7/16", ["185.22.0.0", "185.22.255.255"], ["185.23.0.0"]),
        ("2001:db8:", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::"]),
        ("2001:db8::/32", ["2001:db8:5::1"], ["2001:db9::"]),
        ("2001:db8::5", ["2001:db8::5"], ["2001:db8::6"]),
        ("::ffff:1.2.3.4", ["1.2.3.4"], ["1.2.3.5"]),
    ],
)
def test_what_a_text_means(text: str, inside: list[str], outside: list[str]) -> None:
    assert all(meant(text, address) for address in inside)
    assert not any(meant(text, address) for address in outside)


@pytest.mark.parametrize(
    "text", ["", "1", "185", "abc", "CZ", "1..2", "1.256.", "01.2", "1.2.3.4.", "fe80::1%1", "a/b", ":"]
)
def test_what_means_no_addresses(text: str) -> None:
    assert ranges(text) == ()


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert all(len(first) == len(last) == 16 and first <= last for first, last in ranges(text))
    pack(text)
