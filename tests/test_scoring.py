"""What scoring stores: the same however events are told, nothing that looks ahead, levels as the merchant set them."""

import json
from itertools import cycle, groupby, repeat
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from data import expiry, notice_addresses, restrict, stores
from data.levels import Decision, RiskLevel
from data.risk.entity import MOST
from data.risk.model import rules
from data.risk.queue import RESTRICTED_UNTIL, Thresholds, level
from data.risk.visit import Visit
from tests.factories import TOKEN, a_store, after, event, line, opened, tell, the_session
from tests.store_lives import AGENTS, a_life, differences, found, live, lived, the_readings
from tests.test_destinations import leading_to

SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sweep", [0.0, 0.1])
async def test_events_one_by_one_and_in_batches_of_any_size_give_the_same(
    tmp_path: Path, seed: int, sweep: float
) -> None:
    life = a_life(seed, 200, sweep=sweep)
    results = []
    random = Random(seed)
    for name, sizes in {
        "singly": repeat(1),
        "batches": cycle([random.randint(2, 60) for _ in range(9)]),
        "at-once": repeat(len(life)),
    }.items():
        (tmp_path / name).mkdir()
        async with opened(tmp_path / name) as db:
            await live(db, await lived(db), life, iter(sizes))
            results.append(await found(db))
    for other in results[1:]:
        assert differences(other, results[0]) == []


async def test_events_of_one_moment_are_told_as_they_came(tmp_path: Path) -> None:
    tokens = [f"cart-{number}" for number in range(40)]
    Random(2).shuffle(tokens)
    documents = [event(token=token, id=f"id-{token}", ip="203.0.113.7", lines=[line()]) for token in tokens]
    documents += [event("checkout.started", token=token, id=f"on-{token}") for token in reversed(tokens)]
    results = []
    for name, size in {"singly": 1, "some": 7, "at-once": 80}.items():
        (tmp_path / name).mkdir()
        async with opened(tmp_path / name) as db:
            store = await lived(db)
            for first in range(0, 80, size):
                await tell(db, store, *documents[first : first + size], now=after(0))
            results.append(await found(db))
    assert differences(results[1], results[0]) == []
    assert differences(results[2], results[0]) == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_comes_later_changes_no_score_of_before(tmp_path: Path, seed: int) -> None:
    life = a_life(seed, 200, late=0.2)
    told = []
    for end in (200, 140, 60):
        (tmp_path / str(end)).mkdir()
        async with opened(tmp_path / str(end)) as db:
            await live(db, await lived(db), life[:end], repeat(7))
            rows = (await found(db))["events"]
            told.append({source_id: scored for _, _, _, source_id, *scored in rows if source_id})
    for fewer in told[1:]:
        assert fewer.items() <= told[0].items()
    assert [len(one) for one in told] == [200, 140, 60]


async def test_contributions_add_up_and_levels_have_their_grounds(tmp_path: Path) -> None:
    order = list(RiskLevel)
    seen = set()
    async with opened(tmp_path) as db:
        await live(db, await lived(db, 5), a_life(11, 400, late=0.1, decide=0.0), repeat(20))
        for row in (await found(db))["risks"]:
            _, shown, assessed, risk_score, log_odds, score, review_at, monitored_at, sampled, _, _, stored, *_ = row
            readings = json.loads(stored)
            weighed = rules().score(readings)
            assert log_odds == pytest.approx(rules().base + sum(weighed.contributions), abs=1e-9)
            assert score == rules().points(log_odds)
            assessed = RiskLevel(assessed)
            seen.add(assessed)
            # By hysteresis a level may be kept, never won.
            anew = level(rules(), log_odds, Thresholds(review_at, monitored_at), hard=rules().is_hard(readings))
            assert order.index(assessed) >= order.index(anew)
            if assessed is RiskLevel.RESTRICTED:
                assert rules().is_hard(readings)
                assert rules().probability(log_odds) >= RESTRICTED_UNTIL
            assert (shown, risk_score) == (assessed, score) or (shown, risk_score, sampled is None) == (
                "review",
                None,
                False,
            )
    assert seen == set(RiskLevel)


