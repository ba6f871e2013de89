"""Judgements: what is thought of sessions, as it is read from their rows and written into them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from data import past_lines
from data.columns import milliseconds
from data.events import TimelineKind
from data.levels import Decision, RiskLevel, effective
from data.life import Entry
from data.models import METADATA
from data.risk.lookout import Lookout
from data.risk.queue import Thresholds
from data.risk.readings import Reading
from data.risk.visit import Visit
from data.risk_models import SESSION_RISK

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
    .where(_SESSION.c.id.in_(text("SELECT value FROM json_each(:ids)")))
)
_KNOWN_TEXT = str(_KNOWN.compile(dialect=sqlite.dialect(paramstyle="named")))
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
_NOTE = update(SESSION_RISK).where(SESSION_RISK.c.session_id == bindparam("of")).values(memory=bindparam("memory"))
_SHOW = (
    update(_SESSION)
    .where(_SESSION.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("risk_score", "assessed_level", "risk_level")})
)


@dataclass(slots=True)
class Judged:
    """What is thought of a session after its last event. ``shown`` is the level that counts, with the merchant's word.

    ``risk_score`` is the score as the merchant may see it: none while the session is checked at random. ``seen`` says
    that it was restricted in between, so that it is no secret any more. ``told`` says that something was told of it;
    ``at`` is None where nothing of that was judged.
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
    told: bool = False
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

    def line(self, at: datetime, version: str, *, score_before: int | None, level_before: RiskLevel) -> Entry:
        """What the timeline tells of it, beside what was thought before. ``version`` is that of the model."""
        changes: dict[str, str | int | None] = {
            "score_before": score_before,
            "score": self.score,
            "level_before": level_before.value,
            "level": self.assessed.value,
        }
        entry = Entry(TimelineKind.RISK_ASSESSED, at, changes=changes, model_version=version)
        entry.score, entry.log_odds = self.score, self.log_odds
        return entry


async def known(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Judged]:
    """What is thought of sessions that are stored, by id."""
    found: dict[int, Judged] = {}
    if not ids:
        return found
    for row in await past_lines.answers(connection, _KNOWN_TEXT, {"ids": orjson.dumps(list(ids)).decode()}):
        session_id, token, decision, assessed, shown, risk_score, memory, sampled, score, stored = row
        found[session_id] = Judged(
            token,
            Decision(decision) if decision else None,
            assessed=RiskLevel(assessed),
            assessed_before=RiskLevel(assessed),
            shown_before=RiskLevel(shown),
            risk_score_before=risk_score,
            visit=Visit.loaded(memory) if memory else None,
            sampled=sampled,
            score=score,
            stored=bool(stored),
        )
    return found


async def write(connection: AsyncConnection, store_id: int, judged: Mapping[int, Judged], lookout: Lookout) -> None:
    """Write how a store's sessions, by id, came to their scores."""
    rows = [
        {"session_id": session_id, "store_id": store_id} | _row(one, lookout)
        for session_id, one in judged.items()
        if one.at is not None
    ]
    if rows:
        await connection.exec_driver_sql(_KEEP_TEXT, rows)
    noted = [{"of": session_id, "memory": _memory(one)} for session_id, one in judged.items() if one.at is None]
    if noted:
        await connection.execute(_NOTE, noted)


async def show(connection: AsyncConnection, judged: Mapping[int, Judged]) -> None:
    """Write scores and levels into the rows of sessions that are there already."""
    rows = [{"of": session_id} | one.columns() for session_id, one in judged.items()]
    if rows:
        await connection.execute(_SHOW, rows)


def _row(one: Judged, lookout: Lookout) -> dict[str, Any]:
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
        "memory": _memory(one),
    }


def _memory(one: Judged) -> str | None:
    return one.visit.dumped() if one.visit else None
