"""The ids of sessions: they grow with the start time, so newest first is the order of the key itself.

An id is the start in milliseconds since 1970 UTC, shifted left by 20 bits, plus a number that tells apart the sessions
that started in the same millisecond. Sessions imported later sort among the others by their start.
"""

from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data.columns import milliseconds
from data.models import CartSession

SEQUENCE_BITS = 20
_LAST_MILLISECOND = (1 << (63 - SEQUENCE_BITS)) - 1  # the year 2248; what is later sorts as this


def first_id(started_at: datetime) -> int:
    """The smallest id of a session that started in this millisecond."""
    return min(max(milliseconds(started_at), 0), _LAST_MILLISECOND) << SEQUENCE_BITS


async def next_id(session: AsyncSession, started_at: datetime) -> int:
    """An id that no session has yet, in the write transaction that will use it.

    A full millisecond runs over into the next one, which then goes on from there.
    """
    first = first_id(started_at)
    while True:
        beyond = first + (1 << SEQUENCE_BITS)
        taken = select(func.max(col(CartSession.id))).where(col(CartSession.id) >= first, col(CartSession.id) < beyond)
        last: int | None = (await session.exec(taken)).one()
        if last is None:
            return first
        if last + 1 < beyond:
            return last + 1
        first = beyond
