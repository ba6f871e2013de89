"""Assessments of sessions: by the table in use from readings that a test gives, stored as scoring stores them."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import ledger, past, scoring, stores
from data.database import Database
from data.judgement import Judged
from data.levels import RiskLevel, effective
from data.models import CartSession, RiskAssessment
from data.records import StoreRecord
from data.risk.explain import causes
from data.risk.model import Model, rules
from data.risk.queue import Queue, Thresholds
from data.risk.readings import READINGS, Reading
from data.risk.visit import Visit
from data.risk.wording import english
from data.risk_models import SESSION_RISK, SessionRisk
from tests.factories import TOKEN, after

LIKELY: dict[str, Reading] = {
    "ip_minute": 4,
    "ip_hour": 14,
    "ip_day": 22,
    "device_hour": 12,
    "device_day": 14,
    "ip_none_bought": 14,
    "quantity": 3.0,
    "units_of_one": 12,
    "usual_units": 4,
    "first_add": 24.0,
    "regularity": 0.6,
    "checkout": 1,
}
"""Volume of an address and a device, much of one product; the pace of a person. No hard evidence."""

PROVEN = LIKELY | {"agent": 2, "declined": 8, "held_again": 9, "renewals": 16.0, "renewals_made": 16, "checkout": 0}
"""The same with hard evidence."""

LITTLE: dict[str, Reading] = {"ip_minute": 1, "ip_hour": 1, "ip_day": 1, "checkout": 1, "quantity": 0.5}
"""A shopper like most."""

_CLEARLY = 0.45  # log-odds
_OF_LEVEL = {RiskLevel.NORMAL: LITTLE, RiskLevel.RESTRICTED: PROVEN}


def reading(**known: Reading) -> list[Reading]:
    """Readings in their order; what is not given is not known."""
    assert known.keys() <= set(READINGS), known.keys() - set(READINGS)
    return [known.get(name) for name in READINGS]


def score_of(known: dict[str, Reading]) -> int:
    """The score that the rules give these readings."""
    return rules().points(rules().score(reading(**known)).log_odds)


def strongest_of(known: dict[str, Reading]) -> str:
    """The weightiest reason of these readings by the rules, in English."""
    return english(causes(rules(), reading(**known))[0])


async def assessed(
    db: Database,
    store: StoreRecord,
    token: str = TOKEN,
    level: RiskLevel = RiskLevel.REVIEW,
    *,
    at: datetime | None = None,
    known: dict[str, Reading] | None = None,
    sampled: float | None = None,
) -> int:
    """Judge a session that is there already by readings; its score. ``sampled`` draws it for the random check.

    Where review and monitoring begin is chosen so that the level is the one that is asked for.
    """
    readings = reading(**(_OF_LEVEL.get(level, LIKELY) if known is None else known))
    moment = at or after(5)
    async with db.writing() as session:
        lookout = await past.bring_up_to_date(session, session.info["lookouts"], store)
        cart = await _cart(session, store, token)
        before = (await session.exec(select(SessionRisk).where(SessionRisk.session_id == cart.id))).one_or_none()
        number, score_before = cart.id or 0, before.score if before else None
        one = Judged(
            token,
            cart.decision,
            assessed_before=cart.assessed_level,
            shown_before=cart.risk_level,
            risk_score_before=None if sampled else cart.risk_score,
            visit=Visit.loaded(before.memory) if before and before.memory else None,
            sampled=sampled,
            stored=before is not None,
            at=moment,
            readings=readings,
            assessed=level,
        )
        _weigh(one, lookout.model, level)
        version = lookout.model.version
        line = one.line(moment, version, score_before=score_before, level_before=one.assessed_before)
        await ledger.tell(session, store.id, [(number, line)], source=ledger.OWN, now=moment)
        await scoring.keep(session, store, {number: one}, moment)
        if sampled:  # a score that was shown before is not forgotten by itself
            cart.risk_score = None
            session.add(cart)
        await stores.touched(session, store.id)
    return one.score or 0


async def imported(
    db: Database,
    store: StoreRecord,
    token: str = TOKEN,
    *,
    score: int,
    level: RiskLevel,
    reasons: Sequence[tuple[str, float]] = (),
    unknown: Sequence[str] = (),
    version: str = "imported",
    at: datetime | None = None,
) -> None:
    """Make a session one that was scored elsewhere and imported, and never since; reasons as sentence and weight."""
    async with db.writing() as session:
        cart = await _cart(session, store, token)
        await (await session.connection()).execute(delete(SESSION_RISK).where(SESSION_RISK.c.session_id == cart.id))
        cart.risk_score, cart.assessed_level = score, level
        cart.risk_level = effective(level, cart.decision)
        told = [{"signal": "", "sentence": sentence, "contribution": weight} for sentence, weight in reasons]
        session.add_all(
            [
                cart,
                RiskAssessment(
                    store_id=store.id,
                    session_id=cart.id or 0,
                    assessed_at=at or after(5),
                    score=score,
                    level=level,
                    model_version=version,
                    reasons=json.dumps(told),
                    unknown=json.dumps(list(unknown)),
                ),
            ]
        )
        await session.flush()
        await stores.touched(session, store.id)


async def unscored(db: Database, store: StoreRecord, token: str = TOKEN) -> None:
    """Make a session one that was imported without a score."""
    async with db.writing() as session:
        cart = await _cart(session, store, token)
        await (await session.connection()).execute(delete(SESSION_RISK).where(SESSION_RISK.c.session_id == cart.id))
        cart.risk_score, cart.assessed_level, cart.risk_level = None, RiskLevel.NORMAL, RiskLevel.NORMAL
        session.add(cart)
        await session.flush()
        await stores.touched(session, store.id)


async def _cart(session: AsyncSession, store: StoreRecord, token: str) -> CartSession:
    query = select(CartSession).where(CartSession.store_id == store.id, CartSession.cart_token == token)
    return (await session.exec(query)).one()


def _weigh(one: Judged, model: Model, level: RiskLevel) -> None:
    one.log_odds = model.score(one.readings).log_odds
    one.score = model.points(one.log_odds)
    # Where the levels begin in a quiet shop, but so that the session is in its own, however the table is tuned.
    quiet = Queue().thresholds(0, model)
    review, monitored = (
        min(quiet_one, one.log_odds - _CLEARLY) if reached else max(quiet_one, one.log_odds + _CLEARLY)
        for quiet_one, reached in (
            (quiet.review, level in (RiskLevel.REVIEW, RiskLevel.RESTRICTED)),
            (quiet.monitored, level is not RiskLevel.NORMAL),
        )
    )
    one.thresholds = Thresholds(review, monitored)
    if level is RiskLevel.RESTRICTED:
        assert model.is_hard(one.readings)
        assert model.probability(one.log_odds) >= 0.9
