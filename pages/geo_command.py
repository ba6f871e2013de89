"""``cartwatch geo``: which tables of addresses are in use, and newer ones in their place."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from data import geo, geo_packing, range_file
from data.geo_packing import PackingProblem
from data.range_file import Ranges, Source
from pages.invocation import in_words, now, stop
from pages.store_report import plain

_EARLIEST = date(2015, 1, 1)
"""Of the tables. Files from archives often carry a made-up date of long ago."""

_OTHERS_LICENCE = "that of its publisher"

commands = typer.Typer(
    help="Where addresses come from: the tables in use, and newer ones.", no_args_is_help=True, rich_markup_mode=None
)


@commands.command()
def show() -> None:
    """Say which tables are in use: source, licence, date, number of ranges."""
    with in_words():
        for used in geo.sources():
            source = used.source
            print(f"{used.kind.capitalize()}: {_counted(used.ranges)} of {source.day}")
            print(f"  source   {plain(source.name)}")
            print(f"  licence  {plain(source.licence)}")
            for credit in source.credits:
                print(f"  credit   {plain(credit.text)} <{plain(credit.address)}>")
            print(f"  file     {'comes with Cartwatch' if used.shipped else plain(str(used.path))}")


@commands.command()
def refresh(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="CSV tables for IPv4 and IPv6, also gzipped: start,end,country or start,end,number,name.",
            show_default=False,
        ),
    ],
    day: Annotated[
        datetime | None,
        typer.Option(
            "--date", formats=["%Y-%m-%d"], help="The day of the tables (that of the oldest file).", show_default=False
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Who publishes them (ip-location-db: asn-country and asn).", show_default=False),
    ] = None,
) -> None:
    """Use newer tables from now on: they are checked whole, packed, and put into your data folder."""
    with in_words():
        of_day = day.date() if day else _day_of(files)
        if not _EARLIEST <= of_day <= now().date():
            stop(f"{of_day} cannot be the day of these tables. Say which it is: --date 2026-06-17", code=2)
        published = Source(source, _OTHERS_LICENCE, (), of_day) if source else None
        try:
            packed = geo_packing.pack(files, _hosting_networks(), of_day, published)
        except PackingProblem as problem:
            stop(str(problem), code=2)
        geo.folder().mkdir(parents=True, exist_ok=True)
        for kind, ranges in packed.items():
            range_file.write(geo.file_in(geo.folder(), kind), ranges)
            print(f"{kind.capitalize()}: {_counted(ranges)} of {of_day}.")
        print("A console that runs uses them from its next start.")


def _counted(ranges: Ranges) -> str:
    return f"{len(ranges):,} {'range' if len(ranges) == 1 else 'ranges'}"


def _day_of(files: list[Path]) -> date:
    return min(datetime.fromtimestamp(file.stat().st_mtime, UTC).date() for file in files)


def _hosting_networks() -> dict[int, str]:
    return geo_packing.hosting_networks((geo.SHIPPED / "hosting_networks.txt").read_text("utf-8"))
