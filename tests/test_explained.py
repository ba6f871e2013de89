"""Why a stored session has its score: told by the table that weighed it, and only as long as that gives its score."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text as sql

from data import learned_models, restrict
from data.assessment import Assessment, Origin, Step
from data.database import Database
from data.details import detail
from data.events import TimelineKind
from data.explained import top_reason
from data.levels import Decision, RiskLevel
from data.records import SessionDetail, StoreRecord
from data.risk.model import Model, rules
from data.risk.queue import Thresholds, level
from data.risk.readings import SIGNALS
from tests.assessments import LIKELY, LITTLE, PROVEN, assessed, imported, score_of, unscored
from tests.factories import TOKEN, a_store, after, event, line, opened, tell, the_session
from tests.store_lives import a_life, live, lived


@pytest.fixture
async def store(db: Database) -> StoreRecord:
    store = await a_store(db)
    await tell(db, store, event(lines=[line()]))
    return store


async def shown(db: Database, store: StoreRecord, token: str = TOKEN) -> SessionDetail:
    found = await detail(db, store.id, token, after(60))
    assert found is not None
    return found


async def explained(db: Database, store: StoreRecord, token: str = TOKEN) -> Assessment:
    found = (await shown(db, store, token)).assessment
    assert found is not None
    return found


def added_up(found: Assessment) -> float:
    assert found.total is not None
    return found.total.base + sum(cause.contribution for cause in found.causes) + found.total.rest


async def learned(db: Database, store: StoreRecord, seed: int = 1) -> Model:
    """A table that is used by the store from now on, with every weight a little different."""
    random = Random(seed)
    weights = {one.name: [weight + random.uniform(-0.3, 0.3) for weight in one.weights] for one in rules().signals}
    model = rules().learned(f"learned-{seed}", -3.9, weights, slope=0.8, intercept=0.1)
    async with db.writing() as session:
        await learned_models.put_on_trial(session, store.id, model, {}, after(0))
    await learned_models.promote(db, store.id, now=after(0), anyway=True)
    return model


async def change(db: Database, statement: str, **values: object) -> None:
    async with db.writing() as session:
        await (await session.connection()).execute(sql(statement), values)


async def test_causes_and_what_is_too_small_to_tell_add_up_to_the_stored_log_odds(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await lived(db)
        await live(db, store, a_life(3, 250), iter([40] * 1000))
        async with db.reading() as connection:
            query = "SELECT cart_token, log_odds FROM session JOIN session_risk ON session_id = session.id"
            rows = (await connection.execute(sql(query))).all()
        told = 0
        for token, log_odds in rows:
            found = await shown(db, store, token)
            if found.score_hidden:
                continue
            assert found.assessment is not None
            assert found.assessment.total is not None
            assert found.assessment.total.log_odds == log_odds
            assert added_up(found.assessment) == pytest.approx(log_odds, abs=1e-9)
            assert found.assessment.score == found.risk_score == rules().points(log_odds)
            told += 1
        assert told > 50


async def test_a_session_is_told_by_the_learned_table_that_weighed_it(db: Database, store: StoreRecord) -> None:
    model = await learned(db, store)
    await assessed(db, store, known=LIKELY | {name: 0 for name in SIGNALS if name not in LIKELY})
    found = await explained(db, store)
    assert (found.model_version, found.origin) == (model.version, Origin.TABLE)
    assert found.total is not None
    assert added_up(found) == pytest.approx(found.total.log_odds, abs=1e-9)
    assert found.probability == pytest.approx(model.probability(found.total.log_odds))
    # Weights of a learned table are hardly ever nothing; what is nearly nothing is in the rest.
    assert all(abs(cause.contribution) >= 0.005 for cause in found.causes if cause.signal != "agent")


async def test_a_learned_table_tells_after_another_has_taken_its_place(db: Database, store: StoreRecord) -> None:
    first = await learned(db, store, 1)
    await assessed(db, store)
    await learned(db, store, 2)
    found = await explained(db, store)
    assert (found.model_version, found.origin) == (first.version, Origin.TABLE)
    assert found.causes


async def test_rules_that_are_not_calibrated_give_no_probability(db: Database, store: StoreRecord) -> None:
    await assessed(db, store)
    assert (await explained(db, store)).probability is None


@pytest.mark.parametrize(
    ("column", "value"),
    [("model_version", "rules-0"), ("log_odds", 1.25), ("readings", "[1, 2]")],
    ids=["a table of before", "a table that was changed without a new version", "readings of another version"],
)
async def test_where_the_table_does_not_give_the_score_no_reasons_are_made_up(
    db: Database, store: StoreRecord, column: str, value: object
) -> None:
    score = await assessed(db, store)
    await change(db, f"UPDATE session_risk SET {column} = :value", value=value)
    found = await explained(db, store)
    assert (found.origin, found.score, found.causes, found.total, found.change) == (Origin.GONE, score, (), None, None)
    assert await top_reason(db, store.id, (await shown(db, store)).id) is None


async def test_a_stored_table_that_cannot_be_read_tells_nothing(db: Database, store: StoreRecord) -> None:
    await learned(db, store)
    await assessed(db, store)
    for document in ("{}", "[]", "no JSON", json.dumps({"version": "x", "base": "NaN", "weights": {}})):
        await change(db, "UPDATE risk_model SET document = :value", value=document)
        assert (await explained(db, store)).origin is Origin.GONE


async def test_what_was_not_sent_is_unknown_and_adds_nothing(db: Database, store: StoreRecord) -> None:
    await assessed(db, store, level=RiskLevel.NORMAL, known={})
    found = await explained(db, store)
    assert found.causes == ()
    assert set(found.unknown) == set(rules().unknown.values())
    assert found.total is not None
    assert (found.total.base, found.total.rest) == (rules().base, 0)
    assert found.total.log_odds == rules().base


async def test_a_cause_has_its_own_figures_and_hard_evidence_is_marked(db: Database, store: StoreRecord) -> None:
    await assessed(db, store, level=RiskLevel.RESTRICTED)
    found = {cause.signal: cause for cause in (await explained(db, store)).causes}
    assert (found["ip_hour"].figures["ip_hour"], found["ip_hour"].hard) == (14, False)
    assert (found["declined"].figures["declined"], found["declined"].hard) == (8, True)
    weights = [abs(cause.contribution) for cause in (await explained(db, store)).causes]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("wanted", [RiskLevel.MONITORED, RiskLevel.REVIEW, RiskLevel.RESTRICTED])
async def test_what_would_change_the_level_does(db: Database, store: StoreRecord, wanted: RiskLevel) -> None:
    await assessed(db, store, level=wanted)
    found = await explained(db, store)
    assert found.change is not None
    assert found.total is not None
    assert all(cause in found.causes for cause in found.change.causes)
    left = [cause for cause in found.causes if cause not in found.change.causes]
    log_odds = found.total.base + found.total.rest + sum(cause.contribution for cause in left)
    assert found.change.score == rules().points(log_odds)
    async with db.reading() as connection:
        row = (await connection.execute(sql("SELECT review_at, monitored_at FROM session_risk"))).one()
    hard = any(cause.hard for cause in left)
    assert level(rules(), log_odds, Thresholds(*row), hard=hard) is found.change.level
    assert found.change.level is not wanted
    assert (found.review_from, found.monitored_from) == tuple(map(rules().points, row))
    assert not found.held


async def test_a_level_that_only_stands_until_the_score_is_clearly_lower_says_so(
    db: Database, store: StoreRecord
) -> None:
    await assessed(db, store, level=RiskLevel.REVIEW)
    await change(db, "UPDATE session_risk SET review_at = log_odds + 0.1")
    assert (await explained(db, store)).held


async def test_nothing_would_make_a_normal_session_less_than_normal(db: Database, store: StoreRecord) -> None:
    await assessed(db, store, level=RiskLevel.NORMAL)
    assert (await explained(db, store)).change is None


async def test_a_decision_stands_beside_the_level_of_the_score(db: Database, store: StoreRecord) -> None:
    await assessed(db, store, level=RiskLevel.REVIEW)
    await restrict.decide(db, store.id, TOKEN, Decision.CLEARED, reason="known", now=after(6))
    found = await shown(db, store)
    assert found.assessment is not None
    assert (found.risk_level, found.assessment.level) == (RiskLevel.NORMAL, RiskLevel.REVIEW)


async def test_score_and_level_are_told_step_by_step(db: Database, store: StoreRecord) -> None:
    first = (await the_session(db, store)).risk_score or 0
    likely = await assessed(db, store, level=RiskLevel.REVIEW, at=after(5))
    await assessed(db, store, level=RiskLevel.REVIEW, at=after(6))  # moves nothing
    proven = await assessed(db, store, level=RiskLevel.RESTRICTED, at=after(7))
    assert (await explained(db, store)).steps == (
        Step(after(0), first, RiskLevel.NORMAL),
        Step(after(5), likely, RiskLevel.REVIEW),
        Step(after(7), proven, RiskLevel.RESTRICTED),
    )


async def test_an_event_and_the_level_that_changes_with_it_are_one_step(db: Database) -> None:
    store = await a_store(db)
    known: dict[str, Any] = {"ip": "203.0.113.7", "device_id": "d-1", "user_agent": "curl/8.5.0"}
    carts = [event(minutes=n / 10, token=f"cart-{n}", lines=[line(1, 9)], **known) for n in range(12)]
    await tell(db, store, *carts)
    found = await shown(db, store, "cart-11")
    assert found.assessment is not None
    assert [entry.kind for entry in found.timeline] == [TimelineKind.STARTED, TimelineKind.RISK_ASSESSED]
    assert found.assessment.level is RiskLevel.RESTRICTED
    assert found.assessment.steps == (Step(after(1.1), found.assessment.score, RiskLevel.RESTRICTED),)


async def test_a_score_made_anew_without_a_line_of_its_own_is_the_last_step(db: Database, store: StoreRecord) -> None:
    await assessed(db, store, level=RiskLevel.REVIEW)
    await change(db, "UPDATE session_risk SET score = 44, assessed_at = assessed_at + 600000, model_version = 'x'")
    found = await explained(db, store)
    assert found.steps[-1] == Step(found.assessed_at, 44, RiskLevel.REVIEW)
    assert found.steps[-2].score == score_of(LIKELY)


async def test_the_timeline_tells_the_score_before_and_after_each_event(db: Database) -> None:
    store = await a_store(db)
    await tell(db, store, event(lines=[line()]), event("checkout.started", 3), event("session.cancelled", 4))
    entries = (await shown(db, store)).timeline
    assert [(entry.score_before, entry.score) for entry in entries if entry.kind is not TimelineKind.RISK_ASSESSED] == [
        (None, entries[0].score),
        (entries[0].score, entries[1].score),
        (entries[1].score, entries[2].score),
    ]
    assert None not in {entry.score for entry in entries}


async def test_an_event_that_comes_late_has_the_score_of_when_it_came(db: Database) -> None:
    store = await a_store(db)
    await tell(db, store, event(lines=[line()]))
    await tell(db, store, event("checkout.started", 9))
    at_last = (await shown(db, store)).timeline[-1].score
    await tell(db, store, event("cart.updated", 5, lines=[line(1, 99)]))
    late = (await shown(db, store)).timeline[1]
    assert (late.kind, late.score_before) == (TimelineKind.CART_UPDATED, at_last)


async def test_while_a_session_is_checked_at_random_nothing_tells_its_score(db: Database, store: StoreRecord) -> None:
    await assessed(db, store, level=RiskLevel.NORMAL, sampled=0.1)
    found = await shown(db, store)
    assert (found.score_hidden, found.assessment, found.risk_score) == (True, None, None)
    assert [(entry.kind, entry.score, entry.score_before) for entry in found.timeline] == [
        (TimelineKind.STARTED, None, None)
    ]
    assert await top_reason(db, store.id, found.id) is None


async def test_who_has_decided_sees_the_score_also_after_taking_it_back(db: Database, store: StoreRecord) -> None:
    score = await assessed(db, store, level=RiskLevel.REVIEW, sampled=0.1)
    for decision in (Decision.CLEARED, None):
        await restrict.decide(db, store.id, TOKEN, decision, reason="looked", now=after(8))
        found = await shown(db, store)
        assert not found.score_hidden
        assert found.assessment is not None
        assert found.assessment.score == score
        assert await top_reason(db, store.id, found.id) is not None


async def test_an_imported_score_is_shown_until_the_session_is_scored_here(db: Database, store: StoreRecord) -> None:
    await imported(
        db, store, score=61, level=RiskLevel.REVIEW, reasons=(("Slow {ip_hour}", 0.5), ("Fast", -1.5)), unknown=("age",)
    )
    found = await explained(db, store)
    assert (found.origin, found.score, found.level, found.unknown) == (Origin.IMPORTED, 61, RiskLevel.REVIEW, ("age",))
    assert [(cause.text, cause.contribution) for cause in found.causes] == [("Fast", -1.5), ("Slow {ip_hour}", 0.5)]
    assert await top_reason(db, store.id, (await shown(db, store)).id) is None
    await tell(db, store, event("checkout.started", 7))
    assert (await explained(db, store)).origin is Origin.TABLE


async def test_a_session_without_a_score_has_no_assessment_and_nothing_is_hidden(
    db: Database, store: StoreRecord
) -> None:
    await unscored(db, store)
    found = await shown(db, store)
    assert (found.assessment, found.score_hidden) == (None, False)
    assert await top_reason(db, store.id, found.id) is None


async def test_the_top_reason_raises_the_risk_where_any_does(db: Database, store: StoreRecord) -> None:
    number = (await shown(db, store)).id
    await assessed(db, store, known={"ip_hour": 5, "cleared_before": 3, "checkout": 2})
    cause = await top_reason(db, store.id, number)
    assert cause is not None
    assert cause.signal == "ip_hour"
    await assessed(db, store, level=RiskLevel.NORMAL, known=LITTLE)
    cause = await top_reason(db, store.id, number)
    assert cause is not None
    assert cause.contribution < 0


async def test_the_top_reason_is_that_of_the_panel_and_of_no_other_store(db: Database, store: StoreRecord) -> None:
    await assessed(db, store, level=RiskLevel.RESTRICTED, known=PROVEN)
    other = await a_store(db, "other.example")
    number = (await shown(db, store)).id
    assert await top_reason(db, store.id, number) == (await explained(db, store)).causes[0]
    assert await top_reason(db, other.id, number) is None
    assert await top_reason(db, store.id, number + 1) is None
