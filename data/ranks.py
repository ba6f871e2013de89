"""Counts and far places of the list from the two counting tables, without passing over the sessions themselves.

``values`` are those of a query of the list: ``store``, and where the filter has them ``status``, ``risk``, ``until``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from data.filters import SessionFilter, Sort
from data.statements import fetch

_NEAR = 2_000  # rows that are passed over faster than the counting table is added up
_BUCKET_BITS = 44  # of an id; see the migration that makes session_rank


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row of the list begins: at an edge (an id; None for the list's own end), then ``skip`` rows further."""

    edge: int | None
    skip: int


async def tally(connection: AsyncConnection, values: Mapping[str, Any], wanted: SessionFilter) -> int:
    """How many sessions a filter has, its search aside."""
    statement = f"SELECT coalesce(sum(n), 0) FROM session_tally WHERE store_id = :store{_conditions(wanted)}"
    [(found,)] = await fetch(connection, statement, values)
    return int(found)


async def newer_than(connection: AsyncConnection, values: Mapping[str, Any], wanted: SessionFilter) -> int:
    """How many sessions of a filter have an id above ``until``: whole stretches added up, the rest counted."""
    same = _conditions(wanted)
    statement = f"""
        SELECT (SELECT coalesce(sum(n), 0) FROM session_rank
                WHERE store_id = :store AND bucket > :until >> {_BUCKET_BITS}{same})
             + (SELECT count(*) FROM session
                WHERE store_id = :store AND id > :until AND id < ((:until >> {_BUCKET_BITS}) + 1) << {_BUCKET_BITS}{same})
    """
    [(found,)] = await fetch(connection, statement, values)
    return int(found)


async def place_of(
    connection: AsyncConnection, values: Mapping[str, Any], wanted: SessionFilter, row: int
) -> Place:
    """Where row number ``row`` is, by newest or oldest first; near rows are simply passed over."""
    if row < _NEAR:
        return Place(None, row)
    newest_first = wanted.sort is Sort.NEWEST
    if newest_first and values.get("until") is not None:
        row += await newer_than(connection, values, wanted)
    order = "DESC" if newest_first else "ASC"
    statement = f"""
        SELECT bucket, before FROM (
            SELECT bucket, sum(sum(n)) OVER (ORDER BY bucket {order}) - sum(n) AS before
            FROM session_rank WHERE store_id = :store{_conditions(wanted)} GROUP BY bucket
        ) WHERE before <= :row ORDER BY before DESC LIMIT 1
    """
    found = await fetch(connection, statement, {**values, "row": row})
    if not found:
        return Place(None, row)
    bucket, before = found[0]
    edge = (bucket + 1 if newest_first else bucket) << _BUCKET_BITS
    if newest_first and values.get("until") is not None:
        return await _under_pin(connection, values, wanted, edge, row - before)
    return Place(edge, row - before)


async def _under_pin(
    connection: AsyncConnection, values: Mapping[str, Any], wanted: SessionFilter, edge: int, skip: int
) -> Place:
    # In the stretch that holds the pin, the rows above the pin are not seen by the query and must not be skipped.
    if edge - 1 <= values["until"]:
        return Place(edge, skip)
    if edge >> _BUCKET_BITS != (values["until"] >> _BUCKET_BITS) + 1:
        return Place(edge, skip)
    statement = (
        f"SELECT count(*) FROM session WHERE store_id = :store AND id > :until AND id < :edge{_conditions(wanted)}"
    )
    [(above,)] = await fetch(connection, statement, {**values, "edge": edge})
    return Place(edge, skip - above)


def _conditions(wanted: SessionFilter) -> str:
    said = " AND status = :status" if wanted.status else ""
    return said + (" AND risk_level = :risk" if wanted.risk else "")
