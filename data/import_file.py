"""Takes a file of an import apart: bytes in, numbered rows out, one at a time, whatever the size of the file.

A line that cannot be read is handed out as a rejection and costs nothing but itself.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO

import orjson

from data import shopify_csv
from data.import_format import REQUIRED

LONGEST_LINE = 1024 * 1024
"""Bytes of one line; also of one CSV record that goes over several."""

_SHOWN = 1_000  # characters that a report repeats of a line that is too long
_EVENT_REQUIRED = ("type", "cart_token", "occurred_at")
_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


class Kind(StrEnum):
    """What a file holds."""

    SESSIONS = "sessions"
    EVENTS = "events"
    ORDERS = "orders"
    CHECKOUTS = "checkouts"


class ImportProblem(Exception):
    """Why a file cannot be imported at all: one or two sentences for the person who tried."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line that was not imported: its number (from 1), the field where one is to blame, and the line itself.

    Of Shopify's exports ``content`` has only what Cartwatch reads: their lines are full of names and addresses.
    """

    line: int
    field: str | None
    message: str
    content: str


@dataclass(frozen=True, slots=True)
class NumberedRow:
    """One session or event, or a row of Shopify's: the number of its (first) line, the line, its fields by name."""

    line: int
    content: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str
    problem: str | None = None


