"""Ingest: events in, sessions out, inside one write transaction: all of it is stored, or nothing.

An event that was seen before is a duplicate. Deliveries may come in any order: one that is older than what is known is
put in its place, and the session's life is lived again. What that can never do is to make a session active again that
had ended: such an event enters the timeline and changes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from data import ledger, matching, rulings, scoring, stand_ins, stores
from data.event_format import parse, without_full_ip
from data.events import Event, EventType, Place, TimelineKind
from data.ledger import OWN, NewSession, Past
from data.life import Entry, Life, expire, live, place
from data.past_lines import TakenBack
from data.records import StoreRecord
from data.rule_book import Seen
from data.status import Status
from data.timer import Timer

Shopper = tuple[bytes | None, str | None]
"""IP and device of a session, as far as they are known."""

MOST_LIVED_AGAIN = 500
"""Lines of a timeline that may be lived again. A longer one only goes on: others wait meanwhile, and no shopper's cart
has so many."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event; ``error`` says why it was rejected. An event that changed nothing is applied too."""

    status: Literal["applied", "duplicate", "rejected"]
    error: str | None = None


async def apply_all(
    session: AsyncSession, store: StoreRecord, events: Sequence[Event], *, source: str, now: datetime
) -> list[Outcome]:
    """Apply events of any sessions inside the caller's write transaction; moves the store's revision once.

    What waits in the inbox for one of the sessions is let go: the applier looks for it.
    """
    await session.flush()  # what the caller has only added is part of what is known
    seen = await ledger.known_ids(session, store.id, {event.id for event in events})
    outcomes: list[Outcome] = []
    fresh: list[Event] = []
    for event in events:
        outcomes.append(Outcome("duplicate" if event.id in seen else "applied"))
        if event.id not in seen:
            seen.add(event.id)
            fresh.append(event)
    if not fresh:
        return outcomes
    known = await ledger.lives(session, store.id, {event.cart_token for event in fresh})
    fresh = [_kept(event, known.get(event.cart_token), now - timedelta(days=store.ip_days)) for event in fresh]
    shoppers = {token: (life.ip, life.device_id) for token, (_, life) in known.items()}
    page = _Page(timer=store.timer, now=now)
    # Sorting is stable, so a session's events of the same place stay in their order of arrival.
    for token, group in groupby(sorted(fresh, key=_by_session), key=lambda event: event.cart_token):
        its_events = list(group)
        if token not in known:
            page.new[token], page.beginnings[token] = live(its_events, page.timer)
        elif _is_late(its_events, known[token][1]):
            session_id, life = known[token]
            past = await ledger.timeline(session, session_id, most=MOST_LIVED_AGAIN)
            page.live_again(session_id, life, past, its_events, store.currency)
        else:
            page.live_on(*known[token], its_events)
    arrived = dict.fromkeys(event.cart_token for event in fresh)
    ids = await ledger.free_ids(session, {token: page.new[token].started_at for token in arrived if token in page.new})
    tokens = {ids[token]: token for token in page.new}
    judged, entries = await scoring.judge(session, store, page.told(ids, fresh), tokens)
    begun = {number: NewSession(token, page.new[token], judged[number].columns()) for number, token in tokens.items()}
    await ledger.begin(session, store.id, begun)
    written = {number: one.columns() for number, one in judged.items() if number in page.changed}
    await ledger.go_on(session, page.changed, written)
    carts = page.changed | {number: one.life for number, one in begun.items()}
    await ledger.fill(session, store.id, carts, new=begun)
    await ledger.tell(session, store.id, entries, source=source, now=now)
    await ledger.retell(session, page.retold, page.untold)
    await scoring.keep(session, store, judged, now, written=written, taken_back=page.taken_back)
    newly = page.newly_seen(ids, {token: number for token, (number, _) in known.items()}, shoppers)
    await rulings.decide_new(session, store.id, newly, now)
    scoring.forget(session, store, await stand_ins.give_way(session, store.id, fresh))
    await matching.release(session, store.id, fresh)
    await stores.touched(session, store.id)
    return outcomes


def _kept(event: Event, known: tuple[int, Life] | None, cutoff: datetime) -> Event:
    """The event as it may be kept: of a time whose addresses have been shortened already, no full one comes in."""
    late = event.occurred_at < cutoff or (known is not None and known[1].started_at < cutoff)
    return without_full_ip(event) if late else event


def _by_session(event: Event) -> tuple[str, Place]:
    return event.cart_token, place(event)


def _is_late(events: Sequence[Event], life: Life) -> bool:
    """Whether sorted events may change how something that is already known was judged."""
    return (
        events[0].occurred_at <= life.last_activity_at
        # An expiry may have been Cartwatch's own conclusion, from a timer that these events knew more of; and what came
        # after an ending may have been told already.
        or (life.status is not Status.ACTIVE and not all(map(_only_sees, events)))
        or any(event.type is EventType.STARTED for event in events)
    )


def _only_sees(event: Event) -> bool:
    """Whether an event tells of the shopper alone: after all that counted it changes no judgement, over or not.

    By a checkout and an order a session is found, so what changed nothing may have named one too, of a later moment.
    """
    return event.type is EventType.SHOPPER_SEEN and not event.checkout_token and not event.order_id


