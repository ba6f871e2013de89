"""The merchant's decisions."""

import json

import pytest

from data.database import Database
from data.levels import Decision, RiskLevel
from data.records import StoreRecord
from data.restrict import decide
from data.rule_values import LONGEST_REASON, RuleProblem
from data.status import Status
from tests.assessments import assessed
from tests.factories import TOKEN, a_store, after, event, kinds, tell, the_revision, the_session, the_timeline


@pytest.fixture
async def store(db: Database) -> StoreRecord:
    store = await a_store(db)
    await tell(db, store, event())
    return store


async def test_restricting_sets_the_level_and_tells_why(db: Database, store: StoreRecord) -> None:
    revision = await the_revision(db, store)
    before = await decide(db, store.id, TOKEN, Decision.RESTRICTED, reason=" bought \x00 out ", now=after(1))
    session = await the_session(db, store)
    assert (before, session.decision, session.risk_level) == (None, Decision.RESTRICTED, RiskLevel.RESTRICTED)
    assert session.status is Status.ACTIVE
    told = (await the_timeline(db, store))[-1]
    assert (told.kind, told.source, told.occurred_at) == ("restricted", "merchant", after(1))
    assert json.loads(told.changes or "") == {
        "decision_before": None,
        "decision": "restricted",
        "level_before": "normal",
        "level": "restricted",
        "reason": "bought   out",
        "target": "session",
        "until": None,
    }
    assert await the_revision(db, store) == revision + 1


async def test_undo_brings_back_what_was_there(db: Database, store: StoreRecord) -> None:
    await assessed(db, store, TOKEN, RiskLevel.REVIEW, at=after(1))
    before = await decide(db, store.id, TOKEN, Decision.RESTRICTED, reason="a hoarder", now=after(2))
    assert await decide(db, store.id, TOKEN, before, reason="a mistake", now=after(3)) is Decision.RESTRICTED
    session = await the_session(db, store)
    assert (session.decision, session.risk_level) == (None, RiskLevel.REVIEW)
    assert kinds(await the_timeline(db, store)) == ["started", "risk_assessed", "restricted", "cleared"]


async def test_the_same_decision_again_changes_nothing(db: Database, store: StoreRecord) -> None:
    await decide(db, store.id, TOKEN, Decision.RESTRICTED, reason="once", now=after(1))
    revision = await the_revision(db, store)
    assert await decide(db, store.id, TOKEN, Decision.RESTRICTED, reason="twice", now=after(2)) is Decision.RESTRICTED
    assert await the_revision(db, store) == revision


async def test_a_decision_stands_whatever_is_assessed_later(db: Database, store: StoreRecord) -> None:
    await decide(db, store.id, TOKEN, Decision.CLEARED, reason="a good customer", now=after(1))
    score = await assessed(db, store, TOKEN, RiskLevel.RESTRICTED, at=after(2))
    session = await the_session(db, store)
    assert (session.risk_level, session.assessed_level) == (RiskLevel.NORMAL, RiskLevel.RESTRICTED)
    assert session.risk_score == score


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * (LONGEST_REASON + 1)])
async def test_a_reason_must_be_given_and_fit(db: Database, store: StoreRecord, reason: str) -> None:
    with pytest.raises(RuleProblem):
        await decide(db, store.id, TOKEN, Decision.RESTRICTED, reason=reason, now=after(1))
    assert (await the_session(db, store)).decision is None


async def test_a_session_of_another_store_is_unknown(db: Database, store: StoreRecord) -> None:
    other = await a_store(db, "other.example")
    with pytest.raises(RuleProblem, match="no such session"):
        await decide(db, other.id, TOKEN, Decision.RESTRICTED, reason="mine", now=after(1))
    assert (await the_session(db, store)).decision is None
