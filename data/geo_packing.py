"""Packed ranges from the tables that ip-location-db publishes: ``start,end,country`` and ``start,end,number,name``.

The addresses that are nobody's on the internet (private, reserved, for documentation) are taken out, whatever a table
says of them: IANA's registries of special-purpose addresses, RFC 6890 and its successors.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_pton
from typing import BinaryIO, Final

from data import countries
from data.range_file import MOST_WORDS, Boundaries, Credit, Kind, Ranges, Source

LEAST_ROWS: Final = {AF_INET: 10_000, AF_INET6: 5_000}
"""Rows that a table of the whole internet has at the very least; fewer are a piece of one."""

MOST_ROWS: Final = 5_000_000
"""Of one file; the tables of the whole internet have under half a million."""

_LONGEST_LINE: Final = 1_000

Span = tuple[int, int, str]
"""First and last address, both included, and the word for them; an empty word hides what a wider span says."""


class PackingProblem(ValueError):
    """Why no packed file was made: one sentence."""


class _RowProblem(ValueError):
    """What is wrong with a line."""


_NRO = Credit("Number Resource Organization (NRO)", "https://www.nro.net")
PUBLISHED: Final = {
    Kind.COUNTRIES: ("ip-location-db asn-country", "CC BY 4.0", (_NRO,)),
    Kind.HOSTING: (
        "ip-location-db asn",
        "CC BY 4.0",
        (
            Credit("IP Geolocation by DB-IP", "https://db-ip.com"),
            Credit("Route Views", "https://www.routeviews.org"),
            _NRO,
        ),
    ),
}
"""Name, licence and credits of the tables that Cartwatch ships; the credits say what they ask for."""


def _spans(networks: str, shift: int) -> tuple[tuple[int, int], ...]:
    found = [ip_network(one) for one in networks.split()]
    return tuple(sorted((int(one[0]) >> shift, int(one[-1]) >> shift) for one in found))


_NOBODYS_V4: Final = _spans(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3",
    0,
)
# Of IPv6 only 2000::/3 is given out.
_NOBODYS_V6: Final = _spans("::/3 2001::/23 2001:db8::/32 2002::/16 3fff::/20 4000::/2 8000::/1", 64)


def hosting_networks(text: str) -> dict[int, str]:
    """Names by AS number, from lines of both; ``#`` begins a comment. Raises PackingProblem."""
    found: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        system, _, name = line.partition(" ")
        if not (system.isascii() and system.isdigit()) or int(system) >= 2**32 or not name or int(system) in found:
            raise PackingProblem(
                f"Line {number} of the hosting networks is not an AS number and a name, once: {line!r}."
            )
        found[int(system)] = name.strip()
    if len(set(found.values())) > MOST_WORDS:
        raise PackingProblem(f"There are more than {MOST_WORDS} names of hosting networks.")
    return found


def pack(
    files: Iterable[Path], systems: dict[int, str], day: date, published: Source | None = None
) -> dict[Kind, Ranges]:
    """What the files hold, by kind; ``published`` where they are not those of ip-location-db. Several may share a kind.

    Raises PackingProblem, and OSError for a file that cannot be read.
    """
    spans: dict[Kind, dict[int, list[Span]]] = {}
    for path in files:
        for kind, family, span in _rows(path, systems):
            spans.setdefault(kind, {AF_INET: [], AF_INET6: []})[family].append(span)
    if not spans:
        raise PackingProblem("There are no ranges in what was given.")
    for kind, families in spans.items():
        for family, least in LEAST_ROWS.items():
            if len(families[family]) < least:
                version = "IPv4" if family == AF_INET else "IPv6"
                raise PackingProblem(
                    f"There are {len(families[family]):,} {version} ranges for {kind}; at least {least:,} are needed. "
                    "Give the files of both, IPv4 and IPv6, whole."
                )
    return {
        kind: _ranges(kind, families, published or Source(*PUBLISHED[kind], day)) for kind, families in spans.items()
    }


def disjoint(spans: Iterable[Span]) -> list[Span]:
    """The same without overlaps, ascending: where two share addresses, the one that begins later counts."""
    result: list[Span] = []
    open_: list[Span] = []
    at = 0
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        at = _close(open_, result, at, span[0])
        open_.append(span)
    _close(open_, result, at, None)
    return result