@dataclass(slots=True)
class _Page:
    """What one transaction will write."""

    timer: Timer
    now: datetime
    new: dict[str, Life] = field(default_factory=dict)
    beginnings: dict[str, list[Entry]] = field(default_factory=dict)
    changed: dict[int, Life] = field(default_factory=dict)
    entries: list[tuple[int, Entry]] = field(default_factory=list)
    retold: dict[int, Entry] = field(default_factory=dict)
    untold: list[int] = field(default_factory=list)
    taken_back: dict[int, list[TakenBack]] = field(default_factory=dict)

    def newly_seen(
        self, ids: Mapping[str, int], known: Mapping[str, int], shoppers: Mapping[str, Shopper]
    ) -> list[Seen]:
        """The sessions that are new, by ``ids``, or whose shopper is not seen as before: rules may be about those."""
        lives = [(ids[token], token, life) for token, life in self.new.items()]
        for token, session_id in known.items():
            changed = self.changed.get(session_id)
            if changed is not None and (changed.ip, changed.device_id) != shoppers[token]:
                lives.append((session_id, token, changed))
        return [Seen(number, token, life.ip, life.device_id, life.ended_at) for number, token, life in lives]

    def told(self, ids: Mapping[str, int], events: Sequence[Event]) -> list[tuple[int, Entry]]:
        """All new lines of timelines with their sessions' ids, in the order of time, whosever they are.

        As if the ``events`` had come one by one: those of the same moment as they came, and a conclusion with the event
        that it was drawn from.
        """
        arrival = {event.id: number for number, event in enumerate(events)}
        begun = [(ids[token], entry) for token, entries in self.beginnings.items() for entry in entries]
        lines, moments = begun + self.entries, dict[int, tuple[datetime, int]]()
        placed = []
        for number in range(len(lines) - 1, -1, -1):
            session_id, entry = lines[number]
            if entry.event is not None:
                own, following = (entry.occurred_at, arrival[entry.event.id]), moments.get(session_id)
                # A session's own lines stay in their order, also those of one moment.
                moments[session_id] = min(own, following) if following and following[0] == own[0] else own
            placed.append((*moments.get(session_id, (entry.occurred_at, len(arrival))), number))
        return [lines[number] for *_, number in sorted(placed)]

    def live_on(self, session_id: int, life: Life, events: Sequence[Event]) -> None:
        """Let newer events follow what is known."""
        life, entries = live(events, self.timer, life)
        self.changed[session_id] = life
        self.entries += [(session_id, entry) for entry in entries]

    def live_again(
        self, session_id: int, life: Life, past: Sequence[Past], events: Sequence[Event], currency: str
    ) -> None:
        """Put late events in their places and live the whole life again, where all of it is known."""
        remembered = _remember(past, life, currency, self.timer)
        if remembered is None:
            self.live_on(session_id, life, events)
            return
        # The limit is the one that the session began with.
        timer = replace(self.timer, max_renewals=life.max_renewals)
        again, entries = live(sorted([*remembered, *events], key=place), timer)
        if life.status is not Status.ACTIVE and again.expires_at is not None and again.expires_at <= self.now:
            entries += expire(again)
        if life.status is not Status.ACTIVE and again.status is Status.ACTIVE:
            note = "This arrived after the session had ended."
            self.entries += [
                (session_id, Entry(TimelineKind.of(event.type), event.occurred_at, event, applied=False, note=note))
                for event in events
            ]
            return
        # A cart that was stored may have come from an event that does not count any more.
        again.lines = again.lines or ()
        self.changed[session_id] = again
        self._compare(session_id, past, entries)

    def _compare(self, session_id: int, past: Sequence[Past], entries: Sequence[Entry]) -> None:
        """Leave the lines of the timeline that are right, correct the others, and add what is new."""
        told = {line.source_id or (line.kind, line.occurred_at): line for line in past if _is_ours_to_tell(line)}
        for entry in entries:
            line = told.pop(entry.event.id if entry.event else (entry.kind, entry.occurred_at), None)
            if line is None:
                self.entries.append((session_id, entry))
            elif (line.applied, line.note, line.changes) != (entry.applied, entry.note, ledger.changes_text(entry)):
                self.retold[line.id] = entry
        wrong = [line for line in told.values() if line.source_id is None]
        self.untold += [line.id for line in wrong]
        expiries = [(line.id, line.occurred_at, line.log_odds) for line in wrong if line.kind is TimelineKind.EXPIRED]
        if expiries:
            self.taken_back[session_id] = expiries


def _is_ours_to_tell(line: Past) -> bool:
    """Whether a line follows from events alone: not what the merchant decided or a model found."""
    return line.raw is not None or (line.source == OWN and line.kind in (TimelineKind.STARTED, TimelineKind.EXPIRED))


def _remember(past: Sequence[Past], life: Life, currency: str, timer: Timer) -> list[Event] | None:
    """The events of a session in the order of arrival; None where they do not tell all of its life.

    A session may have been imported as a whole, and what was received may have been erased.
    """
    reported = {kind.name for kind in EventType}
    events = []
    for line in past:
        if line.source_id is None or line.raw is None:
            if line.kind.name in reported and line.source != OWN:
                return None
            continue
        try:
            event = parse(json.loads(line.raw), currency=currency, received_at=line.received_at)
        except ValueError:
            return None
        # An id that was made from the text stays the same when the address in the text is shortened.
        events.append(replace(event, id=line.source_id))
    if not events:
        return None
    alone, _ = live(sorted(events, key=place), timer)
    told = all(getattr(alone, n) >= getattr(life, n) for n in ("cart_updates", "renewals", "manual_extends"))
    return events if told and (life.cart_at is None or alone.cart_at is not None) else None
