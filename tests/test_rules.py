"""Rules: what they make of sessions, in the order of what is more particular, until they end."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql

from data import rules, settling
from data.database import Database
from data.expiry import sweep
from data.lapsing import LAPSED, lapse
from data.levels import Decision, RiskLevel
from data.records import StoreRecord
from data.reports import Reports
from data.rule_records import RuleRecord
from data.rule_targets import RuleAction, Target
from data.rule_values import RuleProblem
from tests.assessments import assessed
from tests.factories import TOKEN, a_store, after, event, kinds, tell, the_revision, the_session, the_timeline

IP, NETWORK, DEVICE = "203.0.113.7", "203.0.113.0/24", "phone-1"
RESTRICTED, CLEARED = Decision.RESTRICTED, Decision.CLEARED


class Interrupted(Exception):
    """What a process that ends just then would be."""


async def begin(db: Database, store: StoreRecord, token: str = TOKEN, minutes: float = 0, **known: Any) -> None:
    shopper: dict[str, Any] = {"ip": IP, "device_id": DEVICE} | known
    await tell(db, store, event(token=token, minutes=minutes, **shopper), now=after(minutes))


async def rule(
    db: Database, store: StoreRecord, target: Target, value: str, decision: Decision = RESTRICTED, **known: Any
) -> RuleRecord:
    usual: dict[str, Any] = {"reason": f"{target} {decision}", "until": None, "now": after(2)}
    return await rules.add(db, store.id, target, value, decision, **(usual | known))


async def decided(db: Database, store: StoreRecord, token: str = TOKEN) -> tuple[Decision | None, int | None]:
    found = await the_session(db, store, token)
    level = {RESTRICTED: RiskLevel.RESTRICTED, CLEARED: RiskLevel.NORMAL, None: found.assessed_level}[found.decision]
    assert found.risk_level is level
    return found.decision, found.rule_id


async def told(db: Database, store: StoreRecord, token: str = TOKEN) -> list[dict[str, Any]]:
    lines = await the_timeline(db, store, token)
    return [json.loads(one.changes or "{}") for one in lines if one.source == "merchant"]


async def rows(db: Database, statement: str) -> list[Any]:
    async with db.reading() as connection:
        return [tuple(row) for row in await connection.execute(sql(statement))]


@pytest.mark.parametrize(
    ("target", "value"),
    [(Target.SESSION, TOKEN), (Target.DEVICE, DEVICE), (Target.IP, IP), (Target.NETWORK, NETWORK)],
)
async def test_a_rule_decides_what_is_there_and_what_comes(
    db: Database, store: StoreRecord, target: Target, value: str
) -> None:
    await begin(db, store)
    await begin(db, store, "other", ip="198.51.100.9", device_id="other-device")
    revision = await the_revision(db, store)
    made = await rule(db, store, target, value, until=after(62))
    assert await the_revision(db, store) == revision + 1
    assert await decided(db, store) == (RESTRICTED, made.id)
    assert await decided(db, store, "other") == (None, None)
    line = (await the_timeline(db, store))[-1]
    assert (line.kind, line.source, line.occurred_at) == ("restricted", "merchant", after(2))
    assert json.loads(line.changes or "") == {
        "decision_before": None,
        "decision": "restricted",
        "level_before": "normal",
        "level": "restricted",
        "reason": f"{target} restricted",
        "target": target.value,
        "until": int(after(62).timestamp() * 1000),
    }
    await begin(db, store, "later", 3)
    assert await decided(db, store, "later") == (
        (RESTRICTED, made.id) if target is not Target.SESSION else (None, None)
    )
    assert (await rules.that_decided(db, store.id, (await the_session(db, store)).id)) == made


async def test_the_more_particular_rule_decides_whichever_was_made_first(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    wide = await rule(db, store, Target.NETWORK, "203.0.0.0/8")
    narrow = await rule(db, store, Target.NETWORK, NETWORK, CLEARED)
    assert await decided(db, store) == (CLEARED, narrow.id)
    await rule(db, store, Target.NETWORK, "203.0.0.0/16")
    assert await decided(db, store) == (CLEARED, narrow.id)
    ip = await rule(db, store, Target.IP, IP)
    assert await decided(db, store) == (RESTRICTED, ip.id)
    own = await rule(db, store, Target.SESSION, TOKEN, CLEARED)
    device = await rule(db, store, Target.DEVICE, DEVICE)
    assert await decided(db, store) == (CLEARED, own.id)
    await begin(db, store, "new", 3)
    assert await decided(db, store, "new") == (RESTRICTED, device.id)
    left = [(RESTRICTED, device.id), (RESTRICTED, ip.id), (CLEARED, narrow.id)]
    for ended, after_it in zip([own, device, ip], left, strict=True):
        await rules.lift(db, store.id, ended.id, reason="enough", now=after(5))
        assert await decided(db, store) == after_it
    assert (await rules.of_store(db, store.id)).rules[-1] == wide


async def test_a_session_that_moves_to_a_known_address_is_decided_then(db: Database, store: StoreRecord) -> None:
    made = await rule(db, store, Target.IP, IP)
    await begin(db, store, minutes=3, ip="198.51.100.9")
    assert await decided(db, store) == (None, None)
    await tell(db, store, event("shopper.seen", 4, ip=IP), now=after(4))
    assert await decided(db, store) == (RESTRICTED, made.id)
    await tell(db, store, event("shopper.seen", 5, ip="198.51.100.9"), now=after(5))
    assert await decided(db, store) == (RESTRICTED, made.id)
    phone = await rule(db, store, Target.DEVICE, "phone-2", CLEARED)
    await tell(db, store, event("shopper.seen", 6, device_id="phone-2"), now=after(6))
    assert await decided(db, store) == (CLEARED, phone.id)


async def test_a_late_event_that_names_the_address_has_its_session_decided(db: Database, store: StoreRecord) -> None:
    made = await rule(db, store, Target.IP, IP, now=after(-9))
    await tell(db, store, event("cart.updated", 5, ip=None), now=after(6))
    await tell(db, store, event(ip=IP), now=after(7))
    assert await decided(db, store) == (RESTRICTED, made.id)


async def test_a_rule_about_more_than_itself_leaves_a_session_alone_that_is_over(
    db: Database, store: StoreRecord
) -> None:
    await begin(db, store)
    await tell(db, store, event("checkout.completed", 1), now=after(1))
    await rule(db, store, Target.IP, IP)
    await rule(db, store, Target.DEVICE, DEVICE)
    assert await decided(db, store) == (None, None)
    own = await rule(db, store, Target.SESSION, TOKEN)
    assert await decided(db, store) == (RESTRICTED, own.id)
    # One that was over before the rule comes late.
    await tell(db, store, event(token="old", ip=IP), event("session.cancelled", 1, "old"), now=after(9))
    assert await decided(db, store, "old") == (None, None)


async def test_another_rule_about_the_same_replaces_the_first(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    first = await rule(db, store, Target.IP, IP)
    second = await rule(db, store, Target.IP, f" {IP} ", CLEARED, now=after(3))
    assert second.replaces == first.id
    assert await decided(db, store) == (CLEARED, second.id)
    assert (await rules.of_store(db, store.id)).rules == (second,)
    [ended] = (await rules.of_store(db, store.id, ended=True)).rules
    assert (ended.id, ended.ending, ended.ended_at) == (first.id, RuleAction.REPLACED, after(3))
    assert kinds(await the_timeline(db, store)) == ["started", "restricted", "cleared"]
    assert await rules.about(db, store.id, Target.IP, IP) == second


async def test_the_same_rule_again_changes_nothing(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    first = await rule(db, store, Target.IP, IP, until=after(90))
    again = await rule(db, store, Target.IP, IP, until=after(90), now=after(3))
    assert again == first
    assert await rows(db, "SELECT count(*) FROM audit") == [(1,)]
    assert len(await told(db, store)) == 1


async def test_lifting_brings_back_what_was_assessed_and_says_why(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    await assessed(db, store, TOKEN, RiskLevel.REVIEW, at=after(1))
    made = await rule(db, store, Target.IP, IP)
    ended = await rules.lift(db, store.id, made.id, reason="a mistake", now=after(3))
    assert (ended.ending, ended.end_reason, ended.ended_at) == (RuleAction.LIFTED, "a mistake", after(3))
    assert await decided(db, store) == (None, None)
    assert (await the_session(db, store)).risk_level is RiskLevel.REVIEW
    last = (await told(db, store))[-1]
    assert (last["decision"], last["level"], last["reason"]) == (None, "review", "a mistake")
    with pytest.raises(RuleProblem, match="ended already"):
        await rules.lift(db, store.id, made.id, reason="again", now=after(4))


async def test_a_rule_ends_when_its_time_is_over(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    made = await rule(db, store, Target.IP, IP, until=after(5))
    kept = await rule(db, store, Target.NETWORK, NETWORK, CLEARED, until=after(9))
    assert await lapse(db, after(4)) == 0
    assert await lapse(db, after(6)) == 1
    assert await lapse(db, after(6)) == 0
    assert await decided(db, store) == (CLEARED, kept.id)
    [ended] = (await rules.of_store(db, store.id, ended=True)).rules
    assert (ended.id, ended.ended_at, ended.ending) == (made.id, after(5), RuleAction.LAPSED)
    await lapse(db, after(60))
    assert await decided(db, store) == (None, None)
    assert (await told(db, store))[-1]["reason"] == LAPSED


async def test_a_rule_whose_time_is_over_decides_nothing_new_before_that_is_noted(
    db: Database, store: StoreRecord
) -> None:
    await rule(db, store, Target.IP, IP, until=after(5))
    await begin(db, store, minutes=5)
    assert await decided(db, store) == (None, None)


async def test_many_rules_end_and_many_sessions_are_decided_in_pieces(
    db: Database, store: StoreRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "BATCH", 3)
    monkeypatch.setattr(settling, "MOST_AT_ONCE", 2)
    tokens = [f"t{number}" for number in range(8)]
    for number, token in enumerate(tokens):
        await begin(db, store, token, number / 100, device_id=f"d{number}", ip=f"203.0.113.{number}")
    await rule(db, store, Target.DEVICE, "d0", CLEARED, until=after(9))
    wide = await rule(db, store, Target.NETWORK, NETWORK, until=after(9))
    for number in range(1, 4):
        await rule(db, store, Target.DEVICE, f"d{number}", CLEARED, until=after(9))
    found = [(await decided(db, store, token))[0] for token in tokens]
    assert found == [CLEARED] * 4 + [RESTRICTED] * 4
    assert (await decided(db, store, "t7"))[1] == wide.id
    assert await lapse(db, after(10)) == 5
    assert [await decided(db, store, token) for token in tokens] == [(None, None)] * 8
    assert await rows(db, "SELECT count(*) FROM rule WHERE pending = 1") == [(0,)]


async def test_what_was_interrupted_goes_on(db: Database, store: StoreRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "BATCH", 2)
    for number in range(5):
        await begin(db, store, f"t{number}", number / 100)

    async def interrupted(*_: object) -> int:
        raise Interrupted

    with monkeypatch.context() as broken:
        broken.setattr(settling, "settle", interrupted)
        with pytest.raises(Interrupted):
            await rule(db, store, Target.IP, IP)
    assert await rows(db, "SELECT count(*) FROM session WHERE rule_id IS NOT NULL") == [(2,)]
    assert await lapse(db, after(5)) == 0
    assert await rows(db, "SELECT count(*) FROM session WHERE rule_id IS NOT NULL") == [(5,)]


async def test_a_session_that_begins_while_a_rule_is_made_is_never_missed(db: Database, store: StoreRecord) -> None:
    reports = Reports(db)
    tokens = [f"t{number}" for number in range(40)]

    async def arrive(token: str) -> None:
        for _ in range(int(token[1:]) % 4):
            await asyncio.sleep(0)
        await reports.receive(store, [event(token=token, ip=IP)], source="api", now=after(1))

    making = asyncio.create_task(rule(db, store, Target.IP, IP))
    await asyncio.gather(making, *map(arrive, tokens))
    made = making.result()
    assert {await decided(db, store, token) for token in tokens} == {(RESTRICTED, made.id)}


async def test_undo_of_a_new_rule_brings_back_what_it_had_replaced(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    first = await rule(db, store, Target.IP, IP, until=after(600), actor="Ana")
    second = await rule(db, store, Target.IP, IP, CLEARED, now=after(3))
    back = await rules.undo(db, store.id, second.id, now=after(4))
    assert back is not None
    same = ("decision", "target", "value", "reason", "actor", "created_at", "until")
    assert [getattr(back, name) for name in same] == [getattr(first, name) for name in same]
    assert await decided(db, store) == (RESTRICTED, back.id)
    assert kinds(await the_timeline(db, store)) == ["started", "restricted", "cleared", "restricted"]
    with pytest.raises(RuleProblem, match="cannot be undone"):
        await rules.undo(db, store.id, second.id, now=after(5))
    with pytest.raises(RuleProblem, match="cannot be undone"):
        await rules.undo(db, store.id, first.id, now=after(5))


async def test_undo_of_a_new_rule_alone_leaves_none(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    made = await rule(db, store, Target.IP, IP)
    assert await rules.undo(db, store.id, made.id, now=after(3)) is None
    assert await decided(db, store) == (None, None)
    assert (await told(db, store))[-1]["reason"] == "Undo"


async def test_undo_of_a_new_rule_brings_no_rule_back_that_has_run_out(db: Database, store: StoreRecord) -> None:
    await rule(db, store, Target.IP, IP, until=after(5))
    second = await rule(db, store, Target.IP, IP, CLEARED, now=after(3))
    assert await rules.undo(db, store.id, second.id, now=after(6)) is None


async def test_undo_of_lifting_decides_again_also_those_that_are_over_since(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    await begin(db, store, "early")
    await tell(db, store, event("session.cancelled", 1, "early"), now=after(1))
    made = await rule(db, store, Target.IP, IP)
    await sweep(db, after(1000))
    await rules.lift(db, store.id, made.id, reason="enough", now=after(1001))
    back = await rules.undo(db, store.id, made.id, now=after(1002))
    assert back is not None
    assert await decided(db, store) == (RESTRICTED, back.id)
    assert await decided(db, store, "early") == (None, None)
    with pytest.raises(RuleProblem, match="newer rule"):
        await rules.undo(db, store.id, made.id, now=after(1003))


async def test_undo_has_its_time(db: Database, store: StoreRecord) -> None:
    made = await rule(db, store, Target.IP, IP)
    with pytest.raises(RuleProblem, match="cannot be undone"):
        await rules.undo(db, store.id, made.id, now=after(2) + timedelta(days=1, minutes=1))
    brief = await rule(db, store, Target.DEVICE, DEVICE, until=after(9))
    await rules.lift(db, store.id, brief.id, reason="enough", now=after(3))
    with pytest.raises(RuleProblem, match="time of this rule is over"):
        await rules.undo(db, store.id, brief.id, now=after(9))


@pytest.mark.parametrize(
    ("target", "value", "known", "field"),
    [
        (Target.IP, "nonsense", {}, "value"),
        (Target.NETWORK, "0.0.0.0/0", {}, "value"),
        (Target.SESSION, "nobody", {}, "value"),
        (Target.IP, IP, {"reason": " "}, "reason"),
        (Target.IP, IP, {"until": after(1)}, "until"),
    ],
)
async def test_what_cannot_be_a_rule_stores_nothing(
    db: Database, store: StoreRecord, target: Target, value: str, known: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleProblem) as problem:
        await rule(db, store, target, value, **known)
    assert problem.value.field == field
    assert await rows(db, "SELECT count(*) FROM rule UNION ALL SELECT count(*) FROM audit") == [(0,), (0,)]


async def test_stores_have_their_own_rules(db: Database, store: StoreRecord) -> None:
    other = await a_store(db, "other.example")
    await begin(db, other, "theirs")
    made = await rule(db, store, Target.IP, IP)
    await begin(db, other, "theirs-later", 3)
    assert [await decided(db, other, token) for token in ("theirs", "theirs-later")] == [(None, None)] * 2
    with pytest.raises(RuleProblem, match="no such rule"):
        await rules.lift(db, other.id, made.id, reason="r", now=after(3))
    with pytest.raises(RuleProblem, match="no such rule"):
        await rules.undo(db, other.id, made.id, now=after(3))
    assert (await rules.of_store(db, other.id)).total == 0


async def test_a_store_has_only_so_many_rules(
    db: Database, store: StoreRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_RULES", 2)
    for value in ("203.0.113.1", "203.0.113.2"):
        await rule(db, store, Target.IP, value)
    with pytest.raises(RuleProblem, match="can have 2 rules"):
        await rule(db, store, Target.IP, "203.0.113.3")
    await rule(db, store, Target.IP, "203.0.113.2", CLEARED)


async def test_rules_are_listed_newest_first_by_what_is_looked_for(db: Database, store: StoreRecord) -> None:
    blocked = await rule(db, store, Target.IP, IP, reason="a 100% hoarder")
    device = await rule(db, store, Target.DEVICE, DEVICE, CLEARED)
    network = await rule(db, store, Target.NETWORK, NETWORK)
    everything = await rules.of_store(db, store.id)
    assert (everything.rules, everything.total) == ((network, device, blocked), 3)
    page = await rules.of_store(db, store.id, limit=1, offset=1)
    assert (page.rules, page.total) == ((device,), 3)
    assert (await rules.of_store(db, store.id, decision=CLEARED)).rules == (device,)
    assert (await rules.of_store(db, store.id, targets=[Target.IP, Target.NETWORK])).rules == (network, blocked)
    assert (await rules.of_store(db, store.id, part="100%")).rules == (blocked,)
    assert (await rules.of_store(db, store.id, part="PHONE")).rules == (device,)


async def test_what_new_sessions_are_decided_by_follows_every_change_of_the_rules(
    db: Database, store: StoreRecord
) -> None:
    seen: list[tuple[Decision | None, int | None]] = []

    async def look(token: str) -> None:
        await begin(db, store, token, 3)
        seen.append(await decided(db, store, token))

    first = await rule(db, store, Target.IP, IP)
    await look("a")
    second = await rule(db, store, Target.IP, IP, CLEARED)
    await look("b")
    await rules.lift(db, store.id, second.id, reason="enough", now=after(3))
    await look("c")
    third = await rule(db, store, Target.IP, IP)
    await look("d")
    assert seen == [(RESTRICTED, first.id), (CLEARED, second.id), (None, None), (RESTRICTED, third.id)]


async def test_each_change_is_a_notice_where_the_store_has_an_address(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    async with db.writing() as session:
        await session.exec(  # type: ignore[call-overload]  # plain SQL
            sql("INSERT INTO notice_address (store_id, url, secret, created_at) VALUES (:store, 'https://x', 's', 0)"),
            params={"store": store.id},
        )
    made = await rule(db, store, Target.IP, IP, until=after(90))
    await rules.lift(db, store.id, made.id, reason="a mistake", now=after(3))
    bodies = [json.loads(body) for (body,) in await rows(db, "SELECT body FROM notice ORDER BY id")]
    assert [(one["type"], one["decision"], one["reason"]) for one in bodies] == [
        ("session.restricted", "restricted", "ip restricted"),
        ("session.cleared", None, "a mistake"),
    ]
    assert datetime.fromisoformat(bodies[0]["until"]) == after(90)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*), max(id) FROM rule WHERE store_id = 1 AND ended_at IS NULL",
        "SELECT id FROM rule WHERE ended_at IS NULL AND until IS NOT NULL AND until <= 5 ORDER BY until LIMIT 1",
        "SELECT id FROM rule WHERE pending = 1 LIMIT 100",
        "SELECT id FROM session WHERE rule_id = 5 LIMIT 500",
        "SELECT id FROM rule WHERE store_id = 1 AND value IN ('a', 'b') AND ended_at IS NULL",
        "SELECT id FROM rule WHERE store_id = 1 AND ended_at < 5 AND low IS NOT NULL",
    ],
)
async def test_whatever_is_looked_for_again_and_again_has_its_index(db: Database, statement: str) -> None:
    [plan] = [row[3] for row in await rows(db, f"EXPLAIN QUERY PLAN {statement}")]
    assert "INDEX" in plan
    assert "SEARCH" in plan or "rule_pending" in plan
