"""Lapsing: ends the rules whose time has come."""

from datetime import datetime

from sqlalchemy import select

from data import rule_rows, settling, stores
from data.audit import SYSTEM
from data.database import Database
from data.risk_models import RULE
from data.rule_records import RuleRecord
from data.rule_rows import COLUMNS, IN_FORCE
from data.rule_targets import RuleAction

LAPSED = "Its time was over."
"""Why a rule ended that had run out; stored in English, as the notes of a timeline are."""


async def lapse(db: Database, now: datetime) -> int:
    """End the rules whose time has come, each when it was over, and go on with what is pending; how many ended.

    Raises Busy; what was ended until then stays so.
    """
    ended = 0
    while True:
        some = await _lapse_some(db, now)
        await settling.settle(db, now)
        ended += some
        if some < settling.MOST_AT_ONCE:
            return ended


async def _lapse_some(db: Database, now: datetime) -> int:
    due = IN_FORCE & RULE.c.until.is_not(None) & (RULE.c.until <= now)
    async with db.reading() as reader:
        # Nothing is due nearly always; that must not take the writer's place each time.
        if (await reader.execute(select(RULE.c.id).where(due).limit(1))).first() is None:
            return 0
    query = select(RULE.c.store_id, *COLUMNS).where(due).order_by(RULE.c.until).limit(settling.MOST_AT_ONCE)
    async with db.writing() as session:
        over = [(row[0], RuleRecord(*row[1:])) for row in await (await session.connection()).execute(query)]
        for store_id, rule in over:
            await rule_rows.end(session, store_id, rule, RuleAction.LAPSED, LAPSED, SYSTEM, rule.until or now)
            await stores.touched(session, store_id)
    return len(over)
