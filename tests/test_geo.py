"""Looking addresses up: in the tables that come with Cartwatch, and in others."""

import logging
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import geo, range_file
from data.addresses import pack
from data.countries import is_country
from data.range_file import Boundaries, Credit, Kind, RangeFileProblem, Ranges, Source

SOURCE = Source("somebody", "CC BY 4.0", (Credit("Somebody", "https://example.org"),), date(2026, 11, 1))


def ranges(kind: Kind = Kind.COUNTRIES) -> Ranges:
    """1.0.0.0/24 is Australia, what follows up to 1.0.2.0 China; 2a00::/32 is Germany."""
    v4 = Boundaries([0x01000000, 0x01000100, 0x01000200], bytes([1, 2, 0]))
    v6 = Boundaries([0x2A000000 << 32, 0x2A000001 << 32], bytes([3, 0]))
    return Ranges(kind, SOURCE, (None, "AU", "CN", "DE"), v4, v6)


def address(text: str) -> bytes:
    """The address as look-ups take it."""
    packed = pack(text)
    assert packed
    return packed


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("8.8.8.8", "US"),
        ("78.46.1.1", "DE"),
        ("::ffff:78.46.1.1", "DE"),
        ("2a01:4f8::1", "DE"),
        ("194.228.32.3", "CZ"),
        ("2001:200::1", "JP"),
    ],
)
def test_the_shipped_table_knows_countries(text: str, country: str) -> None:
    assert geo.country(address(text)) == country


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("52.94.76.1", "Amazon Web Services"),
        ("34.141.0.1", "Google Cloud"),
        ("78.46.1.1", "Hetzner Online"),
        ("2a01:4f8::1", "Hetzner Online"),
        ("51.68.1.1", "OVHcloud"),
        ("194.228.32.3", None),
        ("8.8.8.8", None),
        ("1.1.1.1", None),
    ],
)
def test_the_shipped_table_knows_hosting_providers_and_nobody_elses_networks(text: str, provider: str | None) -> None:
    assert geo.hosting(address(text)) == provider


@pytest.mark.parametrize(
    "text",
    """0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.1.1 172.16.0.1 172.31.255.255 192.0.2.1 192.168.1.1 198.18.0.1
    198.51.100.7 203.0.113.7 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 fe80::1 fd00::1 ff02::1 64:ff9b::1 2001::1
    2001:db8::1 2002::1 3fff::1""".split(),
)
def test_addresses_that_are_nobodys_come_from_nowhere(text: str) -> None:
    assert (geo.country(address(text)), geo.hosting(address(text))) == (None, None)


@given(st.binary(min_size=16, max_size=16) | st.binary(min_size=4, max_size=4).map((bytes(10) + b"\xff\xff").__add__))
def test_every_address_has_a_country_or_none(packed: bytes) -> None:
    country = geo.country(packed)
    assert country is None or is_country(country)


def test_what_is_shipped_names_whom_its_licences_ask_to_name() -> None:
    countries, hosting = geo.sources()
    assert (countries.shipped, hosting.shipped) == (True, True)
    assert {used.source.licence for used in geo.sources()} == {"CC BY 4.0"}
    assert [credit.address for credit in countries.source.credits] == ["https://www.nro.net"]
    assert ("IP Geolocation by DB-IP", "https://db-ip.com") in [(c.text, c.address) for c in hosting.source.credits]
    assert countries.source.day >= date(2026, 6, 17)
    assert len(countries.ranges) > 200_000


def test_ranges_end_where_the_next_begins() -> None:
    found = {
        text: ranges().word(address(text))
        for text in ("0.255.255.255", "1.0.0.0", "1.0.0.255", "1.0.1.0", "1.0.1.255", "1.0.2.0", "2a00::1", "2a00:1::")
    }
    assert list(found.values()) == [None, "AU", "AU", "CN", "CN", None, "DE", None]


def test_ranges_are_what_they_were_when_they_are_read_again(tmp_path: Path) -> None:
    range_file.write(tmp_path / "some", ranges())
    found = range_file.read(tmp_path / "some")
    assert (found.kind, found.source, found.words) == (Kind.COUNTRIES, SOURCE, (None, "AU", "CN", "DE"))
    assert (list(found.v4.starts), found.v4.numbers) == ([0x01000000, 0x01000100, 0x01000200], bytes([1, 2, 0]))
    assert (list(found.v6.starts), len(found)) == ([0x2A000000 << 32, 0x2A000001 << 32], 3)
    assert list(tmp_path.iterdir()) == [tmp_path / "some"]


def test_refreshed_tables_come_first(tmp_path: Path) -> None:
    range_file.write(geo.file_in(tmp_path, Kind.COUNTRIES), ranges())
    used = geo.load(Kind.COUNTRIES, tmp_path)
    assert (used.shipped, used.ranges.word(address("1.0.0.1"))) == (False, "AU")
    assert geo.load(Kind.HOSTING, tmp_path).shipped


def resealed(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Changes the text of a file and makes its digest right again."""

    def changed(data: bytes) -> bytes:
        form, _, rest = data.split(b"\n", 2)
        rest = rest.replace(old, new)
        return b"\n".join((form, sha256(rest).hexdigest().encode(), rest))

    return changed


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"\x1f\x8b\x00",
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: data.replace(b'"kind"', b'"king"'),
        resealed(b'"kind"', b'"king"'),
        resealed(b'"boundaries": [3, 2]', b'"boundaries": [9, 9]'),
        resealed(b'"boundaries": [3, 2]', b'"boundaries": 3'),
        resealed(b'"AU", "CN", "DE"', b'"AU"'),
        resealed(b"2026-11-01", b"2026-13-01"),
        resealed(b"{", b"[" * 100_000),
        resealed(b"\n", b"\nno zlib"),
    ],
)
def test_a_damaged_file_is_told_and_the_shipped_one_is_used(
    damage: Callable[[bytes], bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = geo.file_in(tmp_path, Kind.COUNTRIES)
    range_file.write(path, ranges())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(RangeFileProblem):
        range_file.read(path)
    with caplog.at_level(logging.WARNING, "cartwatch"):
        assert geo.load(Kind.COUNTRIES, tmp_path).shipped
    assert [record.getMessage().startswith(str(path)) for record in caplog.records] == [True]


def test_a_file_of_the_other_kind_and_a_folder_in_its_place_are_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    range_file.write(geo.file_in(tmp_path, Kind.COUNTRIES), ranges(Kind.HOSTING))
    geo.file_in(tmp_path, Kind.HOSTING).mkdir()
    assert all(geo.load(kind, tmp_path).shipped for kind in Kind)
    assert "holds hosting instead of countries" in caplog.messages[0]
    assert "cannot be read" in caplog.messages[1]
