"""Where an address comes from: the country that it is registered in, and the hosting provider whose network it is in.

Looked up in packed ranges (data.range_file): those that ``cartwatch geo refresh`` has put into the user's data folder,
else those that come with Cartwatch. Registered is not the same as used: a weak sign, and never more than that.
"""

import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from data.range_file import Kind, RangeFileProblem, Ranges, Source, read

log = logging.getLogger("cartwatch")

SHIPPED: Final = Path(__file__).parent / "networks"
"""The folder of what comes with Cartwatch."""


@dataclass(frozen=True, slots=True)
class InUse:
    """The ranges that look-ups use, and the file that they were read from."""

    path: Path
    ranges: Ranges

    @property
    def kind(self) -> Kind:
        """What they tell."""
        return self.ranges.kind

    @property
    def source(self) -> Source:
        """Name, licence, credits and day, for pages that show what was looked up."""
        return self.ranges.source

    @property
    def shipped(self) -> bool:
        """Whether they came with Cartwatch."""
        return self.path.parent == SHIPPED


def country(packed: bytes) -> str | None:
    """The country that a 16-byte address (data.addresses) is registered in, as ISO 3166-1 alpha-2.

    None for private, reserved and documentation addresses, and where it is not known.
    """
    return in_use(Kind.COUNTRIES).ranges.word(packed)


def hosting(packed: bytes) -> str | None:
    """The name of the hosting provider in whose network a 16-byte address is; None where it is in none known."""
    return in_use(Kind.HOSTING).ranges.word(packed)


def sources() -> tuple[InUse, ...]:
    """What both look-ups use. Whoever shows what they say shows their credits too, as links: licences ask for it."""
    return tuple(map(in_use, Kind))


@cache
def in_use(kind: Kind) -> InUse:
    """What a kind of look-up uses, read when it is first asked for (0.1 seconds) and kept as long as the process."""
    return load(kind, folder())


def load(kind: Kind, refreshed: Path) -> InUse:
    """What is in the folder of refreshed files, else what is shipped; a file that cannot be used is only logged."""
    path = file_in(refreshed, kind)
    try:
        return InUse(path, _read(path, kind))
    except FileNotFoundError:
        pass
    except (OSError, RangeFileProblem) as problem:
        reason = f"cannot be read: {problem.strerror}" if isinstance(problem, OSError) else str(problem)
        log.warning("%s %s. What comes with Cartwatch is used instead.", path, reason)
    path = file_in(SHIPPED, kind)
    return InUse(path, _read(path, kind))


def folder() -> Path:
    """Where refreshed files are, in the user's data folder. It need not be there."""
    return user_data_path("cartwatch", appauthor=False) / "networks"


def file_in(place: Path, kind: Kind) -> Path:
    """The packed file of a kind in a folder."""
    return place / f"{kind}.packed"


def _read(path: Path, kind: Kind) -> Ranges:
    ranges = read(path)
    if ranges.kind is not kind:
        raise RangeFileProblem(f"holds {ranges.kind} instead of {kind}")
    return ranges
