"""How many sessions rules decide at the moment."""

from collections.abc import Collection
from sqlite3 import Connection

from data.database import Database

MOST = 1_000
"""Sessions of a rule that are looked at, the newest: so many, and a rule of years costs no more than one of today."""


async def active(db: Database, rule_ids: Collection[int]) -> dict[int, int]:
    """The active sessions that each of these rules decides, at most MOST of each; 0 where there are none."""
    return await db.ask(lambda connection: {rule_id: _active(connection, rule_id) for rule_id in rule_ids})


def _active(connection: Connection, rule_id: int) -> int:
    statement = """
        SELECT count(*) FILTER (WHERE status = 'active')
        FROM (SELECT status FROM session INDEXED BY session_by_rule WHERE rule_id = ? ORDER BY id DESC LIMIT ?)
    """
    return int(connection.execute(statement, (rule_id, MOST)).fetchone()[0])
