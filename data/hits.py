"""The sessions that a search finds, as ids in the list's order.

Two ways lead there. *Gathering* asks an index for each meaning of the text and puts the answers together; it costs as
much as is found. *Walking* goes along the list and looks at each session; it costs as much as is passed over, so it is
right where much is found, or where the other filters leave few to look at.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from data.listing import Listing
from data.orders import STRETCHES, Stretch
from data.ranks import tally
from data.search import Meaning, Search, meaning, search
from data.statements import fetch

_FEW = 20_000  # sessions that can be looked at one by one without keeping anybody waiting
_MANY = 30_000  # found sessions that take longer to sort than the list takes to walk until a block is full


async def hits(connection: AsyncConnection, listing: Listing, most: int) -> list[int]:
    """Up to ``most`` ids of what the listing's search and other conditions leave, in the list's order."""
    found = meaning(listing.wanted.q, listing.locale)
    sought = search(found, walk_addresses=await _many_addresses(connection, listing, found))
    values = {**listing.values, **sought.values}
    walked = await _better_walked(connection, listing, sought, values)
    ids: list[int] = []
    for stretch in STRETCHES[listing.wanted.sort]:
        values["most"] = most - len(ids)
        if walked:
            statement = _walk(listing, sought, stretch, f"INDEXED BY {listing.narrowed_by}")
        elif stretch.columns == ("id",):
            statement = _gather_in_order(listing, sought, stretch)
        elif await _count(connection, listing, sought, values, _MANY) >= _MANY:
            statement = _walk(listing, sought, stretch, f"INDEXED BY {stretch.index}")
        else:
            statement = _gather_and_sort(listing, sought, stretch)
        ids += [row[0] for row in await fetch(connection, statement, values)]
        if len(ids) >= most:
            break
    return ids


async def hits_above(connection: AsyncConnection, listing: Listing, most: int) -> int:
    """How many hits there are above the pin, counted to ``most``. What has come since is looked at one by one."""
    if listing.until is None:
        return 0
    sought = search(meaning(listing.wanted.q, listing.locale))
    statement = f"""
        SELECT count(*) FROM (
            SELECT 1 FROM session AS s NOT INDEXED
            WHERE {listing.counted} AND s.id > :until AND {sought.condition} LIMIT :most
        )
    """
    [(counted,)] = await fetch(connection, statement, {**listing.values, **sought.values, "most": most})
    return int(counted)


async def _better_walked(connection: AsyncConnection, listing: Listing, sought: Search, values: dict[str, Any]) -> bool:
    """Whether status and level leave fewer sessions than the text does."""
    if listing.narrowed_by is None:
        return False
    left = await tally(connection, listing)
    return left <= _FEW and await _count(connection, listing, sought, values, left + 1) > left


async def _many_addresses(connection: AsyncConnection, listing: Listing, found: Meaning) -> bool:
    """Whether the addresses meant are those of very many sessions: their index does not know which are the newest."""
    left = _MANY
    for first, last in found.addresses:
        statement = """
            SELECT count(*) FROM (
                SELECT 1 FROM session WHERE store_id = :store AND ip BETWEEN :first AND :last LIMIT :most
            )
        """
        bound = {"store": listing.store_id, "first": first, "last": last, "most": left}
        [(counted,)] = await fetch(connection, statement, bound)
        left -= counted
        if left <= 0:
            return True
    return False


async def _count(
    connection: AsyncConnection, listing: Listing, sought: Search, values: dict[str, Any], most: int
) -> int:
    """How many sessions of the store the text alone finds, counted to ``most``."""
    ids = _union(sought, "s.store_id = :store", "LIMIT :counted")
    statement = f"SELECT count(*) FROM (SELECT id FROM ({ids}) LIMIT :counted)"
    [(counted,)] = await fetch(connection, statement, {**values, "counted": most})
    return int(counted)


def _walk(listing: Listing, sought: Search, stretch: Stretch, index: str) -> str:
    where = f"{listing.pinned} AND {stretch.condition} AND {sought.condition}"
    return f"SELECT s.id FROM session AS s {index} WHERE {where} ORDER BY {stretch.order()} LIMIT :most"


def _gather_in_order(listing: Listing, sought: Search, stretch: Stretch) -> str:
    # Each arm gives its first ids in order and stops; together they hold the first of all.
    direction = "DESC" if stretch.descending else "ASC"
    ids = _union(sought, f"{listing.beside_search} AND +({stretch.condition})", f"ORDER BY id {direction} LIMIT :most")
    return f"SELECT id FROM ({ids}) ORDER BY id {direction} LIMIT :most"


def _gather_and_sort(listing: Listing, sought: Search, stretch: Stretch) -> str:
    ids = _union(sought, f"{listing.beside_search} AND +({stretch.condition})")
    return f"SELECT s.id FROM session AS s WHERE s.id IN ({ids}) ORDER BY {stretch.order()} LIMIT :most"


def _union(sought: Search, conditions: str, rest: str = "") -> str:
    arms = (f"SELECT {arm.id} AS id FROM {arm.source} AND {conditions} {rest}" for arm in sought.arms)
    return " UNION ".join(f"SELECT id FROM ({arm})" for arm in arms)
