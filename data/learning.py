"""Learning: a store's labelled sessions teach a table of its own, which is tried before it is used.

Where sources disagree about a session, the one counts that knows more of how it ended: a chargeback is money that went
back; a file is what the merchant found out elsewhere, afterwards; a decision was made by eye, at the time; the risk of
an order is another program's opinion. Sessions without a label teach nothing.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from data import learned_models, stores
from data.columns import milliseconds
from data.database import Database
from data.risk.model import Model, rules
from data.risk_models import LabelSource

if TYPE_CHECKING:
    from data.risk.metrics import Flags, Numbers
    from data.risk.refit import Codes

ENOUGH = 50
"""Labels of the rarer sort below which nothing is learned: the scores stay those of the rules, not calibrated."""

NEW_ENOUGH = 20
"""New labels since the last time, for learning in the background."""

ONCE_IN = timedelta(days=1)

MOST = 1_000_000
"""Labelled sessions that are learned from, the latest."""

RANKS = (LabelSource.DISPUTE, LabelSource.FILE, LabelSource.DECISION, LabelSource.ORDER_RISK)
"""Whose word counts, the weightiest first."""

_ORDER = " ".join(f"WHEN '{source.value}' THEN {rank}" for rank, source in enumerate(RANKS))
_LABELLED = f"""
SELECT session_id, source, bad, probability, labelled_at, readings, log_odds, shadow_log_odds FROM (
    SELECT label.session_id, label.source, label.bad, label.probability, label.labelled_at,
        risk.readings, risk.log_odds, risk.shadow_log_odds,
        row_number() OVER (PARTITION BY label.session_id ORDER BY CASE label.source {_ORDER} END) AS place
    FROM risk_label AS label JOIN session_risk AS risk ON risk.session_id = label.session_id
    WHERE label.store_id = ?
) WHERE place = 1 ORDER BY session_id DESC LIMIT ?
"""  # noqa: S608  # of names of ours alone
_RECENT = """
SELECT readings, log_odds, review_at FROM session_risk WHERE store_id = ? ORDER BY session_id DESC LIMIT ?
"""
_DUE = """
SELECT
    (SELECT max(created_at) FROM risk_model WHERE store_id = :store),
    (SELECT count(DISTINCT session_id) FROM risk_label WHERE store_id = :store AND bad),
    (SELECT count(DISTINCT session_id) FROM risk_label WHERE store_id = :store AND labelled_at >
        coalesce((SELECT max(created_at) FROM risk_model WHERE store_id = :store), -1))
"""
_RECENTLY = 20_000  # sessions by which it is told what would change


class LearningProblem(ValueError):
    """Why nothing is learned; one sentence for the merchant."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled session. Log-odds are those that were in force online; moments are milliseconds."""

    session_id: int
    source: LabelSource
    bad: bool
    probability: float
    labelled_at: int
    readings: Sequence[Any]
    log_odds: float
    shadow_log_odds: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How many sessions of a store are labelled bad and good, by what counts for each."""

    bad: int
    good: int

    @property
    def missing(self) -> int:
        """Bad ones that are missing until something can be learned."""
        return max(0, ENOUGH - self.bad)


async def labelled(db: Database, store_id: int) -> list[Labelled]:
    """A store's labelled sessions in the order of time, each with the label that counts."""

    def ask(connection: sqlite3.Connection) -> list[Labelled]:
        rows = connection.execute(_LABELLED, (store_id, MOST)).fetchall()
        rows.reverse()
        return [Labelled(a, LabelSource(b), bool(c), d, e, orjson.loads(f), g, h) for a, b, c, d, e, f, g, h in rows]

    return await db.ask(ask)


def standing(known: Sequence[Labelled]) -> Standing:
    """How many of each sort there are."""
    bad = sum(one.bad for one in known)
    return Standing(bad, len(known) - bad)


