"""Scores sessions in the write transaction that changes them: what was told is read, weighed, and given a level.

The same events in the same order give the same scores, whether they come one by one or all at once, and nothing that
comes later changes what was thought of a session at an event.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from sqlmodel.ext.asyncio.session import AsyncSession

from data import judgement, notices, past, past_lines
from data.columns import moment
from data.events import TimelineKind
from data.judgement import Judged
from data.levels import RiskLevel
from data.life import Entry
from data.notices import LevelChange
from data.past_lines import TakenBack
from data.records import StoreRecord
from data.risk.entity import DAY
from data.risk.explain import causes
from data.risk.happening import Happening, milliseconds, of_event
from data.risk.lookout import Lookout, Lookouts
from data.risk.model import Model
from data.risk.queue import level
from data.risk.wording import english
from data.session_ids import first_id


async def judge(
    session: AsyncSession, store: StoreRecord, told: Sequence[tuple[int, Entry]], new: Mapping[int, str]
) -> tuple[dict[int, Judged], list[tuple[int, Entry]]]:
    """Judge sessions by what is going to be told of them, in that order, in the caller's write transaction.

    ``new`` are the cart tokens of sessions that are not written yet, by id. Answers with what is thought of each
    session, and all lines for the timelines: those told, each with its score, and one where a level changes.
    """
    lookout = await past.bring_up_to_date(session, session.info["lookouts"], store)
    known = await judgement.known(await session.connection(), {session_id for session_id, _ in told} - new.keys())
    forgotten = [session_id for session_id, one in known.items() if one.visit is None]
    if forgotten:
        for session_id, visit in (await past.visits(await session.connection(), forgotten, store.currency)).items():
            known[session_id].visit = visit
    known |= {session_id: Judged(token, new=True) for session_id, token in new.items()}
    lines: list[tuple[int, Entry]] = []
    for session_id, entry in told:
        lines.append((session_id, entry))
        one = _happening(session_id, entry)
        # Of an imported session nothing was told that could be gone on with; it is not begun by its end either.
        if one is not None and session_id in known and (entry.event is not None or known[session_id].visit is not None):
            judged = known[session_id]
            # Of the day that the queue is about: what is imported of before takes no room in it.
            if judged.new and judged.at is None and one.at > lookout.watch.now - DAY:
                judged.sampled = _drawn(session_id, lookout.queue.drawn(store.review_capacity))
            line = _judge(lookout, store, one, entry, judged)
            if line is not None:
                lines.append((session_id, line))
    return {session_id: one for session_id, one in known.items() if one.told}, lines


async def keep(
    session: AsyncSession,
    store: StoreRecord,
    judged: Mapping[int, Judged],
    now: datetime,
    *,
    written: Container[int] = (),
    taken_back: Mapping[int, Sequence[TakenBack]] | None = None,
) -> None:
    """Write what was judged, once the sessions and their timelines are written; the shop hears of restrictions.

    ``written`` are the old sessions whose own rows were written with it. ``taken_back`` are the lines, by session,
    of expiries that are not in the timelines any more.
    """
    lookouts: Lookouts = session.info["lookouts"]
    lookout = lookouts.by_store[store.id]
    connection = await session.connection()
    shown = {
        session_id: one
        for session_id, one in judged.items()
        if not (one.new or session_id in written)
        and (one.risk_score, one.assessed, one.shown) != (one.risk_score_before, one.assessed_before, one.shown_before)
    }
    await judgement.write(connection, store.id, judged, lookout)
    await judgement.show(connection, shown)
    await past_lines.take_back(session, taken_back or {})
    await past.told(session, lookouts)
    heard = [
        change(lookout.model, session_id, one)
        for session_id, one in judged.items()
        if one.shown is not one.shown_before
    ]
    await notices.write(session, store.id, [one for one in heard if one is not None], now)


def forget(session: AsyncSession, store: StoreRecord, gone: Iterable[int]) -> None:
    """Sessions were deleted; where they are of the recent past, that is made again without them."""
    lookouts: Lookouts = session.info["lookouts"]
    since = first_id(moment(lookouts.by_store[store.id].watch.now) - past.KEPT)
    if any(session_id >= since for session_id in gone):
        lookouts.forget()


def _judge(lookout: Lookout, store: StoreRecord, one: Happening, entry: Entry, known: Judged) -> Entry | None:
    """Read and weigh one event; the line that tells of it where the level changes by it.

    One that comes more than a day late is only noted, where the session has a score already.
    """
    model, queue = lookout.model, lookout.queue
    known.visit, readings = lookout.watch.see(one, known.visit)
    known.told = True
    if known.score is not None and lookout.watch.is_past(one.at):
        return None  # whom it shared its address and device with is forgotten: what was thought then is worth more
    known.readings = readings
    known.log_odds = model.score(known.readings).log_odds
    known.thresholds = queue.thresholds(store.review_capacity, model)
    before, score_before = known.assessed, known.score
    known.assessed = level(
        model, known.log_odds, known.thresholds, hard=model.is_hard(known.readings), before=known.assessed
    )
    queued = known.assessed is not RiskLevel.RESTRICTED
    known.seen = known.seen or not queued
    queue.place(one.session_id, known.visit.begun, known.log_odds, lookout.watch.now, queued=queued)
    known.score, known.at = model.points(known.log_odds), entry.occurred_at
    entry.score, entry.log_odds, entry.model_version = known.score, known.log_odds, model.version
    if known.assessed is before:
        return None
    return known.line(entry.occurred_at, model.version, score_before=score_before, level_before=before)


def _happening(session_id: int, entry: Entry) -> Happening | None:
    if entry.event is not None:
        return of_event(session_id, entry.event)
    if entry.kind is TimelineKind.EXPIRED:
        return Happening(session_id, entry.kind, milliseconds(entry.occurred_at))
    return None


def change(model: Model, session_id: int, one: Judged) -> LevelChange | None:
    """What the shop hears of: a restriction by the score, or the end of one; None for all else."""
    if RiskLevel.RESTRICTED not in (one.shown, one.shown_before):
        return None
    raising = [cause for cause in causes(model, one.readings) if cause.contribution > 0]
    reason = english(raising[0]) if raising and one.shown is RiskLevel.RESTRICTED else ""
    return LevelChange(session_id, one.cart_token, one.shown_before, one.shown, one.decision, reason, None, None)


def _drawn(session_id: int, chance: float) -> float | None:
    """The chance, for a session that is drawn for the random check. By its id: the same in every process."""
    digest = blake2b(session_id.to_bytes(8, "big"), digest_size=8).digest()
    return chance if int.from_bytes(digest, "big") < chance * 2**64 else None
