"""Stored sessions are scored again by the table in use, and what a promoted table says counts at once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from data import learned_models, notice_addresses, restrict
from data.database import Busy, Database
from data.levels import Decision
from data.records import StoreRecord
from data.rescoring import Rescored, rescore
from data.risk.model import Model, rules
from tests.factories import after, event, line, opened, tell
from tests.test_destinations import leading_to

STRICT = "learned-strict"
"""A table that thinks worse of everybody than the rules do: its base is higher."""


def strict(base: float = 2.0) -> Model:
    return replace(rules(), version=STRICT, base=rules().base + base)


async def rows(db: Database, query: str) -> list[Any]:
    async with db.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def try_out(db: Database, store: StoreRecord, model: Model, minutes: float = 60) -> None:
    async with db.writing() as session:
        await learned_models.put_on_trial(session, store.id, model, {}, after(minutes))


async def use(db: Database, store: StoreRecord, model: Model, minutes: float = 60) -> None:
    await try_out(db, store, model, minutes)
    await learned_models.promote(db, store.id, now=after(minutes), anyway=True)


async def fill(db: Database, store: StoreRecord, number: int = 12) -> None:
    """Sessions of one address, one every minute, that renew without end: each has something that speaks against it."""
    for n in range(number):
        token = f"cart-{n}"
        begun = event(minutes=n, token=token, lines=[line(quantity=9)], ip="203.0.113.7", user_agent="curl/8.5.0")
        await tell(db, store, begun, event("checkout.started", n + 0.5, token), now=after(n + 0.5))


async def again(db: Database, store: StoreRecord, minutes: float = 90) -> Rescored:
    return await rescore(db, store, after(minutes), lambda seen, total: None)


async def test_a_promoted_table_scores_from_the_next_event_on(db: Database, store: StoreRecord) -> None:
    await fill(db, store, 1)
    await use(db, store, strict())
    await tell(db, store, event(minutes=61, token="cart-new", lines=[line()]), now=after(61))
    versions = await rows(db, "SELECT model_version, log_odds, readings FROM session_risk ORDER BY session_id")
    assert [version for version, _, _ in versions] == [rules().version, STRICT]
    _, log_odds, readings = versions[1]
    assert log_odds == strict().score(orjson.loads(readings)).log_odds
    await learned_models.forget(db, store.id, now=after(62))
    await tell(db, store, event(minutes=63, token="cart-newer", lines=[line()]), now=after(63))
    assert (await rows(db, "SELECT model_version FROM session_risk ORDER BY session_id"))[2] == (rules().version,)


async def test_a_table_on_trial_scores_along_and_changes_nothing_that_is_shown(
    db: Database, store: StoreRecord
) -> None:
    await try_out(db, store, strict())
    await fill(db, store, 1)
    [(version, log_odds, shadow)] = await rows(db, "SELECT model_version, log_odds, shadow_log_odds FROM session_risk")
    assert version == rules().version
    assert shadow == pytest.approx(log_odds + 2.0, abs=1e-9)
    [(shown,)] = await rows(db, "SELECT risk_score FROM session")
    assert shown == rules().points(log_odds)


async def test_another_process_hears_of_a_promotion(db: Database, store: StoreRecord, tmp_path: Path) -> None:
    await fill(db, store, 1)
    async with opened(tmp_path) as other:
        await use(other, store, strict())
    await tell(db, store, event(minutes=61, token="cart-new", lines=[line()]), now=after(61))
    assert (await rows(db, "SELECT model_version FROM session_risk ORDER BY session_id"))[1] == (STRICT,)


async def test_every_session_gets_the_score_of_its_own_readings(db: Database, store: StoreRecord) -> None:
    await fill(db, store)
    told = await rows(db, "SELECT id, score, log_odds, model_version FROM event ORDER BY id")
    await use(db, store, strict())
    done = await again(db, store)
    assert (done.version, done.scored, done.unread) == (STRICT, 12, 0)
    found = await rows(
        db,
        "SELECT risk_score, score, log_odds, model_version, readings FROM session "
        "JOIN session_risk ON session_id = session.id",
    )
    for shown, score, log_odds, version, readings in found:
        assert log_odds == strict().score(orjson.loads(readings)).log_odds
        assert shown == score == strict().points(log_odds)
        assert version == STRICT
    now = await rows(db, "SELECT id, score, log_odds, model_version FROM event ORDER BY id")
    assert now[: len(told)] == told  # what was thought of before stays as it was
    lines = await rows(
        db, "SELECT changes, score, model_version FROM event WHERE kind = 'risk_assessed' AND source_id IS NULL"
    )
    assert {version for _, _, version in lines[-12:]} == {STRICT}
    assert all(orjson.loads(changes)["score"] == score for changes, score, _ in lines[-12:])


async def test_what_was_scored_by_the_table_in_use_is_left_alone(db: Database, store: StoreRecord) -> None:
    await fill(db, store)
    everything = "SELECT * FROM session_risk ORDER BY session_id", "SELECT * FROM event", "SELECT * FROM session"
    before = [await rows(db, query) for query in everything]
    assert await again(db, store) == Rescored(rules().version)
    assert [await rows(db, query) for query in everything] == before


async def test_it_goes_on_where_it_was_stopped(
    db: Database, store: StoreRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.rescoring.BATCH", 5)
    await fill(db, store)
    await use(db, store, strict())
    seen = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        raise Busy("The disk is full.")

    with pytest.raises(Busy):
        await rescore(db, store, after(90), stop)
    assert seen == [(5, 12)]
    counted = "SELECT count(*) FROM session_risk WHERE model_version = 'learned-strict'"
    assert await rows(db, counted) == [(5,)]
    steps: list[tuple[int, int]] = []
    done = await rescore(db, store, after(91), lambda seen, total: steps.append((seen, total)))
    assert done.scored == 7
    assert steps == [(5, 12), (10, 12), (12, 12)]
    assert await rows(db, counted) == [(12,)]


async def test_levels_follow_and_the_merchants_word_stands(db: Database, store: StoreRecord) -> None:
    await fill(db, store)
    await restrict.decide(db, store.id, "cart-3", Decision.CLEARED, reason="A friend", now=after(20))
    await use(db, store, strict(-15.0))
    done = await again(db, store)
    assert done.moved > 0
    found = await rows(db, "SELECT cart_token, assessed_level, risk_level, decision FROM session")
    assert {assessed for _, assessed, _, _ in found} == {"normal"}
    await use(db, store, replace(strict(6.0), version="learned-2"), 100)
    await again(db, store, 101)
    found = await rows(db, "SELECT cart_token, assessed_level, risk_level, decision FROM session")
    levels = {token: (assessed, shown) for token, assessed, shown, _ in found}
    assert levels.pop("cart-3") == ("restricted", "normal")
    assert set(levels.values()) <= {("restricted", "restricted"), ("review", "review")}
    tally = "SELECT risk_level, sum(n) FROM session_tally GROUP BY 1 HAVING sum(n) > 0 ORDER BY 1"
    assert await rows(db, tally) == await rows(db, "SELECT risk_level, count(*) FROM session GROUP BY 1 ORDER BY 1")


async def test_a_hidden_score_stays_hidden(db: Database, store: StoreRecord) -> None:
    await fill(db, store, 3)
    async with db.writing() as session:
        await session.connection()
        await (await session.connection()).execute(text("UPDATE session_risk SET sampled = 0.02"))
        hidden = "UPDATE session SET risk_score = NULL, assessed_level = 'normal', risk_level = 'review'"
        await (await session.connection()).execute(text(hidden))
    await use(db, store, strict(-15.0))
    await again(db, store)
    assert set(await rows(db, "SELECT risk_score, risk_level FROM session")) == {(None, "review")}
    assert {score for (score,) in await rows(db, "SELECT score FROM session_risk")} == {0}


async def test_the_shop_hears_of_active_sessions_that_are_restricted_by_it(db: Database, store: StoreRecord) -> None:
    await notice_addresses.put(
        db, store.id, "https://shop.example/told", after(0), loopback=False, asking=leading_to("8.8.8.8")
    )
    await fill(db, store, 4)
    ended = event("session.cancelled", 20, "cart-0", reason="Emptied")
    await tell(db, store, ended, now=after(20))
    restricted = "SELECT cart_token FROM session WHERE risk_level = 'restricted' AND status = 'active' ORDER BY 1"
    were = await rows(db, restricted)
    assert were
    told = await rows(db, "SELECT id FROM notice")
    await use(db, store, strict(-15.0), 21)
    await again(db, store, 22)
    assert await rows(db, restricted) == []
    bodies = [orjson.loads(body) for (body,) in await rows(db, "SELECT body FROM notice ORDER BY id")]
    assert sorted((body["cart_token"],) for body in bodies[len(told) :]) == were
    assert {body["level"] for body in bodies[len(told) :]} == {"normal"}


async def test_what_an_older_version_read_otherwise_keeps_its_score(db: Database, store: StoreRecord) -> None:
    await fill(db, store, 2)
    async with db.writing() as session:
        await (await session.connection()).execute(text("UPDATE session_risk SET readings = '[1, 2]'"))
    await use(db, store, strict())
    assert (await again(db, store)).unread == 2
    assert set(await rows(db, "SELECT model_version FROM session_risk")) == {(rules().version,)}


async def test_the_same_levels_whoever_scores_next(db: Database, store: StoreRecord, tmp_path: Path) -> None:
    # The process that goes on and one that begins anew give the next session the same score and thresholds.
    await fill(db, store)
    await use(db, store, strict())
    await again(db, store)
    path = tmp_path / "copy"
    path.mkdir()
    await db.fold()
    (path / "cartwatch.db").write_bytes((tmp_path / "cartwatch.db").read_bytes())
    next_one = event(minutes=91, token="cart-next", lines=[line(quantity=9)], ip="203.0.113.7", user_agent="curl/8.5.0")
    found = (
        "SELECT log_odds, score, review_at, monitored_at, readings FROM session_risk ORDER BY session_id DESC LIMIT 1"
    )
    await tell(db, store, next_one, now=after(91))
    async with opened(path) as other:
        await tell(other, store, next_one, now=after(91))
        assert await rows(other, found) == await rows(db, found)