async def learn(db: Database, store_id: int, now: datetime) -> Model:
    """Learn from all labels and put what was learned on trial. Raises LearningProblem, Busy.

    Works in a thread: the event loop goes on.
    """
    known = await labelled(db, store_id)
    counts = standing(known)
    if counts.missing:
        raise LearningProblem(
            f"Scores stay those of the rules, not yet calibrated: {counts.bad:,} labelled bad sessions of {ENOUGH} "
            f"that are needed, {counts.missing:,} more."
        )
    recent = await db.ask(lambda connection: connection.execute(_RECENT, (store_id, _RECENTLY)).fetchall())
    async with db.reading() as connection:
        used, _ = await learned_models.in_use(connection, store_id)
        version = await learned_models.version_for(connection, store_id, now)
    try:
        model, report = await asyncio.to_thread(_learn, known, recent, used, version)
    except ValueError as problem:
        raise LearningProblem(f"Nothing was learned: {problem}.") from None
    async with db.writing() as session:
        await learned_models.put_on_trial(session, store_id, model, report, now)
    return model


async def learn_where_due(db: Database, now: datetime) -> int:
    """Learn for each store that has enough new labels, once a day at most; for how many something was learned."""
    done = 0
    for store in await stores.every(db):
        if await _due(db, store.id, now):
            try:
                await learn(db, store.id, now)
            except LearningProblem:
                continue
            done += 1
    return done


async def on_trial(db: Database, store_id: int, since: datetime) -> dict[str, Any] | None:
    """How the model on trial does on sessions that began after it was learned; None without both sorts among them."""
    begun = milliseconds(since) << 20
    later = [one for one in await labelled(db, store_id) if one.session_id >= begun and one.shadow_log_odds is not None]
    if len({one.bad for one in later}) < 2:
        return None
    return await asyncio.to_thread(_on_trial, later)


async def _due(db: Database, store_id: int, now: datetime) -> bool:
    def ask(connection: sqlite3.Connection) -> tuple[int | None, int, int]:
        found: tuple[int | None, int, int] = connection.execute(_DUE, {"store": store_id}).fetchone()
        return found

    last, bad, new = await db.ask(ask)
    if last is not None and last > milliseconds(now - ONCE_IN):
        return False
    return bad >= ENOUGH and new >= NEW_ENOUGH


def _learn(
    known: Sequence[Labelled], recent: Sequence[tuple[str, float, float | None]], used: Model, version: str
) -> tuple[Model, dict[str, Any]]:
    import numpy as np  # only now: it takes a while to load, which no start should wait for

    from data import learning_report
    from data.risk.refit import Table, sampling_weights
    from data.risk.refit import learn as learn_table

    expert = rules()
    codes = codes_of(expert, [one.readings for one in known])
    bad = np.array([one.bad for one in known], dtype=bool)
    weights = sampling_weights([one.probability for one in known])
    sizes = tuple(len(one.weights) for one in expert.signals)
    before = Table(expert.base, np.array([weight for one in expert.signals for weight in one.weights]), sizes)
    learned = learn_table(codes, bad, weights, before)
    rows = dict(zip((one.name for one in expert.signals), learned.table.rows(), strict=True))
    scaled = learned.calibration
    model = expert.learned(version, learned.table.base, rows, slope=scaled.slope, intercept=scaled.intercept)
    report = learning_report.of(known, learned, codes, bad, weights, used, model, recent)
    return model, report


def codes_of(model: Model, readings: Sequence[Sequence[Any]]) -> "Codes":
    """The bins of readings, one row each; of an older version's readings what it did not know yet is missing."""
    import numpy as np

    from data.risk.binning import known_codes

    columns = []
    for place, signal in enumerate(model.signals):
        read = (row[place] if place < len(row) else None for row in readings)
        values = np.array([float(one) if isinstance(one, int | float) else np.nan for one in read], dtype=np.float64)
        columns.append(known_codes(signal.edges, values))
    found: Codes = np.stack(columns, axis=1)
    return found


def _on_trial(later: Sequence[Labelled]) -> dict[str, Any]:
    import numpy as np

    from data import learning_report
    from data.risk.refit import sampling_weights

    bad: Flags = np.array([one.bad for one in later], dtype=bool)
    old: Numbers = np.array([one.log_odds for one in later])
    new: Numbers = np.array([one.shadow_log_odds for one in later], dtype=np.float64)
    weights = sampling_weights([one.probability for one in later])
    return learning_report.beside(old, new, bad, weights)
