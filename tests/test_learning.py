"""A store's labels become a model that is tried, and promoted only where it is better."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, select

from data import audit, learned_models, learning
from data.database import Database
from data.learned_models import PromotionProblem
from data.learning import LearningProblem
from data.records import StoreRecord
from data.risk.model import rules
from data.risk.readings import READINGS, SIGNALS
from data.risk_models import RISK_LABEL, SESSION_RISK, LabelSource, ModelState
from tests.factories import NOON, a_store

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def readings(**known: float) -> list[Any]:
    return [known.get(name) for name in READINGS]


async def sessions(db: Database, store: StoreRecord, number: int, *, share: float = 0.3, first: int = 0) -> None:
    """Scored and labelled sessions. In this store it is those who take many of one thing that are bad, and the rules
    do not weigh that much; what the rules weigh most, renewals, says nothing here."""
    draw = random.Random(first + 1)
    carts, scored, said = [], [], []
    for place in range(first, first + number):
        started = NOON + timedelta(minutes=10 * place)
        session_id = int(started.timestamp() * 1000) << 20
        bad = draw.random() < share
        read = readings(quantity=draw.uniform(2.5, 6) if bad else draw.uniform(0.2, 1.9), renewals=draw.choice([0, 12]))
        odds = rules().score(read[: len(SIGNALS)]).log_odds
        carts.append({"id": session_id, "token": f"cart-{place}", "at": int(started.timestamp() * 1000)})
        scored.append(
            {
                "session_id": session_id,
                "store_id": store.id,
                "assessed_at": started,
                "model_version": "rules-1",
                "log_odds": odds,
                "score": rules().points(odds),
                "review_at": 0.0,
                "readings": orjson.dumps(read).decode(),
            }
        )
        said.append(
            {
                "store_id": store.id,
                "session_id": session_id,
                "source": LabelSource.DECISION,
                "bad": bad,
                "probability": 1.0,
                "labelled_at": started + timedelta(hours=1),
            }
        )
    async with db.writing() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        await _begin(connection, store, carts)
        await connection.execute(insert(SESSION_RISK), scored)
        await connection.execute(insert(RISK_LABEL), said)


async def _begin(connection: Any, store: StoreRecord, carts: list[dict[str, Any]]) -> None:
    from data.models import METADATA
    from data.status import Status

    rows = [
        {
            "id": one["id"],
            "store_id": store.id,
            "cart_token": one["token"],
            "status": Status.EXPIRED,
            "started_at": NOON + timedelta(milliseconds=one["at"] - int(NOON.timestamp() * 1000)),
            "last_activity_at": NOON + timedelta(milliseconds=one["at"] - int(NOON.timestamp() * 1000)),
            "currency": "USD",
        }
        for one in carts
    ]
    await connection.execute(insert(METADATA.tables["session"]), rows)


async def test_below_fifty_bad_ones_nothing_is_learned(db: Database, store: StoreRecord) -> None:
    await sessions(db, store, 40)
    with pytest.raises(LearningProblem, match=r"not yet calibrated: \d+ labelled bad sessions of 50 .* more"):
        await learning.learn(db, store.id, NOW)
    assert await learned_models.of_store(db, store.id) == ()


async def test_what_is_learned_is_tried_and_reported_not_used(db: Database, store: StoreRecord) -> None:
    await sessions(db, store, 600)
    model = await learning.learn(db, store.id, NOW)
    assert model.version == "learned-2026-04-01-1"
    [found] = await learned_models.of_store(db, store.id)
    assert (found.state, found.version) == (ModelState.SHADOW, model.version)
    async with db.reading() as connection:
        active, shadow = await learned_models.in_use(connection, store.id)
    assert active == rules()
    assert shadow is not None
    assert shadow.calibrated
    assert shadow.document() == model.document()
    report = found.report
    assert (report["labels"], report["later"], report["used"]) == (600, 200, "rules-1")
    assert report["new"]["auc"]["value"] > report["old"]["auc"]["value"]
    assert report["gain"]["low"] > 0
    assert report["calibration"]["new"] < report["calibration"]["old"]
    assert report["levels"]["sessions"] == 600
    assert any(one["signal"] == "quantity" for one in report["changes"])
    assert all(abs(one["after"] - one["before"]) >= 0.1 for one in report["changes"])


async def test_a_proven_model_is_promoted_and_the_audit_tells_so(db: Database, store: StoreRecord) -> None:
    await sessions(db, store, 600)
    model = await learning.learn(db, store.id, NOW)
    await learned_models.promote(db, store.id, now=NOW)
    async with db.reading() as connection:
        active, shadow = await learned_models.in_use(connection, store.id)
    assert (active.version, shadow) == (model.version, None)
    line = (await audit.of_store(db, store.id))[0]
    assert (line.before, line.after) == ({"model": "rules-1"}, {"model": model.version})


async def test_one_that_is_no_better_is_not_promoted_but_by_force(db: Database, store: StoreRecord) -> None:
    await sessions(db, store, 600)
    await learning.learn(db, store.id, NOW)
    await learned_models.promote(db, store.id, now=NOW)
    again = await learning.learn(db, store.id, NOW + timedelta(days=1))  # from the same labels: nothing is gained
    with pytest.raises(PromotionProblem, match="not do better"):
        await learned_models.promote(db, store.id, now=NOW)
    await learned_models.promote(db, store.id, now=NOW, anyway=True)
    states = {one.version: one.state for one in await learned_models.of_store(db, store.id)}
    assert states == {"learned-2026-04-01-1": ModelState.RETIRED, again.version: ModelState.ACTIVE}


async def test_without_a_model_on_trial_there_is_nothing_to_promote(db: Database, store: StoreRecord) -> None:
    with pytest.raises(PromotionProblem, match="No learned model"):
        await learned_models.promote(db, store.id, now=NOW)


async def test_a_newer_one_takes_the_place_of_the_one_on_trial(db: Database, store: StoreRecord) -> None:
    await sessions(db, store, 600)
    await learning.learn(db, store.id, NOW)
    await learning.learn(db, store.id, NOW)
    states = [(one.version, one.state) for one in await learned_models.of_store(db, store.id)]
    assert states == [("learned-2026-04-01-2", ModelState.SHADOW), ("learned-2026-04-01-1", ModelState.RETIRED)]


async def test_to_forget_is_to_go_back_to_the_rules(db: Database, store: StoreRecord) -> None:
    await sessions(db, store, 600)
    await learning.learn(db, store.id, NOW)
    await learned_models.promote(db, store.id, now=NOW)
    assert await learned_models.forget(db, store.id, now=NOW) == 1
    assert await learned_models.forget(db, store.id, now=NOW) == 0
    async with db.reading() as connection:
        assert await learned_models.in_use(connection, store.id) == (rules(), None)


async def test_of_several_sources_the_one_that_knows_more_counts(db: Database, store: StoreRecord) -> None:
    await sessions(db, store, 1, share=1.0)
    session_id = (await learning.labelled(db, store.id))[0].session_id
    for source, bad in ((LabelSource.ORDER_RISK, False), (LabelSource.FILE, False), (LabelSource.DISPUTE, True)):
        row = {"store_id": store.id, "session_id": session_id, "source": source, "bad": bad, "labelled_at": NOW}
        async with db.writing() as session:
            await (await session.connection()).execute(insert(RISK_LABEL), [row | {"probability": 1.0}])
        [found] = await learning.labelled(db, store.id)
        expected = LabelSource.DECISION if source is LabelSource.ORDER_RISK else source
        assert (found.source, found.bad) == (expected, True if source is LabelSource.ORDER_RISK else bad)


async def test_it_is_learned_in_the_background_once_a_day_and_for_new_labels_alone(
    db: Database, store: StoreRecord
) -> None:
    await sessions(db, store, 600)
    assert await learning.learn_where_due(db, NOW) == 1
    assert await learning.learn_where_due(db, NOW + timedelta(hours=2)) == 0
    assert await learning.learn_where_due(db, NOW + timedelta(days=2)) == 0
    await sessions(db, store, 30, first=6_000)
    assert await learning.learn_where_due(db, NOON + timedelta(minutes=10 * 6_100)) == 1


async def test_the_trial_is_judged_by_sessions_that_came_after_it_was_learned(db: Database, store: StoreRecord) -> None:
    await sessions(db, store, 600)
    await learning.learn(db, store.id, NOW)
    assert await learning.on_trial(db, store.id, NOW) is None
    await sessions(db, store, 100, first=6_000)
    async with db.writing() as session:
        connection = await session.connection()
        rows = (await connection.execute(select(SESSION_RISK.c.session_id, SESSION_RISK.c.readings))).all()
        _, shadow = await learned_models.in_use(connection, store.id)
        assert shadow
        for session_id, read in rows:
            odds = shadow.score(orjson.loads(read)[: len(SIGNALS)]).log_odds
            changed = SESSION_RISK.update().where(SESSION_RISK.c.session_id == session_id)
            await connection.execute(changed.values(shadow_log_odds=odds))
    found = await learning.on_trial(db, store.id, NOW)
    assert found
    assert found["sessions"] == 100
    assert found["new"]["auc"]["value"] > found["old"]["auc"]["value"]


async def test_another_stores_labels_teach_nothing_here(db: Database, store: StoreRecord) -> None:
    await sessions(db, store, 600)
    other = await a_store(db, "other.example")
    with pytest.raises(LearningProblem, match="0 labelled bad sessions"):
        await learning.learn(db, other.id, NOW)