def _close(open_: list[Span], result: list[Span], at: int, until: int | None) -> int:
    """Say what is known from ``at`` up to, not including, ``until``; returns from where more is to be said."""
    while open_:
        low, high, word = open_[-1]
        at = max(at, low)
        end = high if until is None else min(high, until - 1)
        if at <= end:
            result.append((at, end, word))
            at = end + 1
        if until is not None and high >= until:
            return until
        open_.pop()
    return at


def _rows(path: Path, systems: dict[int, str]) -> Iterator[tuple[Kind, int, Span]]:
    with path.open("rb") as file:
        number = 0
        try:
            for number, row in enumerate(csv.reader(_lines(file)), 1):
                if number > MOST_ROWS:
                    raise PackingProblem(f"{path} has more than {MOST_ROWS:,} lines.")
                if row:
                    yield _row(row, systems)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise PackingProblem(f"{path} is damaged: it cannot be unpacked.") from None
        except UnicodeDecodeError:
            raise PackingProblem(f"{path} is not a text in UTF-8.") from None
        except _RowProblem as problem:
            raise PackingProblem(f"{path}, line {number}: {problem}.") from None
        except csv.Error as problem:  # of a line that did not become a row
            raise PackingProblem(f"{path}, line {number + 1}: {problem}.") from None


def _lines(file: BinaryIO) -> Iterator[str]:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    source = gzip.GzipFile(fileobj=file) if packed else file
    with io.TextIOWrapper(source, "utf-8", newline="") as text:
        while line := text.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                raise csv.Error("the line is too long for a table of ranges")
            yield line


def _row(row: list[str], systems: dict[int, str]) -> tuple[Kind, int, Span]:
    if len(row) not in (3, 4):
        raise _RowProblem("it is neither start,end,country nor start,end,number,name")
    family = AF_INET6 if ":" in row[0] else AF_INET
    try:
        low, high = (int.from_bytes(inet_pton(family, text)) for text in row[:2])
    except (OSError, UnicodeError, ValueError):
        raise _RowProblem("it does not begin with two addresses of one family") from None
    if low > high:
        raise _RowProblem("the range ends before it begins")
    if family == AF_INET6:
        # Whole networks of /64: nobody is given less.
        low, high = -(-low >> 64), ((high + 1) >> 64) - 1
    if len(row) == 3:
        if not countries.is_country(row[2]):
            raise _RowProblem(f"{row[2][:20]!r} is not a country")
        return Kind.COUNTRIES, family, (low, high, row[2])
    if not (row[2].isascii() and row[2].isdigit()):
        raise _RowProblem(f"{row[2][:20]!r} is not the number of an autonomous system")
    return Kind.HOSTING, family, (low, high, systems.get(int(row[2]), ""))


def _ranges(kind: Kind, families: dict[int, list[Span]], source: Source) -> Ranges:
    v4 = list(_of_somebody(disjoint(families[AF_INET]), _NOBODYS_V4))
    v6 = list(_of_somebody(disjoint(s for s in families[AF_INET6] if s[0] <= s[1]), _NOBODYS_V6))
    words = sorted({word for _, _, word in (*v4, *v6)})
    numbers = {word: number for number, word in enumerate(words, 1)}
    return Ranges(kind, source, (None, *words), _boundaries(v4, numbers), _boundaries(v6, numbers))


def _of_somebody(spans: Iterable[Span], nobodys: Sequence[tuple[int, int]]) -> Iterator[Span]:
    for low, high, word in spans:
        if not word:
            continue
        for first, last in nobodys:
            if last < low:
                continue
            if first > high:
                break
            if low < first:
                yield low, first - 1, word
            low = last + 1
        if low <= high:
            yield low, high, word


def _boundaries(spans: Iterable[Span], numbers: dict[str, int]) -> Boundaries:
    starts: list[int] = []
    kinds = bytearray()
    following = -1
    for low, high, word in spans:
        if starts and following < low:
            starts.append(following)
            kinds.append(0)
        if not (kinds and following == low and kinds[-1] == numbers[word]):
            starts.append(low)
            kinds.append(numbers[word])
        following = high + 1
    if starts:
        starts.append(following)
        kinds.append(0)
    return Boundaries(starts, bytes(kinds))
