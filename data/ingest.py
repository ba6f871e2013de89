"""Ingest: events in, sessions out. One delivery is one write transaction: all of it is stored, or nothing.

An event that cannot be read is rejected alone. An event that was seen before is a duplicate. An event that comes too
late for the session's state enters the timeline and changes nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import stores
from data.addresses import pack
from data.database import Database
from data.devices import device
from data.event_format import EventError, parse
from data.events import Assessment, Event, EventType, TimelineKind
from data.levels import RiskLevel, effective
from data.life import Verdict, live_through
from data.models import CartSession, LineItem, RiskAssessment, TimelineEvent
from data.records import StoreRecord
from data.session_ids import next_id
from data.status import Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event; ``error`` says why it was rejected."""

    status: Literal["applied", "duplicate", "rejected"]
    error: str | None = None


async def receive(
    db: Database, store: StoreRecord, documents: Sequence[object], *, source: str, now: datetime
) -> list[Outcome]:
    """Apply a delivery of documents in the public format, in their order; an outcome for each. Raises Busy."""
    outcomes: list[Outcome] = []
    read: list[tuple[int, Event]] = []
    for number, document in enumerate(documents):
        try:
            read.append((number, parse(document, currency=store.currency, received_at=now)))
            outcomes.append(Outcome("applied"))
        except EventError as problem:
            outcomes.append(Outcome("rejected", str(problem)))
    if not read:
        return outcomes
    async with db.writing() as session:
        for number, event in read:
            outcomes[number] = await apply(session, store, event, source=source, now=now)
        if any(outcome.status == "applied" for outcome in outcomes):
            await stores.touched(session, store.id)
    return outcomes


async def apply(session: AsyncSession, store: StoreRecord, event: Event, *, source: str, now: datetime) -> Outcome:
    """Apply one event inside the caller's write transaction; the caller moves the store's revision."""
    seen = select(TimelineEvent.id).where(TimelineEvent.store_id == store.id, TimelineEvent.source_id == event.id)
    if (await session.exec(seen)).first() is not None:
        return Outcome("duplicate")
    cart = await _find(session, store.id, event.cart_token)
    began = cart is None
    if cart is None:
        cart = await _begin(session, store, event)
        if event.type is not EventType.STARTED:
            # The source missed the beginning; the timeline has one all the same.
            _note(session, cart, TimelineKind.STARTED, event.occurred_at, now, "system")
    _expire_first(session, cart, event, now)
    verdict = live_through(cart, event, store, began=began)
    if verdict.applied and event.lines is not None and (cart.cart_at is None or event.occurred_at >= cart.cart_at):
        verdict.changes.update(await _fill(session, cart, event))
    _see_shopper(cart, event)
    cart.last_activity_at = max(cart.last_activity_at, event.occurred_at)
    session.add(cart)
    session.add(_entry(cart, event, verdict, source, now))
    await session.flush()
    return Outcome("applied")


async def assess(
    session: AsyncSession, store_id: int, cart_token: str, assessment: Assessment, *, source: str
) -> None:
    """Store a risk assessment of a session. The merchant's own decision stands whatever it says.

    Raises LookupError for an unknown session.
    """
    cart = await _find(session, store_id, cart_token)
    if cart is None:
        raise LookupError(cart_token)
    level = RiskLevel(assessment.level)
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
    cart.risk_score = assessment.score
    cart.assessed_level = level
    cart.risk_level = effective(level, cart.decision)
    session.add(cart)
    _note(
        session,
        cart,
        TimelineKind.RISK_ASSESSED,
        assessment.assessed_at,
        assessment.assessed_at,
        source,
        changes={"score": assessment.score, "level": level.value},
    )
    await stores.touched(session, store_id)


async def _find(session: AsyncSession, store_id: int, cart_token: str) -> CartSession | None:
    found = await session.exec(
        select(CartSession).where(col(CartSession.store_id) == store_id, col(CartSession.cart_token) == cart_token)
    )
    return found.first()


async def _begin(session: AsyncSession, store: StoreRecord, event: Event) -> CartSession:
    cart = CartSession(
        id=await next_id(session, event.occurred_at),
        store_id=store.id,
        cart_token=event.cart_token,
        status=Status.ACTIVE,
        started_at=event.occurred_at,
        last_activity_at=event.occurred_at,
        currency=event.currency,
        max_renewals=store.max_renewals,
    )
    session.add(cart)
    await session.flush()
    return cart


def _expire_first(session: AsyncSession, cart: CartSession, event: Event, now: datetime) -> None:
    """A hold that was over when the event happened is ended before the event is judged."""
    over = cart.expires_at
    if cart.status is not Status.ACTIVE or over is None or over > event.occurred_at:
        return
    cart.status, cart.ended_at = Status.EXPIRED, over
    _note(session, cart, TimelineKind.EXPIRED, over, now, "system")


async def _fill(session: AsyncSession, cart: CartSession, event: Event) -> dict[str, str | int | None]:
    """Replace the cart's lines; what that changed."""
    lines = event.lines or ()
    before = {"item_count_before": cart.item_count, "value_before": cart.value}
    if cart.cart_at is not None:
        for old in await session.exec(select(LineItem).where(LineItem.session_id == cart.id)):
            await session.delete(old)
    session.add_all(
        LineItem(store_id=cart.store_id, session_id=cart.id, position=place, **asdict(line))
        for place, line in enumerate(lines)
    )
    cart.cart_at = event.occurred_at
    cart.currency = event.currency
    cart.item_count = sum(line.quantity for line in lines)
    cart.value = sum(line.quantity * line.unit_price for line in lines)
    cart.product_count = len({line.product_id or line.variant_id or line.title for line in lines})
    return {"item_count": cart.item_count, "value": cart.value, **before}


def _see_shopper(cart: CartSession, event: Event) -> None:
    """What an event tells of the shopper; the newest word counts, and silence takes nothing back."""
    newest = event.occurred_at >= cart.last_activity_at
    if event.ip and (newest or cart.ip is None):
        cart.ip = pack(event.ip)
    if event.user_agent and (newest or cart.user_agent is None):
        cart.user_agent, cart.device = event.user_agent, device(event.user_agent)
    for name in ("country", "accept_language", "device_id", "checkout_token", "order_id"):
        said = getattr(event, name)
        if said and (newest or getattr(cart, name) is None):
            setattr(cart, name, said)


def _entry(cart: CartSession, event: Event, verdict: Verdict, source: str, now: datetime) -> TimelineEvent:
    return TimelineEvent(
        store_id=cart.store_id,
        session_id=cart.id,
        kind=TimelineKind.of(event.type),
        occurred_at=event.occurred_at,
        received_at=now,
        source=source,
        source_id=event.id,
        applied=verdict.applied,
        changes=json.dumps(verdict.changes) if verdict.changes else None,
        note=verdict.note,
        raw=event.raw,
    )


def _note(
    session: AsyncSession,
    cart: CartSession,
    kind: TimelineKind,
    at: datetime,
    now: datetime,
    source: str,
    changes: dict[str, str | int] | None = None,
) -> None:
    session.add(
        TimelineEvent(
            store_id=cart.store_id,
            session_id=cart.id,
            kind=kind,
            occurred_at=at,
            received_at=now,
            source=source,
            changes=json.dumps(changes) if changes else None,
        )
    )
