"""Scores stored sessions again by the table in use: after an upgrade, or once a learned table was promoted.

Of each session it is known what was read of it; only the weighing is done anew. Levels are given in the order in which
the sessions began, each beside those of the day before it, as if the table had been in use all the time. What the
merchant decided stands, and no score of before is changed along a timeline.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from data import judgement, learned_models, ledger, notices, scoring, stores
from data.columns import milliseconds
from data.database import Database
from data.judgement import Judged
from data.ledger import OWN
from data.levels import RiskLevel
from data.life import Entry
from data.models import METADATA
from data.past import KEPT
from data.records import StoreRecord
from data.risk.model import Model
from data.risk.queue import Queue, Thresholds, level
from data.risk.readings import READINGS, Reading
from data.risk_models import SESSION_RISK
from data.status import Status

BATCH = 2_000
"""Sessions scored in one transaction: ingest has its turn between two of them."""

_SESSION: Any = METADATA.tables["session"]
_QUERY: Any = select(
    SESSION_RISK.c.session_id,
    *(_SESSION.c[name] for name in ("cart_token", "started_at", "status", "decision", "assessed_level", "risk_level")),
    _SESSION.c.risk_score,
    *(SESSION_RISK.c[name] for name in ("score", "log_odds", "model_version", "sampled", "readings")),
).join_from(SESSION_RISK, _SESSION, _SESSION.c.id == SESSION_RISK.c.session_id)
_WEIGHED = (
    update(SESSION_RISK)
    .where(SESSION_RISK.c.session_id == bindparam("of"))
    .values(
        {
            name: bindparam(name)
            for name in ("assessed_at", "model_version", "log_odds", "score", "review_at", "monitored_at")
        }
    )
)
_SCORED = update(_SESSION).where(_SESSION.c.id == bindparam("of")).values(risk_score=bindparam("risk_score"))


@dataclass(slots=True)
class Rescored:
    """What came of it. ``unread`` sessions keep their score: an older version read them otherwise."""

    version: str
    scored: int = 0
    moved: int = 0
    unread: int = 0


@dataclass(slots=True)
class _Page:
    """What one transaction is to write."""

    weighed: list[dict[str, Any]] = field(default_factory=list)
    scored: list[dict[str, Any]] = field(default_factory=list)
    levels: dict[int, Judged] = field(default_factory=dict)
    lines: list[tuple[int, Entry]] = field(default_factory=list)
    active: set[int] = field(default_factory=set)


async def rescore(db: Database, store: StoreRecord, now: datetime, progress: Callable[[int, int], None]) -> Rescored:
    """Score all sessions of a store that were not scored by the table in use. Stopped half-way it can be begun again.

    ``progress`` gets the number of sessions looked at and of all. Raises Busy; what was done until then stays.
    """
    of_store = SESSION_RISK.c.store_id == store.id
    async with db.reading() as connection:
        model, _ = await learned_models.in_use(connection, store.id)
        total = (await connection.execute(select(func.count()).select_from(SESSION_RISK).where(of_store))).scalar_one()
    done, queue, last, seen = Rescored(model.version), Queue(), 0, 0
    while True:
        async with db.writing() as session:
            query = _QUERY.where(of_store, SESSION_RISK.c.session_id > last).order_by(SESSION_RISK.c.session_id)
            rows = (await (await session.connection()).execute(query.limit(BATCH))).all()
            if not rows:
                return done
            page = _Page()
            for row in rows:
                _weigh(row, store, model, queue, now, page, done)
            await _write(session, store, model, page, now)
        last, seen = rows[-1].session_id, seen + len(rows)
        progress(seen, total)


def _weigh(
    row: Row[Any], store: StoreRecord, model: Model, queue: Queue, now: datetime, page: _Page, done: Rescored
) -> None:
    readings: list[Reading] = orjson.loads(row.readings)
    begun = milliseconds(row.started_at)
    if row.model_version == model.version or len(readings) != len(READINGS):
        done.unread += row.model_version != model.version
        queue.place(row.session_id, begun, row.log_odds, begun, queued=row.assessed_level is not RiskLevel.RESTRICTED)
        return
    known = Judged(
        row.cart_token,
        row.decision,
        assessed_before=row.assessed_level,
        shown_before=row.risk_level,
        risk_score_before=row.risk_score,
        sampled=row.sampled,
        readings=readings,
        stored=True,
    )
    known.log_odds = model.score(readings).log_odds
    known.score = model.points(known.log_odds)
    thresholds = queue.thresholds(store.review_capacity, model)
    hard = model.is_hard(readings)
    known.assessed = level(model, known.log_odds, thresholds, hard=hard, before=row.assessed_level)
    queue.place(row.session_id, begun, known.log_odds, begun, queued=known.assessed is not RiskLevel.RESTRICTED)
    done.scored += 1
    _note(row, known, thresholds, model, now, page)
    done.moved += row.session_id in page.levels


def _note(row: Row[Any], known: Judged, thresholds: Thresholds, model: Model, now: datetime, page: _Page) -> None:
    """Put down what of a session is to be written."""
    session_id = row.session_id
    page.weighed.append(
        {
            "of": session_id,
            "assessed_at": now,
            "model_version": model.version,
            "log_odds": known.log_odds,
            "score": known.score,
            "review_at": thresholds.review,
            "monitored_at": thresholds.monitored,
        }
    )
    if known.assessed is not known.assessed_before or known.shown is not known.shown_before:
        page.levels[session_id] = known
        if row.status is Status.ACTIVE:
            page.active.add(session_id)
    elif known.risk_score != known.risk_score_before:
        page.scored.append({"of": session_id, "risk_score": known.risk_score})
    # Of the last day every session has its line: by these the queues know where it stands now (data/past.py).
    if session_id in page.levels or row.started_at > now - KEPT:
        line = known.line(now, model.version, score_before=row.score, level_before=known.assessed_before)
        page.lines.append((session_id, line))


async def _write(session: AsyncSession, store: StoreRecord, model: Model, page: _Page, now: datetime) -> None:
    connection = await session.connection()
    for statement, values in ((_WEIGHED, page.weighed), (_SCORED, page.scored)):
        if values:
            await connection.execute(statement, values)
    await judgement.show(connection, page.levels)
    await ledger.tell(session, store.id, page.lines, source=OWN, now=now)
    changes = [scoring.change(model, session_id, page.levels[session_id]) for session_id in page.active]
    await notices.write(session, store.id, [change for change in changes if change is not None], now)
    if page.weighed:
        await stores.touched(session, store.id)
