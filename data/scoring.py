"""Scores sessions in the write transaction that changes them: what was told is read, weighed, and given a level.

The same events in the same order give the same scores, whether they come one by one or all at once, and nothing that
comes later changes what was thought of a session at an event.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from data import notices, past, past_lines
from data.columns import in_chunks, moment
from data.events import TimelineKind
from data.levels import Decision, RiskLevel, effective
from data.life import Entry
from data.models import METADATA
from data.notices import LevelChange
from data.past_lines import TakenBack
from data.records import StoreRecord
from data.risk.entity import DAY
from data.risk.explain import causes
from data.risk.happening import Happening, milliseconds, of_event
from data.risk.lookout import Lookout, Lookouts
from data.risk.model import Model
from data.risk.queue import Thresholds, level
from data.risk.readings import Reading
from data.risk.visit import Visit
from data.risk.wording import english
from data.risk_models import SESSION_RISK
from data.session_ids import first_id

_SESSION: Any = METADATA.tables["session"]
_KNOWN = (
    select(
        *(_SESSION.c[name] for name in ("id", "cart_token", "decision", "assessed_level", "risk_level", "risk_score")),
        SESSION_RISK.c.memory,
        SESSION_RISK.c.sampled,
        SESSION_RISK.c.score,
        SESSION_RISK.c.session_id.is_not(None),
    )
    .outerjoin_from(_SESSION, SESSION_RISK, SESSION_RISK.c.session_id == _SESSION.c.id)
    .where(_SESSION.c.id.in_(bindparam("ids", expanding=True)))
)
_STORED = (
    "assessed_at",
    "model_version",
    "log_odds",
    "score",
    "review_at",
    "monitored_at",
    "sampled",
    "shadow_log_odds",
    "readings",
    "memory",
)
_KEEP = insert(SESSION_RISK).values({name: bindparam(name) for name in ("session_id", "store_id", *_STORED)})
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=["session_id"], set_={name: _KEEP.excluded[name] for name in _STORED}
)
# Given to the driver as it is: converting each value of so many rows takes longer than storing them.
_KEEP_TEXT = str(_KEEP.compile(dialect=sqlite.dialect(paramstyle="named")))
SHOW = (
    update(_SESSION)
    .where(_SESSION.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("risk_score", "assessed_level", "risk_level")})
)
"""Writes ``Judged.columns`` into sessions that are there already, ``of`` being the session's id."""


@dataclass(slots=True)
class Judged:
    """What is thought of a session after its last event. ``shown`` is the level that counts, with the merchant's word.

    ``risk_score`` is the score as the merchant may see it: none while the session is checked at random. ``seen`` says
    that it was restricted in between, so that it is no secret any more.
    """

    cart_token: str
    decision: Decision | None = None
    assessed: RiskLevel = RiskLevel.NORMAL
    shown_before: RiskLevel = RiskLevel.NORMAL
    risk_score_before: int | None = None
    visit: Visit | None = None
    sampled: float | None = None
    seen: bool = False
    score: int | None = None
    stored: bool = False
    new: bool = False
    assessed_before: RiskLevel = RiskLevel.NORMAL
    log_odds: float = 0.0
    at: datetime | None = None
    readings: Sequence[Reading] = ()
    thresholds: Thresholds | None = None

    @property
    def hidden(self) -> bool:
        """Whether the merchant is to judge without having seen the score. Once seen it is not hidden again."""
        seen = (
            self.seen or self.assessed is RiskLevel.RESTRICTED or (self.stored and self.risk_score_before is not None)
        )
        return self.sampled is not None and self.decision is None and not seen

    @property
    def shown(self) -> RiskLevel:
        """The level that counts."""
        return RiskLevel.REVIEW if self.hidden else effective(self.assessed, self.decision)

    @property
    def risk_score(self) -> int | None:
        """The score that the merchant may see."""
        return None if self.hidden else self.score

    def columns(self) -> dict[str, Any]:
        """What the session's own row has of it."""
        return {"risk_score": self.risk_score, "assessed_level": self.assessed, "risk_level": self.shown}


async def judge(
    session: AsyncSession, store: StoreRecord, told: Sequence[tuple[int, Entry]], new: Mapping[int, str]
) -> tuple[dict[int, Judged], list[tuple[int, Entry]]]:
    """Judge sessions by what is going to be told of them, in that order, in the caller's write transaction.

    ``new`` are the cart tokens of sessions that are not written yet, by id. Answers with what is thought of each
    session, and all lines for the timelines: those told, each with its score, and one where a level changes.
    """
    lookout = await past.bring_up_to_date(session, session.info["lookouts"], store)
    known = await _known(session, {session_id for session_id, _ in told} - new.keys())
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
    return {session_id: one for session_id, one in known.items() if one.at is not None}, lines


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
    rows = [{"session_id": session_id, "store_id": store.id} | _row(lookout, one) for session_id, one in judged.items()]
    shown = [
        {"of": session_id} | one.columns()
        for session_id, one in judged.items()
        if not (one.new or session_id in written)
        and (one.risk_score, one.assessed, one.shown) != (one.risk_score_before, one.assessed_before, one.shown_before)
    ]
    if rows:
        await connection.exec_driver_sql(_KEEP_TEXT, rows)
    if shown:
        await connection.execute(SHOW, shown)
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
    """Read and weigh one event; the line that tells of it where the level changes by it."""
    model, queue = lookout.model, lookout.queue
    known.visit, known.readings = lookout.watch.see(one, known.visit)
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
    changes: dict[str, str | int | None] = {
        "score_before": score_before,
        "score": known.score,
        "level_before": before.value,
        "level": known.assessed.value,
    }
    line = Entry(TimelineKind.RISK_ASSESSED, entry.occurred_at, changes=changes, model_version=model.version)
    line.score, line.log_odds = known.score, known.log_odds
    return line


async def _known(session: AsyncSession, ids: Iterable[int]) -> dict[int, Judged]:
    connection = await session.connection()
    found = {}
    for some in in_chunks(ids):
        for row in await connection.execute(_KNOWN, {"ids": some}):
            session_id, token, decision, assessed, shown, risk_score, memory, sampled, score, stored = row
            found[session_id] = Judged(
                token,
                decision,
                assessed=assessed,
                assessed_before=assessed,
                shown_before=shown,
                risk_score_before=risk_score,
                visit=Visit.loaded(memory) if memory else None,
                sampled=sampled,
                score=score,
                stored=stored,
            )
    return found


def _happening(session_id: int, entry: Entry) -> Happening | None:
    if entry.event is not None:
        return of_event(session_id, entry.event)
    if entry.kind is TimelineKind.EXPIRED:
        return Happening(session_id, entry.kind, milliseconds(entry.occurred_at))
    return None


def _row(lookout: Lookout, one: Judged) -> dict[str, Any]:
    thresholds = one.thresholds
    return {
        "assessed_at": one.at and milliseconds(one.at),
        "model_version": lookout.model.version,
        "log_odds": one.log_odds,
        "score": one.score,
        "review_at": thresholds and thresholds.review,
        "monitored_at": thresholds and thresholds.monitored,
        "sampled": one.sampled,
        "shadow_log_odds": lookout.shadow.score(one.readings).log_odds if lookout.shadow else None,
        "readings": orjson.dumps(one.readings).decode(),
        "memory": one.visit and one.visit.dumped(),
    }


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
