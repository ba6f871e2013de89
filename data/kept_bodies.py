"""Looks for a shopper in the bodies that the inbox keeps: those of deliveries that have not been applied."""

import json
import re
from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data.columns import in_chunks, literally
from data.database import Database
from data.deliveries import DeliveryState, Source
from data.intake_models import DELIVERY
from data.shopify import PRIVACY_TOPICS

SHORTEST = 5
"""Characters of a word that names somebody: platforms' ids have ten digits and more, and a "1" is in every body."""

_BATCH = 50  # bodies looked at before other tasks of the process get their turn
_KEPT = (DeliveryState.WAITING, DeliveryState.UNMATCHED, DeliveryState.QUARANTINED)
_WORD = re.compile(r"[^\s\"'<>,;:=(){}\[\]\\/?&]+")


async def naming(db: Database, store_id: int, words: Iterable[str]) -> list[int]:
    """The deliveries of a platform whose bodies hold any of the words, however they are written there.

    What a privacy request still to be applied says is not looked at: it asks for more of the same.
    """
    wanted = {word.casefold() for word in words if len(word) >= SHORTEST}
    found: list[int] = []
    for state in _KEPT:
        its_own = (DELIVERY.c.store_id == store_id, literally(DELIVERY.c.state, state), DELIVERY.c.body.is_not(None))
        query = select(DELIVERY.c.id, DELIVERY.c.topic, DELIVERY.c.body).where(
            *its_own, DELIVERY.c.source == Source.SHOPIFY
        )
        last = 0
        while True:
            async with db.reading() as connection:
                some = query.where(DELIVERY.c.id > last).order_by(DELIVERY.c.id).limit(_BATCH)
                rows = (await connection.execute(some)).all()
            if not rows:
                break
            last = rows[-1].id
            asks = state is DeliveryState.WAITING
            found += [one.id for one in rows if not (asks and one.topic in PRIVACY_TOPICS) and holds(one.body, wanted)]
    return found


async def forget(session: AsyncSession, store_id: int, ids: Iterable[int]) -> None:
    """Delete deliveries that were found, in the caller's write transaction."""
    for some in in_chunks(ids):
        found = delete(DELIVERY).where(DELIVERY.c.store_id == store_id, DELIVERY.c.id.in_(some))
        await (await session.connection()).execute(found)


def holds(body: bytes, words: set[str]) -> bool:
    """Whether a body has one of the words, which are casefolded."""
    try:
        said = json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        said = body.decode("utf-8", "replace")
    said = said.casefold()
    if not words.isdisjoint(_WORD.findall(said)):
        return True
    return any(word in said for word in words if not _WORD.fullmatch(word))
