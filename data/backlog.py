"""The backlog: reports of a beacon that wait for a session to come. Anybody can make some up, so it has an end."""

import sqlite3

from data.database import Database

MOST = 10_000
"""Reports that wait, in one store."""

# SQLite takes the small index only where the query says the state in so many words. What waits for "cart:" is a
# beacon's: a platform's own deliveries have a cart, or wait for a checkout.
_WAIT = """
    SELECT count(*) FROM (
        SELECT 1 FROM delivery
        WHERE store_id = ? AND state = 'unmatched' AND waits_for >= 'cart:' AND waits_for < 'cart;' LIMIT ?
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
        (waiting,) = connection.execute(_WAIT, (store_id, most)).fetchone()
        return bool(waiting < most)

    return await db.ask(find)
