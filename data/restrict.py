"""The merchant's decision about one session alone: a rule that names its cart token, without an end."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from data import rule_values, rules
from data.database import Database
from data.levels import Decision
from data.models import METADATA
from data.rule_targets import Target
from data.rule_values import RuleProblem

_SESSION: Any = METADATA.tables["session"]


async def decide(
    db: Database, store_id: int, cart_token: str, decision: Decision | None, *, reason: str, now: datetime
) -> Decision | None:
    """Store a decision (None takes one back) with its reason; the decision that stood before.

    The same decision again changes nothing. Raises RuleProblem for an empty or too long reason, for an unknown
    session, and for taking back what a rule about more than this session decides; Busy when nothing was stored.
    """
    rule_values.reason(reason)
    query = select(_SESSION.c.decision, _SESSION.c.id)
    query = query.where(_SESSION.c.store_id == store_id, _SESSION.c.cart_token == cart_token)
    async with db.reading() as connection:
        known = (await connection.execute(query)).first()
    if known is None:
        raise RuleProblem("There is no such session in this store.")
    before: Decision | None = known.decision
    if before is decision:
        return before
    if decision is not None:
        await rules.add(db, store_id, Target.SESSION, cart_token, decision, reason=reason, until=None, now=now)
        return before
    standing = await rules.that_decided(db, store_id, known.id)
    if standing is None or standing.target is not Target.SESSION:
        raise RuleProblem("This is decided by a rule about more than this session. Lift that rule instead.")
    await rules.lift(db, store_id, standing.id, reason=reason, now=now)
    return before
