"""The backlog: reports of a beacon that wait for a session to come. Anybody can make some up, so it has an end."""

import sqlite3

from data.database import Database
from data.matching import CARTS

MOST = 10_000
"""Reports that wait, in one store."""

# SQLite takes the small index only where the query says the state in so many words. What waits for a cart
# is a beacon's: a platform's own deliveries have one, or wait for a checkout.
_WAIT = """
    SELECT count(*) FROM (
        SELECT 1 FROM delivery
        WHERE store_id = ? AND state = 'unmatched' AND waits_for >= ? AND waits_for < ? LIMIT ?
    )
"""


async def has_room(db: Database, store_id: int, cart_token: str, *, most: int = MOST) -> bool:
    """Whether a report of this cart may be taken: its session is there, or not too many wait for theirs.

    So whoever fills the backlog keeps nobody out whose cart is known. Raises Busy.
    """

    def find(connection: sqlite3.Connection) -> bool:
        known = "SELECT 1 FROM session WHERE store_id = ? AND cart_token = ?"
        if connection.execute(known, (store_id, cart_token)).fetchone():
            return True
        (waiting,) = connection.execute(_WAIT, (store_id, *CARTS, most)).fetchone()
        return bool(waiting < most)

    return await db.ask(find)
