"""Plain SQL for the paths where every microsecond of a block counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection


async def fetch(connection: AsyncConnection, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    """All rows of a statement with named values, as tuples.

    It goes to the driver in one hop to its thread; through the cursor of SQLAlchemy it would be four.
    """
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    found: Sequence[Any] = await driver.execute_fetchall(statement, values)
    return found


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC, as the tables hold them."""
    return round(moment.timestamp() * 1000)