async def test_a_line_tells_of_each_level_with_the_score_before_and_after(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        await live(db, await lived(db), a_life(3, 200, decide=0.0), repeat(1))
        rows = (await found(db))["events"]
    lines = 0
    for _, its_own in groupby(rows, key=lambda row: row[0]):
        level_now, score_now, before = "normal", None, None
        for _, kind, _, _, score, log_odds, version, changes in its_own:
            assert (score, version) == (rules().points(log_odds), rules().version)
            if kind == "risk_assessed":
                lines += 1
                told = json.loads(changes)
                assert told["level_before"] == level_now != told["level"]
                # The expiry that led to it may have been reported later, and have its place then.
                assert (told["score_before"], told["score"]) in ((before, score_now), (score_now, score))
                assert told["score"] == score
                level_now = told["level"]
            else:
                before = score_now
            score_now = score
    assert lines > 20


async def test_an_office_behind_one_address_is_not_restricted(tmp_path: Path) -> None:
    random = Random(1)
    async with opened(tmp_path) as db:
        store = await a_store(db)
        for number in range(40):
            minutes, token = 12 * number, f"colleague-{number}"
            cart = [line(random.randrange(5), 1)]
            shopper = {"ip": "203.0.113.7", "user_agent": AGENTS[number % 2], "device_id": f"laptop-{number}"}
            await tell(db, store, event(minutes=minutes, token=token, lines=cart, **shopper), now=after(minutes))
            ending = "checkout.completed" if number % 4 == 0 else "session.cancelled"
            await tell(db, store, event(ending, minutes + 9, token), now=after(minutes + 9))
        levels = {row[2] for row in (await found(db))["risks"]}
        readings = await the_readings(db, "colleague-39")
    assert readings["ip_day"] == 40
    assert "restricted" not in levels


async def test_volume_of_an_address_alone_never_restricts(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        for minute in range(6):
            crowd = [
                event(minutes=minute + number / 60, token=f"cart-{minute}-{number}", ip="203.0.113.7")
                for number in range(50)
            ]
            await tell(db, store, *crowd, now=after(minute + 1))
        await expiry.sweep(db, after(40))
        risks = (await found(db))["risks"]
        readings = await the_readings(db, "cart-5-49")
    assert readings["ip_hour"] == MOST  # more than that are not counted
    assert {row[2] for row in risks} <= {"normal", "monitored", "review"}


@pytest.mark.parametrize("capacity", [5, 20])
async def test_about_as_many_are_in_review_in_a_day_as_the_merchant_can_look_into(
    tmp_path: Path, capacity: int
) -> None:
    random = Random(4)
    moments = sorted(random.uniform(0, 2 * 24 * 60) for _ in range(1_200))
    documents = []
    for number, minutes in enumerate(moments):
        shopper = {"ip": f"198.51.{number % 250}.7", "user_agent": random.choice([*AGENTS, *AGENTS[:2] * 4])}
        cart = [line(number % 9, random.choice((1, 1, 2, 5, 9)))]
        documents.append(event(minutes=minutes, token=f"cart-{number:04}", lines=cart, **shopper))
    async with opened(tmp_path) as db:
        store = await lived(db, capacity)
        for first in range(0, 1_200, 50):
            await tell(db, store, *documents[first : first + 50], now=after(moments[min(first + 50, 1_199)]))
        # On the first day there is nobody yet to be compared with.
        second_day = [row for row in (await found(db))["risks"] if row[0] >= "cart-0600"]
    levels = [row[1] for row in second_day]
    drawn = sum(row[8] is not None for row in second_day)
    assert capacity / 3 <= levels.count("review") <= 2 * capacity
    assert drawn <= capacity
    assert 0.02 <= levels.count("monitored") / 600 <= 0.1


@pytest.mark.parametrize("decision", Decision)
async def test_a_merchants_decision_stands_whatever_comes(tmp_path: Path, decision: Decision) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        await tell(db, store, event(lines=[line()], ip="203.0.113.7"), now=after(0))
        await restrict.decide(db, store.id, TOKEN, decision, reason="I know them", now=after(1))
        counts = RiskLevel.RESTRICTED if decision is Decision.RESTRICTED else RiskLevel.NORMAL
        told = [event("shopper.seen", 2, ip="203.0.113.7", user_agent="curl/8.5.0")]
        told += [event("reservation.renewed", minutes) for minutes in range(3, 19)]
        told += [event("cart.updated", 19, lines=[line(quantity=50)]), event("checkout.completed", 20)]
        assessed = set()
        for document in told:
            await tell(db, store, document, now=after(21))
            session = await the_session(db, store)
            assessed.add(session.assessed_level)
            assert (session.risk_level, session.decision) == (counts, decision)
            [row] = (await found(db))["risks"]
            assert session.risk_score == row[5]
        assert RiskLevel.RESTRICTED in assessed
        await restrict.decide(db, store.id, TOKEN, None, reason="Not any more", now=after(22))
        session = await the_session(db, store)
        assert session.risk_level is session.assessed_level


async def test_what_comes_more_than_a_day_late_leaves_what_was_thought(tmp_path: Path) -> None:
    shown = "SELECT s.cart_token, s.risk_score, s.risk_level, r.log_odds, r.readings FROM session AS s "
    shown += "JOIN session_risk AS r ON r.session_id = s.id WHERE s.cart_token <> 'later' ORDER BY 1"
    async with opened(tmp_path) as db:
        store = await lived(db)
        for number in range(12):
            begun = event(minutes=number / 4, token=f"cart-{number:02}", device_id="d-1", lines=[line(quantity=6)])
            await tell(db, store, begun | {"ip": f"203.0.113.{number}"}, now=after(number / 4))
        await tell(db, store, event(minutes=50 * 60, token="later"), now=after(50 * 60))
        async with db.reading() as connection:
            before = (await connection.execute(text(shown))).all()
        assert await expiry.sweep(db, after(50 * 60 + 1)) == 12
        async with db.reading() as connection:
            assert (await connection.execute(text(shown))).all() == before
            ended = "SELECT count(*), count(score) FROM event WHERE kind = 'expired'"
            assert (await connection.execute(text(ended))).all() == [(12, 0)]
            memories = await connection.execute(text("SELECT memory FROM session_risk"))
            over = [Visit.loaded(memory).over for (memory,) in memories]
        assert max(score for _, score, *_ in before) > 90
        assert sum(one is not None for one in over) == 12  # noted all the same


async def test_another_capacity_counts_from_the_next_event_on(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await lived(db, 2)
        await live(db, store, a_life(8, 200), repeat(50))
        minutes = 40 * 60
        thresholds = []
        for number, capacity in enumerate((2, 50, 2)):
            await stores.change(db, store.id, {"review_capacity": capacity}, now=after(minutes))
            [changed] = await stores.every(db)
            token = f"next-{number}"
            await tell(db, changed, event(minutes=minutes + number, token=token), now=after(minutes + number))
            thresholds += [row[6] for row in (await found(db))["risks"] if row[0] == token]
        assert thresholds[1] < thresholds[0] == thresholds[2]


async def test_the_shop_hears_once_of_each_restriction_and_of_its_end(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        await notice_addresses.put(
            db, store.id, "https://shop.example/told", after(0), loopback=False, asking=leading_to("8.8.8.8")
        )
        told = [event(user_agent="curl/8.5.0", ip="203.0.113.7", lines=[line(quantity=50)])]
        told += [event("reservation.renewed", minutes) for minutes in range(3, 19)]
        for document in told:
            await tell(db, store, document, now=after(21))
        assert (await the_session(db, store)).assessed_level is RiskLevel.RESTRICTED
        await tell(db, store, event("checkout.completed", 20), now=after(22))
        async with db.reading() as connection:
            bodies = (await connection.execute(text("SELECT body FROM notice ORDER BY id"))).scalars()
            notices = [json.loads(body) for body in bodies]
        lines = [json.loads(row[-1]) for row in (await found(db))["events"] if row[1] == "risk_assessed"]
        levels = [(one["level_before"], one["level"]) for one in lines]
        assert [(one["level_before"], one["level"]) for one in notices] == [
            pair for pair in levels if "restricted" in pair
        ]
        assert notices[0]["level"] == "restricted"
        assert "{" not in notices[0]["reason"]
