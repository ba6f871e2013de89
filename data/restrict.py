"""The merchant's decisions about a session: restrict it, clear it, or take the decision back."""

import json
from datetime import datetime

from sqlmodel import col, select

from data import stores
from data.database import Database
from data.events import TimelineKind
from data.levels import Decision, effective
from data.models import CartSession, TimelineEvent

LONGEST_REASON = 500


class DecisionProblem(ValueError):
    """Why a decision cannot be stored; one sentence for the merchant."""


async def decide(
    db: Database, store_id: int, cart_token: str, decision: Decision | None, *, reason: str, now: datetime
) -> Decision | None:
    """Store a decision (None takes one back) with its reason; the decision that stood before, for Undo.

    The same decision again changes nothing. The timeline's entry has ``decision``, ``level``, both with what they were
    before, and ``reason``. Raises DecisionProblem for an empty or too long reason and for an unknown session, Busy when
    nothing was stored.
    """
    reason = "".join(c if c.isprintable() else " " for c in reason).strip()
    if not reason:
        raise DecisionProblem("A reason is needed.")
    if len(reason) > LONGEST_REASON:
        raise DecisionProblem(f"The reason must have at most {LONGEST_REASON} characters.")
    async with db.writing() as session:
        found = await session.exec(
            select(CartSession).where(col(CartSession.store_id) == store_id, col(CartSession.cart_token) == cart_token)
        )
        cart = found.first()
        if cart is None:
            raise DecisionProblem("There is no such session in this store.")
        before, level_before = cart.decision, cart.risk_level
        if before is decision:
            return before
        cart.decision = decision
        cart.risk_level = effective(cart.assessed_level, decision)
        changes = {
            "decision_before": before,
            "decision": decision,
            "level_before": level_before,
            "level": cart.risk_level,
            "reason": reason,
        }
        session.add(cart)
        session.add(
            TimelineEvent(
                store_id=store_id,
                session_id=cart.id,
                kind=TimelineKind.RESTRICTED if decision is Decision.RESTRICTED else TimelineKind.CLEARED,
                occurred_at=now,
                received_at=now,
                source="merchant",
                changes=json.dumps(changes, ensure_ascii=False),
            )
        )
        await stores.touched(session, store_id)
    return before
