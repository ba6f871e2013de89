"""Why a stored session has its score: what was read of it, told by the table that weighed it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Row, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from data.assessment import Assessment, Cause, Origin, Step, Sum
from data.database import Database
from data.events import TimelineKind
from data.levels import RiskLevel
from data.models import METADATA, RiskAssessment, TimelineEvent
from data.risk.explain import causes, change, unknown
from data.risk.model import Model, ModelProblem, rules
from data.risk.queue import Thresholds, level
from data.risk.readings import READINGS, Reading
from data.risk_models import RISK_MODEL, SESSION_RISK

_ORDER = list(RiskLevel)  # from the least on
_EXACT = 1e-9  # log-odds by which a sum may differ from the stored one: the same numbers, added up again

_SESSION: Any = METADATA.tables["session"]
_QUERY: Any = select(
    *(SESSION_RISK.c[name] for name in ("assessed_at", "model_version", "log_odds", "score", "readings")),
    *(SESSION_RISK.c[name] for name in ("review_at", "monitored_at", "sampled")),
    *(_SESSION.c[name] for name in ("risk_score", "assessed_level")),
    RISK_MODEL.c.document,
).select_from(
    SESSION_RISK.join(_SESSION, _SESSION.c.id == SESSION_RISK.c.session_id).outerjoin(
        RISK_MODEL,
        and_(RISK_MODEL.c.store_id == SESSION_RISK.c.store_id, RISK_MODEL.c.version == SESSION_RISK.c.model_version),
    )
)


async def top_reason(db: Database, store_id: int, session_id: int) -> Cause | None:
    """The cause that raises a session's score most, else the one that lowers it most.

    None where nothing is known to, and as long as the score is hidden for a random check. Raises Busy.
    """
    async with db.reading() as connection:
        row = await _row(connection, store_id, session_id)
    if row is None or _hidden(row):
        return None
    found = _weighed(row)
    told = causes(*found) if found else ()
    raising = [cause for cause in told if cause.contribution > 0]
    return next(iter(raising or told), None)


async def assessment(
    connection: AsyncConnection, store_id: int, session_id: int, lines: Iterable[TimelineEvent]
) -> tuple[Assessment | None, bool]:
    """What is thought of a session that was scored here, ``lines`` being its timeline; and whether that is hidden.

    Hidden is the score of a session that is drawn for the random check, until somebody has decided about it: then
    nothing is said of it. (None, False) where it was never scored.
    """
    row = await _row(connection, store_id, session_id)
    if row is None or _hidden(row):
        return None, row is not None
    last = Step(row.assessed_at, row.score, row.assessed_level)
    return replace(_explained(row), steps=_steps(lines, last)), False


def imported(stored: RiskAssessment) -> Assessment:
    """What somebody else thought of a session, as it was imported."""
    reasons = [
        Cause(str(one["signal"]), str(one["sentence"]), {}, float(one["contribution"]), hard=False)
        for one in json.loads(stored.reasons)
    ]
    return Assessment(
        stored.assessed_at,
        stored.score,
        stored.level,
        stored.model_version,
        Origin.IMPORTED,
        causes=tuple(sorted(reasons, key=lambda cause: -abs(cause.contribution))),
        unknown=tuple(json.loads(stored.unknown)),
    )


async def _row(connection: AsyncConnection, store_id: int, session_id: int) -> Row[Any] | None:
    query = _QUERY.where(SESSION_RISK.c.session_id == session_id, SESSION_RISK.c.store_id == store_id)
    return (await connection.execute(query)).first()


def _hidden(row: Row[Any]) -> bool:
    return row.sampled is not None and row.risk_score is None


def _explained(row: Row[Any]) -> Assessment:
    known = Assessment(row.assessed_at, row.score, row.assessed_level, row.model_version, Origin.GONE)
    found = _weighed(row)
    if found is None:
        return known
    model, readings = found
    told = causes(model, readings)
    rest = sum(model.score(readings).contributions) - sum(cause.contribution for cause in told)
    known = replace(
        known,
        origin=Origin.TABLE,
        causes=told,
        unknown=unknown(model, readings),
        total=Sum(model.base, rest, row.log_odds),
        probability=model.probability(row.log_odds) if model.calibrated else None,
    )
    if row.review_at is None or row.monitored_at is None:
        return known
    thresholds = Thresholds(row.review_at, row.monitored_at)
    anew = level(model, row.log_odds, thresholds, hard=model.is_hard(readings))
    return replace(
        known,
        held=_ORDER.index(anew) < _ORDER.index(row.assessed_level),
        change=change(model, told, row.log_odds, thresholds, row.assessed_level),
        review_from=model.points(row.review_at),
        monitored_from=model.points(row.monitored_at),
    )


def _weighed(row: Row[Any]) -> tuple[Model, list[Reading]] | None:
    """The table that a session was weighed by, and its readings; None where they do not give its score any more."""
    readings: list[Reading] = orjson.loads(row.readings)
    model = _table(row.model_version, row.document)
    if model is None or len(readings) != len(READINGS):
        return None
    # A table that was changed without a new version tells of another score than the one that is shown.
    return (model, readings) if abs(model.score(readings).log_odds - row.log_odds) <= _EXACT else None


def _table(version: str, document: str | None) -> Model | None:
    if version == rules().version:
        return rules()
    try:
        return None if document is None else rules().of_document(json.loads(document))
    except (ModelProblem, ValueError):
        return None  # a signal of another version, say


def _steps(lines: Iterable[TimelineEvent], last: Step) -> tuple[Step, ...]:
    """How score and level moved, in the order in which the session was judged: only what differs from the step before.

    ``last`` is how they are now. What was scored again, without a line in the timeline, is told by it alone.
    """
    scored = [line for line in sorted(lines, key=lambda line: line.id or 0) if line.score is not None]
    moved = [_levels(line) for line in scored]
    at_first = next((before for before, _ in filter(None, moved)), last.level)
    found: list[Step] = []
    for line, levels in zip(scored, moved, strict=True):
        here = levels[1] if levels else found[-1].level if found else at_first
        step = Step(line.occurred_at, line.score or 0, here)
        if levels and found and (found[-1].at, found[-1].score) == (step.at, step.score):
            found.pop()  # the event of which this line tells the level
        found.append(step)
    return _moves([*found, last])


def _levels(line: TimelineEvent) -> tuple[RiskLevel, RiskLevel] | None:
    """The levels before and after a line that tells of a new one."""
    changes = json.loads(line.changes or "{}") if line.kind is TimelineKind.RISK_ASSESSED else {}
    try:
        return RiskLevel(changes["level_before"]), RiskLevel(changes["level"])
    except (KeyError, ValueError):
        return None


def _moves(steps: Sequence[Step]) -> tuple[Step, ...]:
    found: list[Step] = []
    for step in steps:
        if not found or (step.score, step.level) != (found[-1].score, found[-1].level):
            found.append(step)
    return tuple(found)
