"""Counts and far places of the list from the two counting tables, without passing over the sessions themselves."""

from dataclasses import dataclass
from sqlite3 import Connection

from data.listing import Listing
from data.orders import Stretch

_NEAR = 2_000  # rows that are passed over faster than the counting table is added up
_BUCKET_BITS = 44  # of an id; see the migration that makes session_rank


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row of the list begins: at an edge (an id; None for the list's own end), then ``skip`` rows further."""

    edge: int | None
    skip: int


def tally(connection: Connection, listing: Listing) -> int:
    """How many sessions there are, whatever the pin and the search."""
    statement = f"SELECT coalesce(sum(s.n), 0) FROM session_tally AS s WHERE {listing.counted}"
    [found] = connection.execute(statement, listing.values).fetchone()
    return int(found)


def newer(connection: Connection, listing: Listing, condition: str = "1") -> int:
    """How many there are above the pin, whatever the search: whole buckets added up, the rest counted.

    ``condition`` is that of a stretch, on store, status and level.
    """
    if listing.until is None:
        return 0
    conditions = f"{listing.counted} AND {condition}"
    statement = f"""
        SELECT (SELECT coalesce(sum(s.n), 0) FROM session_rank AS s
                WHERE {conditions} AND s.bucket > :until >> {_BUCKET_BITS})
             + (SELECT count(*) FROM session AS s
                WHERE {conditions} AND s.id > :until AND s.id < ((:until >> {_BUCKET_BITS}) + 1) << {_BUCKET_BITS})
    """
    [found] = connection.execute(statement, listing.values).fetchone()
    return int(found)


def place_of(connection: Connection, listing: Listing, stretch: Stretch, row: int) -> Place:
    """Where row number ``row`` of a stretch in the order of ids is; near rows are simply passed over."""
    if row < _NEAR or not stretch.by_id:
        return Place(None, row)
    newest_first = stretch.descending
    # The counts include what is above the pin.
    from_top = row + newer(connection, listing, stretch.condition) if newest_first else row
    order = "DESC" if newest_first else "ASC"
    statement = f"""
        SELECT bucket, before FROM (
            SELECT s.bucket, sum(sum(s.n)) OVER (ORDER BY s.bucket {order}) - sum(s.n) AS before
            FROM session_rank AS s WHERE {listing.counted} AND {stretch.condition} GROUP BY s.bucket
        ) WHERE before <= :row ORDER BY before DESC LIMIT 1
    """
    found = connection.execute(statement, {**listing.values, "row": from_top}).fetchone()
    if found is None:
        return Place(None, row)
    bucket, before = found
    if newest_first and listing.until is not None and bucket >= listing.until >> _BUCKET_BITS:
        return Place(None, row)  # the pin is the nearest edge
    return Place((bucket + 1 if newest_first else bucket) << _BUCKET_BITS, from_top - before)
