"""The life of one session: what an event does to its status and its timer. No storage, no clock of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data.events import Event, EventType
from data.models import CartSession
from data.records import StoreRecord
from data.status import Status, may_become


@dataclass(slots=True)
class Verdict:
    """What became of an event: ``changes`` for the timeline, or the reason why it changed nothing."""

    applied: bool = True
    note: str | None = None
    changes: dict[str, str | int | None] = field(default_factory=dict)


def live_through(cart: CartSession, event: Event, store: StoreRecord, *, began: bool) -> Verdict:
    """Let the event change the session; ``began`` when this event is the first that is known of it."""
    if began:
        _start(cart, event, store)
    if event.type in _ENDINGS:
        return _end(cart, event, _ENDINGS[event.type])
    if event.type is EventType.SHOPPER_SEEN:
        return Verdict()
    if cart.status is not Status.ACTIVE:
        return Verdict(applied=False, note=f"The session was already {cart.status.value}.")
    if event.type is EventType.STARTED and not began:
        return _start_earlier(cart, event)
    return _STEPS[event.type](cart, event, store)


def _start(cart: CartSession, event: Event, store: StoreRecord) -> None:
    cart.expires_at = event.expires_at or event.occurred_at + timedelta(minutes=store.timer_minutes)


def _start_earlier(cart: CartSession, event: Event) -> Verdict:
    # The beginning arrives after something later: its lines and shopper count where they are newest.
    if event.occurred_at > cart.started_at:
        return Verdict(applied=False, note="The session had already started.")
    return Verdict()


def _started(cart: CartSession, event: Event, store: StoreRecord) -> Verdict:
    return Verdict()


def _updated(cart: CartSession, event: Event, store: StoreRecord) -> Verdict:
    cart.cart_updates += 1
    if event.expires_at is not None:
        _move_timer(cart, event.expires_at)
    return Verdict()


def _renewed(cart: CartSession, event: Event, store: StoreRecord) -> Verdict:
    cart.renewals += 1
    _move_timer(cart, event.expires_at or event.occurred_at + timedelta(minutes=store.timer_minutes))
    return Verdict(changes={"renewals": cart.renewals})


def _extended(cart: CartSession, event: Event, store: StoreRecord) -> Verdict:
    cart.manual_extends += 1
    _move_timer(cart, event.expires_at or event.occurred_at + timedelta(minutes=store.timer_minutes))
    return Verdict(changes={"manual_extends": cart.manual_extends})


def _move_timer(cart: CartSession, expires_at: datetime) -> None:
    # Deliveries arrive in any order: an older renewal never takes time away that a newer one has given.
    if cart.expires_at is None or expires_at > cart.expires_at:
        cart.expires_at = expires_at


def _end(cart: CartSession, event: Event, ending: Status) -> Verdict:
    if cart.status is ending:
        return Verdict(applied=False, note=f"The session was already {ending.value}.")
    if not may_become(cart.status, ending):
        return Verdict(applied=False, note=f"A session that is {cart.status.value} cannot become {ending.value}.")
    cart.status, cart.ended_at, cart.end_reason = ending, event.occurred_at, event.reason
    changes: dict[str, str | int | None] = {"reason": event.reason} if event.reason else {}
    return Verdict(changes=changes | ({"order_id": event.order_id} if event.order_id else {}))


_ENDINGS = {
    EventType.CONVERTED: Status.CONVERTED,
    EventType.EXPIRED: Status.EXPIRED,
    EventType.CANCELLED: Status.CANCELLED,
}
_STEPS: dict[EventType, Callable[[CartSession, Event, StoreRecord], Verdict]] = {
    EventType.STARTED: _started,
    EventType.CART_UPDATED: _updated,
    EventType.RENEWED: _renewed,
    EventType.EXTENDED: _extended,
    EventType.CHECKOUT_STARTED: _started,
}
