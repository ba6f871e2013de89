"""The sessions that a search finds, as ids in the list's order.

Two ways lead there. *Gathering* asks an index for each meaning of what is sought and puts the answers together; it
costs as much as is found. *Walking* goes along the list and looks at each session; it costs as much as is passed over,
so it is right where much is found, or where status and level leave few to look at.
"""

from sqlite3 import Connection
from typing import Any

from data.conditions import conditions
from data.listing import Listing
from data.orders import STRETCHES, Stretch
from data.ranks import tally
from data.search import Arm, Search, meaning, search, together
from data.similar_carts import similar

_FEW = 20_000  # sessions that can be looked at one by one without keeping anybody waiting
_MANY = 30_000  # found sessions that take longer to sort than the list takes to walk until a block is full


def hits(connection: Connection, listing: Listing, most: int) -> list[int]:
    """Up to ``most`` ids of what the listing's search and other conditions leave, in the list's order."""
    if listing.impossible:
        return []
    sought = _sought(connection, listing)
    values = {**listing.values, **sought.values}
    walked = _better_walked(connection, listing, sought, values)
    ids: list[int] = []
    for stretch in STRETCHES[listing.wanted.sort]:
        values["most"] = most - len(ids)
        if not walked and stretch.columns == ("id",):
            ids += _gathered(connection, listing, sought, stretch, values)
        else:
            statement = _statement(connection, listing, sought, stretch, values, walked)
            ids += [row[0] for row in connection.execute(statement, values)]
        if len(ids) >= most:
            break
    return ids


def hits_above(connection: Connection, listing: Listing, most: int) -> int:
    """How many hits there are above the pin, counted to ``most``. What has come since is looked at one by one."""
    if listing.until is None:
        return 0
    sought = together(_searches(connection, listing))
    statement = f"""
        SELECT count(*) FROM (
            SELECT 1 FROM session AS s NOT INDEXED
            WHERE {listing.counted} AND s.id > :until AND {sought.condition} LIMIT :most
        )
    """
    [counted] = connection.execute(statement, {**listing.values, **sought.values, "most": most}).fetchone()
    return int(counted)


def _searches(connection: Connection, listing: Listing) -> list[Search]:
    """All that is searched for; a session of the list fits each of them."""

    def alike(cart_token: str) -> list[int]:
        return similar(connection, listing.store_id, cart_token)

    found = conditions(listing.wanted, alike)
    if listing.wanted.q:
        found.append(search(meaning(listing.wanted.q, listing.locale)))
    return found


def _sought(connection: Connection, listing: Listing) -> Search:
    """The searches as one, found by the arms of the one that finds the fewest."""
    searches = _searches(connection, listing)
    ways = [one for one in searches if one.arms and not _many_addresses(connection, listing, one)]
    if len(ways) < 2:
        return together(searches, *ways)

    def finds(one: Search) -> int:
        return _count(connection, one, {**listing.values, **one.values}, _FEW)

    return together(searches, min(ways, key=finds))


def _better_walked(connection: Connection, listing: Listing, sought: Search, values: dict[str, Any]) -> bool:
    """Whether store, status and level leave fewer sessions than the search does."""
    left = tally(connection, listing)
    return left <= _FEW and _count(connection, sought, values, left + 1) > left


def _many_addresses(connection: Connection, listing: Listing, sought: Search) -> bool:
    """Whether the addresses meant are those of very many sessions: their index does not know which are the newest."""
    left = _MANY
    for first, last in sought.addresses:
        statement = """
            SELECT count(*) FROM (
                SELECT 1 FROM session WHERE store_id = :store AND ip BETWEEN :first AND :last LIMIT :most
            )
        """
        bound = {"store": listing.store_id, "first": first, "last": last, "most": left}
        [counted] = connection.execute(statement, bound).fetchone()
        left -= counted
        if left <= 0:
            return True
    return False


def _count(connection: Connection, sought: Search, values: dict[str, Any], most: int) -> int:
    """How many sessions the search alone may find, counted to ``most``, which is also what is said of the unknown."""
    found = 0
    for arm in sought.arms:
        if arm.counted is None:
            return most
        statement = f"SELECT count(*) FROM (SELECT 1 FROM {arm.counted} LIMIT :counted)"
        [counted] = connection.execute(statement, {**values, "counted": most - found}).fetchone()
        found += counted
        if found >= most:
            break
    return found


def _statement(
    connection: Connection, listing: Listing, sought: Search, stretch: Stretch, values: dict[str, Any], walked: bool
) -> str:
    """What walks along a stretch, or gathers and sorts its sessions."""
    if walked or _count(connection, sought, values, _MANY) >= _MANY:
        index = listing.index if walked else stretch.index
        where = f"INDEXED BY {index} WHERE {listing.pinned} AND {stretch.condition} AND {sought.condition}"
    else:
        ids = _union(sought, f"{listing.beside_search} AND +({stretch.condition})")
        where = f"WHERE s.id IN ({ids})"
    return f"SELECT s.id FROM session AS s {where} ORDER BY {stretch.order()} LIMIT :most"


def _gathered(
    connection: Connection, listing: Listing, sought: Search, stretch: Stretch, values: dict[str, Any]
) -> list[int]:
    """Each arm gives its first ids in order and stops; together they hold the first of all."""
    conditions = f"{listing.beside_search} AND +({stretch.condition})"
    order = f"ORDER BY id {'DESC' if stretch.descending else 'ASC'} LIMIT :most"
    found = [[row[0] for row in connection.execute(_ids(arm, conditions, order), values)] for arm in sought.arms]
    filled = [ids for ids in found if ids]
    if len(filled) == 1:
        return filled[0]
    return sorted(set().union(*filled), reverse=stretch.descending)[: values["most"]]


def _union(sought: Search, conditions: str, rest: str = "") -> str:
    return " UNION ".join(f"SELECT id FROM ({_ids(arm, conditions, rest)})" for arm in sought.arms)


def _ids(arm: Arm, conditions: str, rest: str) -> str:
    return f"SELECT {arm.id} AS id FROM {arm.source} AND {conditions} {rest}"
