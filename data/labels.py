"""Labels: whether a session turned out bad or good, and who says so. The last word of each source is kept.

What counts where sources disagree is a matter of learning (``data.learning``). A session that nobody has looked at has
no label: unreviewed is not good, and restricted without having bought is not bad.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from data.columns import in_chunks
from data.deliveries import completed_event
from data.levels import Decision, RiskLevel
from data.models import METADATA
from data.risk_models import RISK_LABEL, SESSION_RISK, LabelSource
from data.shopify_csv import order_event

_SESSION: Any = METADATA.tables["session"]
_EVENT: Any = METADATA.tables["event"]


async def write(
    session: AsyncSession,
    store_id: int,
    session_id: int,
    source: LabelSource,
    bad: bool,
    probability: float,
    now: datetime,
) -> None:
    """Keep what a source says of a session, in the caller's write transaction; its earlier word is replaced.

    Deliveries come in any order: what was said before ``now`` is replaced, what was said after it stands.

    ``probability`` is the one with which the session came to be looked at. Raises ValueError where it is none.
    """
    if not 0.0 < probability <= 1.0:
        raise ValueError("a probability is above 0 and not above 1")
    said = {"bad": bad, "probability": probability, "labelled_at": now}
    row = {"store_id": store_id, "session_id": session_id, "source": source} | said
    upsert = insert(RISK_LABEL).values(row)
    upsert = upsert.on_conflict_do_update(
        index_elements=["session_id", "source"],
        set_=said,
        where=RISK_LABEL.c.labelled_at <= upsert.excluded.labelled_at,
    )
    await (await session.connection()).execute(upsert)


async def withdraw(session: AsyncSession, store_id: int, session_id: int, source: LabelSource) -> None:
    """Forget what a source said of a session, in the caller's write transaction."""
    its_own = (RISK_LABEL.c.store_id == store_id, RISK_LABEL.c.session_id == session_id, RISK_LABEL.c.source == source)
    await (await session.connection()).execute(delete(RISK_LABEL).where(*its_own))


async def decided(session: AsyncSession, store_id: int, cart_token: str, decision: Decision, now: datetime) -> None:
    """The merchant has decided about this one session: restricted is bad, cleared is good.

    The score of one that was drawn for the random check is not hidden any more. Nothing for an unknown session.
    """
    connection = await session.connection()
    query = select(_SESSION.c.id, _SESSION.c.assessed_level, SESSION_RISK.c.sampled, SESSION_RISK.c.score)
    query = query.outerjoin(SESSION_RISK, SESSION_RISK.c.session_id == _SESSION.c.id).where(
        *_named(store_id, cart_token)
    )
    found = (await connection.execute(query)).first()
    if found is None:
        return
    bad = decision is Decision.RESTRICTED
    # One that its score would have put before the merchant anyway does not stand for others.
    by_chance = found.sampled is not None and found.assessed_level in (RiskLevel.NORMAL, RiskLevel.MONITORED)
    probability = found.sampled if by_chance else 1.0
    await write(session, store_id, found.id, LabelSource.DECISION, bad, probability, now)
    if found.sampled is not None:
        shown = func.coalesce(_SESSION.c.risk_score, found.score)
        await connection.execute(update(_SESSION).where(_SESSION.c.id == found.id).values(risk_score=shown))


async def undecided(session: AsyncSession, store_id: int, cart_token: str) -> None:
    """The merchant has taken a decision about this one session back. What was shown of it has been seen."""
    query = select(_SESSION.c.id).where(*_named(store_id, cart_token))
    found = (await (await session.connection()).execute(query)).scalar_one_or_none()
    if found is not None:
        await withdraw(session, store_id, found, LabelSource.DECISION)


def _named(store_id: int, cart_token: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _SESSION.c.store_id == store_id, _SESSION.c.cart_token == cart_token


async def of_orders(session: AsyncSession, store_id: int, orders: Iterable[str]) -> dict[str, int]:
    """The session that became each of these orders, where it is known; a cart may have become several."""
    connection, found = await session.connection(), dict[str, int]()
    for some in in_chunks(dict.fromkeys(orders)):
        named = select(_SESSION.c.order_id, _SESSION.c.id)
        named = named.where(_SESSION.c.store_id == store_id, _SESSION.c.order_id.in_(some)).order_by(_SESSION.c.id)
        for order, number in await connection.execute(named):
            found[order] = number
        events = {told(order): order for told in (completed_event, order_event) for order in some}
        query = select(_EVENT.c.source_id, _EVENT.c.session_id)
        for part in in_chunks(events):
            rows = await connection.execute(query.where(_EVENT.c.store_id == store_id, _EVENT.c.source_id.in_(part)))
            found |= {events[event]: number for event, number in rows}
    return found
