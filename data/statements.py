"""Plain SQL for the paths where every microsecond of a block counts.

Through SQLAlchemy's own statements a block costs two to three times as much, most of it before SQLite is asked.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection


async def fetch(connection: AsyncConnection, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    """All rows of a statement with named values, as tuples.

    It goes to the driver in one hop to its thread; through the cursor of SQLAlchemy it would be four. Each statement
    sees the newest state: no transaction is begun.
    """
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    found: Sequence[Any] = await driver.execute_fetchall(statement, values)
    return found
