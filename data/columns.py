"""The types of columns, and how conditions on them are written.

Moments are stored as integer milliseconds UTC: they sort, compare and serialise without conversion, in every database.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar, overload

from sqlalchemy import BigInteger, ColumnElement, Dialect, Enum, Integer, literal_column
from sqlalchemy.types import TypeDecorator

CHUNK = 500
"""Values in one IN; SQLite takes 32,766 parameters, older builds 999."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Value = TypeVar("Value")


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC. Refuses naive datetimes: their meaning depends on the machine."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


@overload
def moment(stored: int) -> datetime: ...
@overload
def moment(stored: int | None) -> datetime | None: ...
def moment(stored: int | None) -> datetime | None:
    """The moment that is stored as milliseconds since 1970 UTC; None stays None."""
    return None if stored is None else _EPOCH + timedelta(milliseconds=stored)


class Moment(TypeDecorator[datetime]):
    """An aware datetime in Python, milliseconds since 1970 UTC in the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To milliseconds."""
        return None if value is None else milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Back to an aware datetime."""
        return moment(value)


# SQLite keeps a table in the order of its key only where the key is called INTEGER; it has 64 bits there all the same.
SessionId = BigInteger().with_variant(Integer, "sqlite")


def named(kind: type[StrEnum]) -> Enum:
    # By value, as text: readable in any SQL shell, and the same in SQLite and PostgreSQL.
    return Enum(kind, native_enum=False, length=20, values_callable=lambda e: [member.value for member in e])


def literally(column: Any, value: StrEnum) -> ColumnElement[bool]:
    """``column = 'value'`` in so many words: SQLite takes a partial index only for what it can read."""
    found: ColumnElement[bool] = column == literal_column(f"'{value.value}'")
    return found


def in_chunks(values: Iterable[Value]) -> Iterator[list[Value]]:
    """The values in lists that are short enough for one IN."""
    every = list(values)
    return (every[start : start + CHUNK] for start in range(0, len(every), CHUNK))
