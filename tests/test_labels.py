"""What sources say of sessions, to learn from."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from data import labels, rules
from data.database import Database
from data.lapsing import lapse
from data.levels import Decision
from data.records import StoreRecord
from data.restrict import decide
from data.risk_models import RISK_LABEL, SESSION_RISK, LabelSource
from data.rule_targets import Target
from tests.factories import TOKEN, a_store, after, event, tell, the_session


@pytest.fixture
async def store(db: Database) -> StoreRecord:
    store = await a_store(db)
    await tell(db, store, event())
    return store


async def known(db: Database) -> list[Any]:
    names = ("source", "bad", "probability", "labelled_at")
    async with db.reading() as reader:
        return [tuple(row) for row in await reader.execute(select(*(RISK_LABEL.c[name] for name in names)))]


async def drawn(db: Database, store: StoreRecord, probability: float | None) -> None:
    """What scoring leaves of a session that was drawn for the random check: its score is kept apart."""
    cart = await the_session(db, store)
    row = {"session_id": cart.id, "store_id": store.id, "assessed_at": after(1), "model_version": "rules-1"}
    row |= {"log_odds": 0.2, "score": 55, "sampled": probability, "readings": "[]"}
    async with db.writing() as session:
        connection = await session.connection()
        await connection.execute(SESSION_RISK.delete())
        await connection.execute(insert(SESSION_RISK), [row])
        await connection.exec_driver_sql("UPDATE session SET risk_score = NULL")


async def test_a_decision_about_one_session_is_a_label(db: Database, store: StoreRecord) -> None:
    await decide(db, store.id, TOKEN, Decision.RESTRICTED, reason="a hoarder", now=after(1))
    assert await known(db) == [(LabelSource.DECISION, True, 1.0, after(1))]
    await decide(db, store.id, TOKEN, Decision.CLEARED, reason="my aunt", now=after(2))
    assert await known(db) == [(LabelSource.DECISION, False, 1.0, after(2))]


async def test_a_decision_that_is_taken_back_is_none(db: Database, store: StoreRecord) -> None:
    await decide(db, store.id, TOKEN, Decision.RESTRICTED, reason="a hoarder", now=after(1))
    await decide(db, store.id, TOKEN, None, reason="a mistake", now=after(2))
    assert await known(db) == []


async def test_undo_brings_the_label_back_that_stood_before(db: Database, store: StoreRecord) -> None:
    await decide(db, store.id, TOKEN, Decision.CLEARED, reason="my aunt", now=after(1))
    await decide(db, store.id, TOKEN, Decision.RESTRICTED, reason="a slip", now=after(2))
    standing = await rules.about(db, store.id, Target.SESSION, TOKEN)
    assert standing
    await rules.undo(db, store.id, standing.id, now=after(3))
    assert await known(db) == [(LabelSource.DECISION, False, 1.0, after(1))]


async def test_a_decision_whose_time_is_over_was_no_mistake(db: Database, store: StoreRecord) -> None:
    await rules.add(
        db, store.id, Target.SESSION, TOKEN, Decision.RESTRICTED, reason="a bot", until=after(16), now=after(1)
    )
    assert await lapse(db, after(20)) == 1
    assert await known(db) == [(LabelSource.DECISION, True, 1.0, after(1))]


async def test_a_rule_about_an_address_labels_nobody(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event("shopper.seen", 1, ip="185.22.17.4"))
    await rules.add(
        db, store.id, Target.IP, "185.22.17.4", Decision.RESTRICTED, reason="a bot", until=None, now=after(2)
    )
    assert (await the_session(db, store)).decision is Decision.RESTRICTED
    assert await known(db) == []


async def test_a_session_drawn_at_random_counts_by_how_likely_that_was_and_shows_its_score(
    db: Database, store: StoreRecord
) -> None:
    await drawn(db, store, 0.05)
    await decide(db, store.id, TOKEN, Decision.CLEARED, reason="looks fine", now=after(2))
    assert await known(db) == [(LabelSource.DECISION, False, 0.05, after(2))]
    assert (await the_session(db, store)).risk_score == 55


async def test_one_that_would_have_been_looked_at_anyway_counts_once_though_it_was_drawn(
    db: Database, store: StoreRecord
) -> None:
    await drawn(db, store, 0.05)
    async with db.writing() as session:
        await (await session.connection()).exec_driver_sql("UPDATE session SET assessed_level = 'review'")
    await decide(db, store.id, TOKEN, Decision.CLEARED, reason="looks fine", now=after(2))
    assert await known(db) == [(LabelSource.DECISION, False, 1.0, after(2))]


async def test_sources_are_kept_apart(db: Database, store: StoreRecord) -> None:
    cart = await the_session(db, store)
    async with db.writing() as session:
        await labels.write(session, store.id, cart.id, LabelSource.FILE, True, 1.0, after(1))
        await labels.write(session, store.id, cart.id, LabelSource.DISPUTE, True, 1.0, after(1))
        await labels.write(session, store.id, cart.id, LabelSource.FILE, False, 1.0, after(3))
        await labels.withdraw(session, store.id, cart.id, LabelSource.DISPUTE)
    assert await known(db) == [(LabelSource.FILE, False, 1.0, after(3))]


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.1, float("nan")])
async def test_a_probability_is_one(db: Database, store: StoreRecord, probability: float) -> None:
    cart = await the_session(db, store)
    async with db.writing() as session:
        with pytest.raises(ValueError, match="probability"):
            await labels.write(session, store.id, cart.id, LabelSource.FILE, True, probability, after(1))
