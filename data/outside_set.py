"""The lines of an outside set: CSV with any separator or JSON lines, plain or gzipped; what is left out is counted."""

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from data.outside_mapping import OutsideMapping
from data.outside_values import OutsideProblem, clock_of, label, time_format

SAMPLE = 2_000
"""Lines by which columns are guessed."""

_LARGEST_FIELD = 1_000_000  # characters
_GZIP = b"\x1f\x8b"
_SEPARATORS = ",;\t|"
_MOST_COLUMNS = 2_000

Line = tuple[int, Sequence[str | None]]
"""Its number in the file, from 1, and its values in the order of the columns."""


@dataclass(slots=True)
class LeftOut:
    """Lines that could not be used: how many by reason, and the first line of each."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)

    def add(self, number: int, reason: str) -> None:
        """A line is left out."""
        self.counts[reason] += 1
        self.first.setdefault(reason, number)


@dataclass(frozen=True, slots=True)
class Marked:
    """One line with its time (milliseconds) and its label; ``bad`` is None where it has none."""

    number: int
    at: int
    bad: bool | None
    values: Sequence[str | None]


def sample(path: Path) -> tuple[tuple[str, ...], list[Sequence[str | None]]]:
    """The columns of a file and the values of its first lines. Raises OutsideProblem, OSError."""
    with _opened(path) as source:
        rows, left_out = [], LeftOut()
        columns, lines = _lines(source, left_out)
        for _, values in lines:
            rows.append(values)
            if len(rows) == SAMPLE:
                break
    if not rows:
        raise OutsideProblem("The file has no lines with values.")
    return columns, rows


def marked(path: Path, mapping: OutsideMapping, left_out: LeftOut, *, label_needed: bool = True) -> Iterator[Marked]:
    """The lines in the order of the file, with times and labels read. Raises OutsideProblem, OSError."""
    with _opened(path) as source:
        columns, lines = _lines(source, left_out)
        place = {name: number for number, name in enumerate(columns)}
        its_label = place[mapping.label]
        times = [place[name] for name in mapping.time]
        read_time = clock_of(_format(path, mapping)) if times else None
        for number, values in lines:
            said = values[its_label]
            bad = None if said is None else label(said, mapping.positive)
            if bad is None and (label_needed or said is not None):
                left_out.add(number, "no label" if said is None else f"label {said[:40]!r} is neither bad nor good")
                continue
            if read_time is None:
                # Without times nothing is a minute or a day away: one line an hour keeps windows from meaning much.
                yield Marked(number, number * 3_600_000, bad, values)
                continue
            text = " ".join(values[one] or "" for one in times).strip()
            try:
                at = read_time(text)
            except (ValueError, OverflowError):
                left_out.add(number, "no time" if not text else "its time cannot be read")
                continue
            yield Marked(number, at, bad, values)


def check(used: int, bad: int, left_out: LeftOut) -> None:
    """Raise OutsideProblem where what could be used is not enough to be called the set."""
    lost = left_out.counts.total()
    if lost > used:
        reason, times = left_out.counts.most_common(1)[0]
        raise OutsideProblem(
            f"{lost:,} lines of {used + lost:,} cannot be used; most often: {reason} ({times:,} times, "
            f"first in line {left_out.first[reason]:,}). See --mapping: label, positive, time, format."
        )
    if not 0 < bad < used:
        sort = "bad" if bad else "good"
        raise OutsideProblem(
            f"All of the {used:,} labels are {sort}. Nothing can be told apart. See positive in --help."
        )


def _format(path: Path, mapping: OutsideMapping) -> str:
    if mapping.format is not None:
        return mapping.format
    columns, rows = sample(path)
    places = [columns.index(name) for name in mapping.time]
    texts = [" ".join(row[place] or "" for place in places).strip() for row in rows]
    found = time_format(texts)
    if found is None:  # some of them may be spoilt
        votes = Counter(time_format([text]) for text in texts if text)
        votes.pop(None, None)
        found = votes.most_common(1)[0][0] if votes else None
    if found is None:
        raise OutsideProblem(
            f"The times in {' and '.join(mapping.time)} cannot be read, such as {texts[0][:60]!r} in line 2. "
            'Say how they are written in the mapping: format = "%d/%m/%Y %H:%M".'
        )
    return found


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with path.open("rb") as raw:
        zipped = raw.peek(2)[:2] == _GZIP
    try:
        with gzip.open(path, "rb") if zipped else path.open("rb") as source:
            yield io.TextIOWrapper(source, encoding="utf-8-sig", errors="replace", newline="")
    except (gzip.BadGzipFile, EOFError) as error:
        raise OutsideProblem(f"The file is not a whole gzip file: {error}.") from None


def _lines(source: TextIO, left_out: LeftOut) -> tuple[tuple[str, ...], Iterator[Line]]:
    head = source.readline(_LARGEST_FIELD)
    if not head.strip():
        raise OutsideProblem("The file is empty, or its first line is.")
    if head.lstrip().startswith("["):
        raise OutsideProblem("The file is one JSON array. Write one object a line (JSON lines).")
    return _of_json(head, source, left_out) if head.lstrip().startswith("{") else _of_csv(head, source, left_out)


def _of_csv(head: str, source: TextIO, left_out: LeftOut) -> tuple[tuple[str, ...], Iterator[Line]]:
    separator = max(_SEPARATORS, key=head.count)
    columns = _named(next(csv.reader([head], delimiter=separator)))

    def lines() -> Iterator[Line]:
        reader = csv.reader(source, delimiter=separator)
        while True:
            try:
                row = next(reader, None)
            except csv.Error as error:
                left_out.add(reader.line_num + 1, f"not CSV: {error}")
                continue
            if row is None:
                return
            if not row:
                continue
            if len(row) != len(columns):
                left_out.add(reader.line_num + 1, "more or fewer values than columns")
                continue
            yield reader.line_num + 1, [_value(one) for one in row]

    return columns, lines()


def _of_json(head: str, source: TextIO, left_out: LeftOut) -> tuple[tuple[str, ...], Iterator[Line]]:
    first = [head, *(line for line in (source.readline(_LARGEST_FIELD) for _ in range(SAMPLE)) if line)]
    seen: dict[str, None] = {}
    for line in first:
        seen |= dict.fromkeys(_object(line) or {})
    columns = _named(list(seen))

    def lines() -> Iterator[Line]:
        number = 0
        for text in _chained(first, source):
            number += 1
            if not text.strip():
                continue
            found = _object(text)
            if found is None:
                left_out.add(number, "not a JSON object")
                continue
            yield number, [found.get(name) for name in columns]

    return columns, lines()


def _chained(first: Sequence[str], source: TextIO) -> Iterator[str]:
    yield from first
    while line := source.readline(_LARGEST_FIELD):
        yield line


def _object(text: str) -> dict[str, str | None] | None:
    """The values of one object as texts; those of an object inside it as ``outer.inner``."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    flat: dict[str, str | None] = {}
    for name, value in found.items():
        inner = value.items() if isinstance(value, dict) else ((None, value),)
        for part, one in inner:
            flat[name if part is None else f"{name}.{part}"] = _text(one)
    return flat


def _text(value: object) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return _value(str(value))


def _value(text: str) -> str | None:
    said = text.strip()
    return None if said == "" or said.lower() in ("null", "nan", "none", "n/a", "na", "\\n") else said


def _named(names: Sequence[str]) -> tuple[str, ...]:
    """Column names, each once. Raises OutsideProblem."""
    found = tuple(name.strip() for name in names)
    twice = [name for name, times in Counter(found).items() if times > 1]
    if twice:
        raise OutsideProblem(f"Two columns are called {twice[0] or '(nothing)'}. Give each a name of its own.")
    if not 2 <= len(found) <= _MOST_COLUMNS:
        raise OutsideProblem("The first line must name at least two columns, separated by comma, semicolon, tab or |.")
    return found
