"""The models that were learned for a store: one that is used, one that is being tried, and those of before.

A model on trial scores along with the one in use, and changes nothing that anybody sees until it is promoted.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from data import audit, stores
from data.audit import MERCHANT, AuditLine
from data.columns import literally
from data.database import Database
from data.risk.lookout import Lookout
from data.risk.model import Model, ModelProblem, rules
from data.risk_models import RISK_MODEL, ModelState
from data.rule_targets import RuleAction

LEARNED = "learned"
"""What the version of a learned model begins with; its day and its number on that day follow."""


class PromotionProblem(ValueError):
    """Why a model is not promoted; one sentence for the merchant."""


@dataclass(frozen=True, slots=True)
class LearnedModel:
    """A learned model as it is stored. ``report`` is that of data.learning_report."""

    id: int
    version: str
    state: ModelState
    created_at: datetime
    report: Mapping[str, Any]


_COLUMNS = [RISK_MODEL.c[name] for name in LearnedModel.__dataclass_fields__]
_USED = or_(literally(RISK_MODEL.c.state, ModelState.ACTIVE), literally(RISK_MODEL.c.state, ModelState.SHADOW))

IN_USE = (
    select(func.group_concat(RISK_MODEL.c.id.op("||")(RISK_MODEL.c.state)))
    .where(RISK_MODEL.c.store_id == bindparam("store"), _USED)
    .scalar_subquery()
)
"""Text that is another one when a ``store`` has other tables in use or on trial; NULL while it has none."""


async def of_store(db: Database, store_id: int) -> tuple[LearnedModel, ...]:
    """A store's learned models, the newest first."""
    query = select(*_COLUMNS).where(RISK_MODEL.c.store_id == store_id).order_by(RISK_MODEL.c.id.desc())
    async with db.reading() as connection:
        return tuple(_model(row) for row in await connection.execute(query))


async def in_use(connection: AsyncConnection, store_id: int) -> tuple[Model, Model | None]:
    """The table that a store is scored by, and the one that is being tried; one that cannot be read is left aside."""
    query = select(RISK_MODEL.c.state, RISK_MODEL.c.document).where(RISK_MODEL.c.store_id == store_id, _USED)
    active, shadow = rules(), None
    for state, document in await connection.execute(query):
        try:
            model = rules().of_document(json.loads(document))
        except (ModelProblem, ValueError):
            continue  # a signal of an older version, say: the rules do until the next one is learned
        if state is ModelState.ACTIVE:
            active = model
        else:
            shadow = model
    return active, shadow


async def follow(connection: AsyncConnection, store_id: int, lookout: Lookout, models: str | None) -> None:
    """Let a lookout score by the tables that are in use and on trial now, which ``models`` (IN_USE) tells apart from
    others: any process may have changed them."""
    if models != lookout.models:
        lookout.model, lookout.shadow = await in_use(connection, store_id)
        lookout.models = models


async def version_for(connection: AsyncConnection, store_id: int, now: datetime) -> str:
    """The next free version of this day."""
    beginning = f"{LEARNED}-{now:%Y-%m-%d}-"
    query = select(RISK_MODEL.c.version).where(RISK_MODEL.c.store_id == store_id)
    taken = (await connection.execute(query.where(RISK_MODEL.c.version.startswith(beginning)))).scalars()
    return beginning + str(1 + max((int(one.removeprefix(beginning)) for one in taken), default=0))


async def put_on_trial(
    session: AsyncSession, store_id: int, model: Model, report: Mapping[str, Any], now: datetime
) -> None:
    """Store a model that is to be tried, in the caller's transaction; one that was being tried until now is retired."""
    connection = await session.connection()
    await _retire(connection, store_id, ModelState.SHADOW)
    row = {
        "store_id": store_id,
        "version": model.version,
        "state": ModelState.SHADOW,
        "created_at": now,
        "document": json.dumps(model.document()),
        "report": json.dumps(report),
    }
    await connection.execute(insert(RISK_MODEL), [row])
    await stores.touched(session, store_id)


async def promote(
    db: Database, store_id: int, *, now: datetime, anyway: bool = False, actor: str = MERCHANT
) -> LearnedModel:
    """Use the model on trial from now on. Raises PromotionProblem where there is none, or its gain is not proven.

    Proven is a gain on later sessions whose whole interval is above nothing.
    """
    async with db.writing() as session:
        connection = await session.connection()
        tried = await _one(connection, store_id, ModelState.SHADOW)
        if tried is None:
            raise PromotionProblem("No learned model is being tried.")
        if not anyway and not proven(tried.report):
            raise PromotionProblem(
                f"{tried.version} did not do better on later sessions than chance would explain. "
                "It stays on trial; promote it anyway if you know better."
            )
        former = await _one(connection, store_id, ModelState.ACTIVE)
        await _retire(connection, store_id, ModelState.ACTIVE)
        used = update(RISK_MODEL).where(RISK_MODEL.c.id == tried.id)
        await connection.execute(used.values(state=ModelState.ACTIVE))
        await _tell(session, store_id, former, tried.version, "Promoted", now, actor)
    return tried


async def forget(db: Database, store_id: int, *, now: datetime, actor: str = MERCHANT) -> int:
    """Go back to the rules: nothing learned is used or tried any more; how many models that were."""
    async with db.writing() as session:
        connection = await session.connection()
        former = await _one(connection, store_id, ModelState.ACTIVE)
        gone = [await _retire(connection, store_id, state) for state in (ModelState.ACTIVE, ModelState.SHADOW)]
        if sum(gone):
            await _tell(session, store_id, former, rules().version, "Back to the rules", now, actor)
    return sum(gone)


def proven(report: Mapping[str, Any]) -> bool:
    """Whether a report shows a gain that chance does not explain."""
    gain = report.get("gain") or {}
    low = gain.get("low")
    return isinstance(low, int | float) and low > 0


async def _tell(
    session: AsyncSession,
    store_id: int,
    former: LearnedModel | None,
    version: str,
    reason: str,
    now: datetime,
    actor: str,
) -> None:
    before = {"model": former.version if former else rules().version}
    line = AuditLine(now, actor, RuleAction.SETTINGS, reason=reason, before=before, after={"model": version})
    await audit.write(session, store_id, line)
    await stores.touched(session, store_id)


async def _one(connection: AsyncConnection, store_id: int, state: ModelState) -> LearnedModel | None:
    query = select(*_COLUMNS).where(RISK_MODEL.c.store_id == store_id, RISK_MODEL.c.state == state)
    row = (await connection.execute(query)).first()
    return _model(row) if row else None


def _model(row: Row[Any]) -> LearnedModel:
    known = dict(zip(LearnedModel.__dataclass_fields__, row, strict=True))
    return LearnedModel(**(known | {"report": json.loads(known["report"])}))


async def _retire(connection: AsyncConnection, store_id: int, state: ModelState) -> int:
    those = (RISK_MODEL.c.store_id == store_id, RISK_MODEL.c.state == state)
    return (await connection.execute(update(RISK_MODEL).where(*those).values(state=ModelState.RETIRED))).rowcount
