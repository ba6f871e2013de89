"""``cartwatch geo`` as it is typed."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data import geo
from data.range_file import Kind
from tests.command_line import Cartwatch, said, said_only, typed_in
from tests.networks import table, v4_rows, v6_rows
from tests.test_geo import address


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cartwatch]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    geo.in_use.cache_clear()
    yield typed_in(tmp_path, monkeypatch)
    geo.in_use.cache_clear()


@pytest.fixture
def countries(tmp_path: Path) -> list[str]:
    return [
        str(table(tmp_path / "asn-country-ipv4.csv", v4_rows("FR"))),
        str(table(tmp_path / "asn-country-ipv6.csv.gz", v6_rows("FR"), packed=True)),
    ]


@pytest.fixture
def networks(tmp_path: Path) -> list[str]:
    return [
        str(table(tmp_path / "asn-ipv4.csv", v4_rows('24940,"Hetzner, somewhere"'))),
        str(table(tmp_path / "asn-ipv6.csv", v6_rows("64500,Somebody"))),
    ]


def test_what_comes_with_cartwatch_is_shown_with_its_credits(cartwatch: Cartwatch) -> None:
    shown = said(cartwatch("geo", "show"))
    assert shown.count("licence  CC BY 4.0") == shown.count("comes with Cartwatch") == 2
    assert "IP Geolocation by DB-IP <https://db-ip.com>" in shown
    assert "Number Resource Organization (NRO) <https://www.nro.net>" in shown


def test_refreshed_tables_are_used_from_the_next_start(
    cartwatch: Cartwatch, countries: list[str], networks: list[str]
) -> None:
    assert geo.country(address("11.0.0.1")) == "US"
    assert said(cartwatch("geo", "refresh", *countries, *networks, "--date", "2026-11-01")) == (
        "Countries: 2 ranges of 2026-11-01.\nHosting: 1 range of 2026-11-01.\n"
        "A console that runs uses them from its next start.\n"
    )
    assert geo.country(address("11.0.0.1")) == "US"
    geo.in_use.cache_clear()
    assert (geo.country(address("11.0.0.1")), geo.hosting(address("11.0.0.1"))) == ("FR", "Hetzner Online")
    shown = said(cartwatch("geo", "show"))
    assert f"file     {geo.folder() / 'hosting.packed'}" in shown
    assert "Countries: 2 ranges of 2026-11-01" in shown


def test_one_kind_alone_leaves_the_other_as_it_is(cartwatch: Cartwatch, countries: list[str]) -> None:
    said(cartwatch("geo", "refresh", *countries, "--date", "2026-11-01", "--source", "Some\x1b[2Jbody"))
    assert [used.shipped for used in geo.sources()] == [False, True]
    shown = said(cartwatch("geo", "show"))
    assert "source   Some�[2Jbody\n  licence  that of its publisher\n  file" in shown


def test_the_oldest_file_says_the_day(cartwatch: Cartwatch, countries: list[str]) -> None:
    for file, day in zip(countries, (2, 3), strict=True):
        moment = datetime(2026, 11, day, 12, tzinfo=UTC).timestamp()
        os.utime(file, (moment, moment))
    assert "Countries: 2 ranges of 2026-11-02." in said(cartwatch("geo", "refresh", *countries))


def test_a_day_that_cannot_be_is_asked_for(cartwatch: Cartwatch, countries: list[str]) -> None:
    long_ago = datetime(1985, 10, 26, tzinfo=UTC).timestamp()
    os.utime(countries[0], (long_ago, long_ago))
    problem = "1985-10-26 cannot be the day of these tables. Say which it is: --date 2026-06-17"
    assert said_only(cartwatch("geo", "refresh", *countries), 2) == problem
    assert "2999-01-01 cannot be" in said_only(cartwatch("geo", "refresh", *countries, "--date", "2999-01-01"), 2)


def test_nothing_is_changed_by_tables_of_which_one_is_wrong(
    cartwatch: Cartwatch, countries: list[str], networks: list[str]
) -> None:
    said(cartwatch("geo", "refresh", *countries, "--date", "2026-11-01"))
    before = {path: path.read_bytes() for path in geo.folder().iterdir()}
    table(Path(networks[1]), [*v6_rows("64500,Somebody"), "nonsense"])
    line = f"{networks[1]}, line 5001: it is neither start,end,country nor start,end,number,name."
    assert said_only(cartwatch("geo", "refresh", *countries, *networks, "--date", "2026-11-02"), 2) == line
    assert {path: path.read_bytes() for path in geo.folder().iterdir()} == before


def test_a_file_that_is_not_there_and_a_folder_that_cannot_be_made_are_told(
    cartwatch: Cartwatch, countries: list[str], tmp_path: Path
) -> None:
    assert said_only(cartwatch("geo", "refresh", "nowhere.csv"), 2) == "There is no file nowhere.csv."
    (tmp_path / "data").write_text("a file in the folder's place")
    problem = said_only(cartwatch("geo", "refresh", *countries, "--date", "2026-11-01"), 1)
    assert "cannot be used: " in problem
    assert geo.load(Kind.COUNTRIES, geo.folder()).shipped
