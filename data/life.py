"""The life of one session: what its events, in the order of time, make of it. No storage, no clock of its own.

Sources deliver in any order. So a life is a fold over events sorted by ``place``: the same events give the same life,
however they arrived. ``live`` goes on from a life that is already known, as long as what follows is newer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from data import events
from data.addresses import pack
from data.devices import device
from data.events import CartLine, Event, EventType, Place, TimelineKind
from data.status import Status, may_become
from data.timer import FARTHEST, Timer

Changes = dict[str, str | int | None]
"""What an entry of the timeline changed, flat. A name with ``_before`` tells what was before.

``status``, ``item_count``, ``value`` (minor units), ``expires_at`` (milliseconds UTC), ``renewals``,
``manual_extends``, each with its ``_before``; ``country``, ``reason``, ``order_id`` as the event gave them.
"""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPARED = ("status", "renewals", "manual_extends")
_ENDINGS = {
    EventType.CONVERTED: Status.CONVERTED,
    EventType.EXPIRED: Status.EXPIRED,
    EventType.CANCELLED: Status.CANCELLED,
}


@dataclass(slots=True)
class Life:
    """What is known of a session. ``lines`` is None as long as nothing was said of them."""

    started_at: datetime
    last_activity_at: datetime
    currency: str
    status: Status = Status.ACTIVE
    expires_at: datetime | None = None
    cart_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    value: int = 0
    item_count: int = 0
    product_count: int = 0
    cart_updates: int = 0
    renewals: int = 0
    max_renewals: int = 0
    manual_extends: int = 0
    ip: bytes | None = None
    country: str | None = None
    user_agent: str | None = None
    device: str = "unknown"
    accept_language: str | None = None
    device_id: str | None = None
    checkout_token: str | None = None
    order_id: str | None = None
    lines: tuple[CartLine, ...] | None = None
    start_reported: bool = True


@dataclass(slots=True)
class Entry:
    """One line of the timeline. ``event`` is None for what Cartwatch concluded by itself.

    ``score``, ``log_odds`` and ``model_version`` are what is thought of the session after it (data.scoring).
    """

    kind: TimelineKind
    occurred_at: datetime
    event: Event | None = None
    applied: bool = True
    note: str | None = None
    changes: Changes = field(default_factory=dict)
    score: int | None = None
    log_odds: float | None = None
    model_version: str | None = None


def place(event: Event) -> Place:
    """Where an event belongs among those of its session."""
    return events.place(TimelineKind.of(event.type), event.occurred_at, event.id)


def live(events: Iterable[Event], timer: Timer, life: Life | None = None) -> tuple[Life, list[Entry]]:
    """Let sorted events happen, to a new session or to ``life``, which is changed; and what the timeline tells.

    ``timer`` is what is granted where an event does not say when the hold ends. Raises ValueError without any event.
    """
    entries: list[Entry] = []
    for event in events:
        if life is None:
            life = _begin(event, timer)
            if event.type is not EventType.STARTED:
                # The source missed the beginning; the timeline has one all the same.
                entries.append(Entry(TimelineKind.STARTED, event.occurred_at))
            entries.append(_judge(life, event, timer, began=True))
            continue
        over = life.expires_at
        # A reported expiry says itself that the hold is over: no second entry for the same thing.
        if over is not None and over <= event.occurred_at and event.type is not EventType.EXPIRED:
            entries += expire(life)
        entries.append(_judge(life, event, timer, began=False))
    if life is None:
        raise ValueError("a life needs at least one event")
    return life, entries


def expire(life: Life) -> list[Entry]:
    """End an active session at the end of its hold; the entry that tells of it, none where it had ended already."""
    if life.status is not Status.ACTIVE or life.expires_at is None:
        return []
    life.status, life.ended_at = Status.EXPIRED, life.expires_at
    return [Entry(TimelineKind.EXPIRED, life.expires_at, changes=dict(EXPIRY))]


EMPTIED = "empty cart"
"""Why a session is cancelled whose cart held something and holds nothing any more."""

EXPIRY: Changes = {"status_before": Status.ACTIVE.value, "status": Status.EXPIRED.value}
"""What the end of a hold changes."""


def _begin(event: Event, timer: Timer) -> Life:
    life = Life(event.occurred_at, event.occurred_at, event.currency, start_reported=False)
    life.max_renewals = timer.max_renewals
    if event.type not in _ENDINGS:
        life.expires_at = event.occurred_at + timer.hold
    return life


def _judge(life: Life, event: Event, timer: Timer, *, began: bool) -> Entry:
    entry = Entry(TimelineKind.of(event.type), event.occurred_at, event)
    entry.note = _objection(life, event, timer)
    if entry.note:
        # By its checkout and its order a session is found, also after its end.
        entry.applied = False
        _learn(life, event, ("checkout_token", "order_id"), newest=event.occurred_at >= life.last_activity_at)
        return entry
    before, due = {name: getattr(life, name) for name in _COMPARED}, life.expires_at
    if event.type in _ENDINGS:
        _end(life, event, _ENDINGS[event.type])
    elif event.type is not EventType.SHOPPER_SEEN:
        _go_on(life, event, timer)
    if event.lines is not None and event.type is not EventType.SHOPPER_SEEN:
        held = life.item_count
        entry.changes |= _fill(life, event, event.lines)
        if held and not life.item_count and life.status is Status.ACTIVE:
            life.status, life.ended_at, life.end_reason = Status.CANCELLED, event.occurred_at, EMPTIED
            entry.changes["reason"] = EMPTIED
    country = life.country
    _see_shopper(life, event)
    life.last_activity_at = max(life.last_activity_at, event.occurred_at)
    for name in _COMPARED:
        if getattr(life, name) != before[name]:
            entry.changes |= {f"{name}_before": before[name], name: getattr(life, name)}
    if life.expires_at is not None and (began or life.expires_at != due) and event.type is not EventType.SHOPPER_SEEN:
        entry.changes |= {} if began else {"expires_at_before": _milliseconds(due)}
        entry.changes["expires_at"] = _milliseconds(life.expires_at)
    if life.country != country:
        entry.changes["country"] = life.country
    if event.reason:
        entry.changes["reason"] = event.reason
    if event.order_id:
        entry.changes["order_id"] = event.order_id
    return entry


def _objection(life: Life, event: Event, timer: Timer) -> str | None:
    """Why an event may change nothing; None when it may."""
    if event.type is EventType.SHOPPER_SEEN:
        return None
    ending = _ENDINGS.get(event.type)
    if life.status is Status.ACTIVE:
        if event.type is EventType.STARTED and life.start_reported:
            return "The session had already started."
        # A source that says itself when the hold ends has granted it already; the limits are for what we grant.
        if event.type is EventType.RENEWED and event.expires_at is None and life.renewals >= life.max_renewals:
            return "All renewals had been used."
        if event.type is EventType.EXTENDED and event.expires_at is None and not timer.extension:
            return "This store does not allow extensions."
        return None
    if ending is not None and may_become(life.status, ending):
        return None
    return {
        Status.CONVERTED: "The session had already been converted.",
        Status.EXPIRED: "The session had already expired.",
        Status.CANCELLED: "The session had already been cancelled.",
    }[life.status]


def _go_on(life: Life, event: Event, timer: Timer) -> None:
    expires_at = event.expires_at
    if event.type is EventType.STARTED:
        life.start_reported = True
    elif event.type is EventType.CART_UPDATED:
        life.cart_updates += 1
    elif event.type is EventType.RENEWED:
        life.renewals += 1
        expires_at = expires_at or event.occurred_at + timer.hold
    elif event.type is EventType.EXTENDED:
        life.manual_extends += 1
        due = max(life.expires_at or event.occurred_at, event.occurred_at)
        # Never less than what is held already: that may have been granted for longer by the source.
        expires_at = expires_at or max(due, min(due + timer.extension, event.occurred_at + FARTHEST))
    newest = event.occurred_at >= life.last_activity_at
    if expires_at is not None and (newest or life.expires_at is None or expires_at > life.expires_at):
        # A hold that was over before anything happened would have lasted less than no time.
        life.expires_at = max(expires_at, event.occurred_at)


def _end(life: Life, event: Event, ending: Status) -> None:
    over = life.expires_at
    life.status, life.ended_at, life.end_reason = ending, event.occurred_at, event.reason
    if ending is Status.EXPIRED and over is not None and over < event.occurred_at:
        # Sources sweep too, and report a while later: the hold was over when it was over.
        life.ended_at = over


def _fill(life: Life, event: Event, lines: tuple[CartLine, ...]) -> Changes:
    if life.cart_at is not None and event.occurred_at < life.cart_at:
        return {}
    before: Changes = {}
    if life.cart_at is not None:
        before = {"item_count_before": life.item_count, "value_before": life.value}
    life.lines, life.cart_at, life.currency = lines, event.occurred_at, event.currency
    life.item_count = sum(line.quantity for line in lines)
    life.value = sum(line.quantity * line.unit_price for line in lines)
    life.product_count = len({line.product_id or line.variant_id or line.title for line in lines})
    return before | {"item_count": life.item_count, "value": life.value}


def _see_shopper(life: Life, event: Event) -> None:
    """What an event tells of the shopper; the newest word counts, and silence takes nothing back."""
    newest = event.occurred_at >= life.last_activity_at
    if event.ip and (newest or life.ip is None):
        life.ip = pack(event.ip)
    if event.user_agent and (newest or life.user_agent is None):
        life.user_agent, life.device = event.user_agent, device(event.user_agent)
    _learn(life, event, ("country", "accept_language", "device_id", "checkout_token", "order_id"), newest=newest)


def _learn(life: Life, event: Event, names: Iterable[str], *, newest: bool) -> None:
    for name in names:
        said = getattr(event, name)
        if said and (newest or getattr(life, name) is None):
            setattr(life, name, said)


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(milliseconds=1)
