"""Stores what a risk model found about a session."""

import json
from dataclasses import asdict
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import stores
from data.events import Assessment, TimelineKind
from data.levels import RiskLevel, effective
from data.models import CartSession, RiskAssessment, TimelineEvent


async def assess(session: AsyncSession, store_id: int, cart_token: str, assessment: Assessment, *, source: str) -> None:
    """Store a risk assessment of a session. The merchant's own decision stands whatever it says.

    One that is older than the newest stored changes nothing but the timeline. Raises LookupError for an unknown
    session, ValueError for a level or score that there is not.
    """
    level = RiskLevel(assessment.level)
    if not 0 <= assessment.score <= 100:
        raise ValueError("a score is between 0 and 100")
    cart = (
        await session.exec(
            select(CartSession).where(col(CartSession.store_id) == store_id, col(CartSession.cart_token) == cart_token)
        )
    ).first()
    if cart is None:
        raise LookupError(cart_token)
    newest = select(func.max(col(RiskAssessment.assessed_at))).where(col(RiskAssessment.session_id) == cart.id)
    latest: datetime | None = (await session.exec(newest)).one()
    session.add(
        RiskAssessment(
            store_id=store_id,
            session_id=cart.id,
            assessed_at=assessment.assessed_at,
            score=assessment.score,
            level=level,
            model_version=assessment.model_version,
            reasons=json.dumps([asdict(reason) for reason in assessment.reasons], ensure_ascii=False),
            unknown=json.dumps(assessment.unknown, ensure_ascii=False),
        )
    )
    current = latest is None or assessment.assessed_at >= latest
    changes: dict[str, str | int | None] = {"score": assessment.score, "level": level.value}
    if current:
        changes |= {"score_before": cart.risk_score, "level_before": cart.assessed_level.value}
        cart.risk_score = assessment.score
        cart.assessed_level = level
        cart.risk_level = effective(level, cart.decision)
        session.add(cart)
    session.add(
        TimelineEvent(
            store_id=store_id,
            session_id=cart.id,
            kind=TimelineKind.RISK_ASSESSED,
            occurred_at=assessment.assessed_at,
            received_at=assessment.assessed_at,
            source=source,
            applied=current,
            changes=json.dumps(changes),
            note=None if current else "A newer assessment was already known.",
        )
    )
    await session.flush()
    await stores.touched(session, store_id)
