"""Address ranges in a packed file: who publishes them, of which day, and what each range is.

A line that names the format, the SHA-256 of what follows, a line of JSON (``Source``, the words, how many boundaries),
and the compressed boundaries: where each range begins, as the distance from the one before, and the number of its word.
A range ends where the next begins; the number 0 is no word. IPv4 counts single addresses, IPv6 networks of /64.
"""

import json
import os
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

_FORMAT = b"cartwatch ranges 1\n"
_MAPPED = bytes(10) + b"\xff\xff"

MOST_WORDS = 255
"""Different words in one file: the number of each is a byte."""

MOST_BOUNDARIES = 5_000_000
"""Of one family; the whole internet has under half a million."""

_LARGEST_FILE = 64 * 1024**2


class Kind(StrEnum):
    """What the ranges of a file tell."""

    COUNTRIES = "countries"
    HOSTING = "hosting"


class RangeFileProblem(ValueError):
    """What is wrong with a packed file: the end of a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class Credit:
    """Whom a licence asks to name, and the address that the name must lead to."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where ranges come from: published by whom, under which licence, of which day."""

    name: str
    licence: str
    credits: tuple[Credit, ...]
    day: date


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Ranges of one family: where each begins, ascending, and the number of its word."""

    starts: Sequence[int]
    numbers: bytes


@dataclass(frozen=True, slots=True)
class Ranges:
    """What every address is; ``words[0]`` is None, for what is in no range."""

    kind: Kind
    source: Source
    words: tuple[str | None, ...]
    v4: Boundaries
    v6: Boundaries

    def word(self, packed: bytes) -> str | None:
        """What a 16-byte address is (data.addresses); None for what is in no range."""
        if packed.startswith(_MAPPED):
            family, address = self.v4, int.from_bytes(packed[12:])
        else:
            family, address = self.v6, int.from_bytes(packed[:8])
        found = bisect_right(family.starts, address)
        return self.words[family.numbers[found - 1]] if found else None

    def __len__(self) -> int:
        """How many ranges have a word, of both families."""
        return sum(len(family.numbers) - family.numbers.count(0) for family in (self.v4, self.v6))


def write(path: Path, ranges: Ranges) -> None:
    """Put the file in the place of a former one, whole or not at all. Raises OSError."""
    with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", delete=False) as file:
        try:
            file.write(_packed(ranges))
            file.flush()
            os.fsync(file.fileno())
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def read(path: Path) -> Ranges:
    """What the file holds. Raises OSError, and RangeFileProblem for one that is damaged or something else."""
    with path.open("rb") as file:
        data = file.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE or not data.startswith(_FORMAT):
        raise RangeFileProblem("is not a file of packed ranges")
    digest, _, rest = data.removeprefix(_FORMAT).partition(b"\n")
    if digest != sha256(rest).hexdigest().encode():
        raise RangeFileProblem("is damaged")
    head, _, body = rest.partition(b"\n")
    try:
        return _unpacked(json.loads(head), body)
    except (ValueError, TypeError, KeyError, RecursionError, zlib.error):
        raise RangeFileProblem("is damaged") from None


def _packed(ranges: Ranges) -> bytes:
    families = (("I", ranges.v4), ("Q", ranges.v6))
    body = zlib.compress(b"".join(_distances(kind, family) + family.numbers for kind, family in families), 9)
    source = ranges.source
    head = {
        "kind": ranges.kind,
        "name": source.name,
        "licence": source.licence,
        "credits": [[credit.text, credit.address] for credit in source.credits],
        "day": source.day.isoformat(),
        "words": ranges.words[1:],
        "boundaries": [len(family.starts) for _, family in families],
    }
    rest = json.dumps(head).encode() + b"\n" + body
    return _FORMAT + sha256(rest).hexdigest().encode() + b"\n" + rest


def _distances(kind: str, family: Boundaries) -> bytes:
    before = [0, *family.starts]
    # All first bytes, then all second ones, and so on: that halves what is left after compression.
    width = array(kind).itemsize
    data = b"".join((now - then).to_bytes(width) for then, now in zip(before, family.starts, strict=False))
    return b"".join(data[n::width] for n in range(width))


def _unpacked(head: dict[str, Any], body: bytes) -> Ranges:
    counts = head["boundaries"]
    if len(counts) != 2 or not all(isinstance(n, int) and 0 <= n <= MOST_BOUNDARIES for n in counts):
        raise ValueError
    words = (None, *map(str, head["words"]))
    expected = 5 * counts[0] + 9 * counts[1]
    data = zlib.decompressobj().decompress(body, expected + 1)
    if len(data) != expected or len(words) > MOST_WORDS + 1:
        raise ValueError
    families = _family("I", data[: 5 * counts[0]], len(words)), _family("Q", data[5 * counts[0] :], len(words))
    named = tuple(Credit(str(text), str(address)) for text, address in head["credits"])
    source = Source(str(head["name"]), str(head["licence"]), named, date.fromisoformat(head["day"]))
    return Ranges(Kind(head["kind"]), source, words, *families)


def _family(kind: str, data: bytes, words: int) -> Boundaries:
    width = array(kind).itemsize
    count = len(data) // (width + 1)
    mixed = bytearray(width * count)
    for n in range(width):
        mixed[n::width] = data[n * count : (n + 1) * count]
    distances = (int.from_bytes(mixed[n : n + width]) for n in range(0, len(mixed), width))
    try:
        starts = array(kind, accumulate(distances))
    except OverflowError:
        raise ValueError from None
    numbers = data[width * count :]
    if numbers and max(numbers) >= words:
        raise ValueError
    return Boundaries(starts, numbers)