class ImportFile:
    """An open file of an import. ``bytes_read`` tells how far it is; ``columns`` (in lower case) is None for JSONL.

    Raises ImportProblem when it is neither CSV with a known header nor JSONL.
    """

    def __init__(self, source: BinaryIO) -> None:
        self.bytes_read = 0
        self.kind: Kind | None = None
        self.columns: tuple[str, ...] | None = None
        self._source = source
        self._number = 0
        self._again: deque[_Line] = deque()
        self._delimiter = ","
        first = next((line for line in iter(self._next, None) if line.problem or line.text.strip()), None)
        if first is None:
            raise ImportProblem("The file is empty.")
        if first.text.lstrip().startswith("["):
            raise ImportProblem("The file is a JSON array. Put each object on a line of its own (JSONL) instead.")
        if first.text.lstrip().startswith("{"):
            self._again.append(first)
        elif first.problem:
            raise ImportProblem(f"The first line {first.problem}. The file must be CSV or JSONL in UTF-8.")
        else:
            self._read_header(first)

    def rows(self) -> Iterator[NumberedRow | Rejection]:
        """Every line but the header and empty ones. ``kind`` is known once the first row is out."""
        read = self._from_json if self.columns is None else self._from_csv
        while (line := self._next()) is not None:
            if line.problem:
                yield Rejection(line.number, None, line.problem, line.text)
            elif line.text and not line.text.isspace():
                yield read(line)

    def glimpse(self, text: str) -> dict[str, str]:
        """What can be made out of a CSV line that is not right: only its beginning is to be trusted."""
        try:
            cells = next(csv.reader((text,), delimiter=self._delimiter), [])
        except csv.Error:
            cells = []
        return dict(zip(self.columns or (), cells, strict=False))

    def _next(self) -> _Line | None:
        if self._again:
            return self._again.popleft()
        raw = self._source.readline(LONGEST_LINE + 2)  # with its line ending
        if not raw:
            return None
        self._number += 1
        self.bytes_read += len(raw)
        if self._number == 1:
            if raw.startswith(_UTF16_MARKS):
                raise ImportProblem("The file is written in UTF-16. Save it as UTF-8.")
            raw = raw.removeprefix(_UTF8_MARK)
        ended = raw.endswith(b"\n")
        raw = raw.rstrip(b"\r\n")
        if len(raw) > LONGEST_LINE:
            if not ended:
                self._skip_line()
            return _Line(self._number, raw[:_SHOWN].decode("utf-8", "replace"), "is longer than 1 MiB")
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return _Line(self._number, raw.decode("utf-8", "replace"), "is not text in UTF-8")
        return _Line(self._number, text, "contains a NUL character" if "\0" in text else None)

    def _skip_line(self) -> None:
        while more := self._source.readline(64 * 1024):
            self.bytes_read += len(more)
            if more.endswith(b"\n"):
                return

    def _read_header(self, line: _Line) -> None:
        self._delimiter = max(",;\t", key=line.text.count)
        cells = self._cells(line.text)
        if isinstance(cells, str):
            raise ImportProblem(f"The header {cells}.")
        columns = tuple(cell.strip().lower() for cell in cells)
        twice = {column for column in columns if column and columns.count(column) > 1}
        if twice:
            raise ImportProblem(f"The header names the column {min(twice)} twice.")
        export = shopify_csv.recognise(columns)
        self.kind = Kind(export) if export else _kind(columns)
        if self.kind is None:
            raise ImportProblem(
                "The file holds neither sessions nor events. It must be JSONL, or CSV whose first line names the "
                f"columns: at least {', '.join(REQUIRED)} for sessions, {', '.join(_EVENT_REQUIRED)} for events. "
                "Shopify's exports of orders and of abandoned checkouts can be imported as they are."
            )
        required = REQUIRED if self.kind is Kind.SESSIONS else _EVENT_REQUIRED
        missing = shopify_csv.lacking(export, columns) if export else [n for n in required if n not in columns]
        if missing:
            raise ImportProblem(f"The header lacks {', '.join(missing)}.")
        self.columns = columns

    def _from_json(self, line: _Line) -> NumberedRow | Rejection:
        try:
            document = orjson.loads(line.text)
        except orjson.JSONDecodeError as problem:
            return Rejection(line.number, None, f"is not JSON: {problem.msg} (character {problem.colno})", line.text)
        if not isinstance(document, dict):
            return Rejection(line.number, None, "must be a JSON object", line.text)
        self.kind = self.kind or _kind(document)
        if self.kind is None:
            return Rejection(line.number, None, "is neither a session nor an event", line.text)
        return NumberedRow(line.number, line.text, document)

    def _from_csv(self, line: _Line) -> NumberedRow | Rejection:
        columns = self.columns or ()
        cells, text = self._cells(line.text), line.text
        if isinstance(cells, str) and text.count('"') % 2:
            cells, text = self._continued(line, cells)
        if isinstance(cells, str):
            return Rejection(line.number, None, cells, line.text)
        fields: dict[str, Any] = dict(zip(columns, cells, strict=True))
        if self.kind is Kind.EVENTS:
            try:
                fields = _event(fields)
            except orjson.JSONDecodeError as problem:
                return Rejection(line.number, "lines", f"is not JSON: {problem.msg}", text)
        return NumberedRow(line.number, text, fields)

    def _continued(self, line: _Line, problem: str) -> tuple[list[str] | str, str]:
        """A record whose quoted cell goes on in the next lines; where it makes no sense, they stand for themselves."""
        more: list[_Line] = []
        size, odd = len(line.text), True
        while odd and size < LONGEST_LINE and (following := self._next()) is not None:
            more.append(following)
            size += len(following.text)
            if following.problem:
                break
            odd ^= following.text.count('"') % 2 == 1
        text = "\n".join((line.text, *(part.text for part in more)))
        cells = self._cells(text) if not odd else problem
        if isinstance(cells, str):
            self._again.extendleft(reversed(more))
            return problem, line.text
        return cells, text

    def _cells(self, text: str) -> list[str] | str:
        """The cells of a record, or what is wrong with it."""
        try:
            cells = next(csv.reader((text,), delimiter=self._delimiter, strict=True))
        except csv.Error as problem:
            return f"is not CSV: {problem}"
        if self.columns is not None and len(cells) != len(self.columns):
            return f"has {len(cells)} cells, but the header has {len(self.columns)}"
        return cells


def _kind(names: Iterable[str]) -> Kind | None:
    named = set(names)
    if named & {"type", "occurred_at"}:
        return Kind.EVENTS
    return Kind.SESSIONS if named & {"status", "started_at"} else None


def _event(cells: Mapping[str, str]) -> dict[str, Any]:
    """An event's document from its cells: what is empty was not said, and the cart's lines are JSON in one cell."""
    said: dict[str, Any] = {name: cell for name, cell in cells.items() if cell and cell.upper() != "NULL"}
    if "lines" in said:
        said["lines"] = orjson.loads(said["lines"])
    return said
