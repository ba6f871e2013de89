"""Stand-ins: sessions that an import made up for orders, as an export does not say which cart an order came from.

Once the order comes for its real cart, its stand-in goes, as it would never have been imported after that: an order
counts once, whichever way it came first.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data.columns import in_chunks
from data.events import Event
from data.models import METADATA
from data.risk_models import NOTICE, RISK_LABEL, SESSION_RISK
from data.shopify_csv import order_event, order_token

_SESSION: Any = METADATA.tables["session"]
_EVENT: Any = METADATA.tables["event"]
_KEPT_OF_IT: Any = [
    *(METADATA.tables[name] for name in ("line_item", "event", "risk_assessment")),
    *(SESSION_RISK, RISK_LABEL, NOTICE),
]


async def give_way(session: AsyncSession, store_id: int, events: Iterable[Event]) -> list[int]:
    """Delete the stand-ins for orders that these events name for another cart, in the caller's write transaction.

    Answers with the ids of those that are gone.
    """
    orders = [event.order_id for event in events if event.order_id and event.cart_token != order_token(event.order_id)]
    connection = await session.connection()
    every: list[int] = []
    for some in in_chunks(orders):
        ids, tokens = [order_event(order) for order in some], [order_token(order) for order in some]
        query = select(_SESSION.c.id).join(_EVENT, _EVENT.c.session_id == _SESSION.c.id)
        query = query.where(_EVENT.c.store_id == store_id, _EVENT.c.source_id.in_(ids))
        # Whose event it is does not suffice: only what an import named so was made up.
        gone = list((await connection.execute(query.where(_SESSION.c.cart_token.in_(tokens)))).scalars())
        if gone:
            for table in _KEPT_OF_IT:
                await connection.execute(delete(table).where(table.c.session_id.in_(gone)))
            await connection.execute(delete(_SESSION).where(_SESSION.c.id.in_(gone)))
        every += gone
    return every
