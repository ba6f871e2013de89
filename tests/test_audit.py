"""The audit: everything that is done is in it, and nobody takes a line out or rewrites one."""

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError

from data import audit, rules
from data.audit import AuditLine
from data.database import Database
from data.lapsing import LAPSED, lapse
from data.levels import Decision
from data.records import StoreRecord
from data.rule_records import AuditRecord
from data.rule_targets import RuleAction, Target
from tests.factories import TOKEN, a_store, after, event, tell, the_session

IP = "203.0.113.7"


def said(line: AuditRecord) -> tuple[object, ...]:
    return line.at, line.actor, line.action, line.target, line.value, line.reason, line.rule_id


async def test_each_thing_done_with_a_rule_is_told_with_before_and_after(db: Database, store: StoreRecord) -> None:
    kept = {"reason": "hoards", "until": after(60), "now": after(1), "actor": "Ana"}
    first = await rules.add(db, store.id, Target.IP, IP, Decision.RESTRICTED, **kept)  # type: ignore[arg-type]  # by name
    second = await rules.add(
        db, store.id, Target.IP, IP, Decision.CLEARED, reason="known", until=None, now=after(2), actor="Ben"
    )
    back = await rules.undo(db, store.id, second.id, now=after(3), actor="Ben")
    assert back is not None
    await rules.lift(db, store.id, back.id, reason="enough", now=after(4))
    again = await rules.undo(db, store.id, back.id, now=after(5))
    assert again is not None
    await lapse(db, after(61))
    lines = (await audit.of_store(db, store.id))[::-1]
    about = (Target.IP, IP)
    assert [said(line) for line in lines] == [
        (after(1), "Ana", RuleAction.ADDED, *about, "hoards", first.id),
        (after(2), "Ben", RuleAction.REPLACED, *about, "known", first.id),
        (after(2), "Ben", RuleAction.ADDED, *about, "known", second.id),
        (after(3), "Ben", RuleAction.UNDONE, *about, "Undo", second.id),
        (after(3), "Ben", RuleAction.RESTORED, *about, "Undo", back.id),
        (after(4), "merchant", RuleAction.LIFTED, *about, "enough", back.id),
        (after(5), "merchant", RuleAction.RESTORED, *about, "Undo", again.id),
        (after(60), "system", RuleAction.LAPSED, *about, LAPSED, again.id),
    ]
    hoards = {"decision": "restricted", "until": int(after(60).timestamp() * 1000), "reason": "hoards"}
    known = {"rule_id": second.id, "decision": "cleared", "until": None, "reason": "known"}
    assert [(line.before, line.after) for line in lines[:5]] == [
        (None, hoards | {"rule_id": first.id}),
        (hoards | {"rule_id": first.id}, None),
        (hoards | {"rule_id": first.id}, known),
        (known, None),
        (hoards | {"rule_id": first.id}, hoards | {"rule_id": back.id}),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
        "UPDATE audit SET actor = 'somebody else'",
        "UPDATE audit SET at = 0",
        "UPDATE audit SET action = 'lifted'",
        "UPDATE audit SET target = 'device'",
        "UPDATE audit SET rule_id = NULL",
        "UPDATE audit SET store_id = 2",
        "UPDATE audit SET id = 7",
        "UPDATE audit SET value = '198.51.100.1'",
        "UPDATE audit SET reason = 'another'",
        "UPDATE audit SET before = '{}'",
        "UPDATE audit SET after = '{}'",
        "UPDATE audit SET value = NULL, actor = 'somebody else'",
        "REPLACE INTO audit (id, store_id, at, actor, action) VALUES (1, 1, 0, 'x', 'added')",
        "INSERT INTO audit (id, store_id, at, actor, action) VALUES (1, 1, 0, 'x', 'added') "
        "ON CONFLICT (id) DO UPDATE SET actor = 'x'",
    ],
)
async def test_the_database_itself_refuses_to_change_a_line(db: Database, store: StoreRecord, statement: str) -> None:
    await a_store(db, "other.example")
    await rules.add(
        db, store.id, Target.IP, IP, Decision.RESTRICTED, reason="hoards", until=None, now=after(1), actor="Ana"
    )
    before = await audit.of_store(db, store.id)
    with pytest.raises(IntegrityError, match="append-only"):
        async with db.writing() as session:
            await (await session.connection()).execute(sql(statement))
    assert await audit.of_store(db, store.id) == before


async def test_what_a_line_tells_of_a_person_can_be_emptied_and_never_filled_again(
    db: Database, store: StoreRecord
) -> None:
    await rules.add(db, store.id, Target.IP, IP, Decision.RESTRICTED, reason="hoards", until=None, now=after(1))
    async with db.writing() as session:
        await audit.forget(await session.connection(), store.id, [IP])
    [line] = await audit.of_store(db, store.id)
    assert (line.value, line.reason, line.before, line.after) == (None, None, None, None)
    assert (line.action, line.target, line.actor) == (RuleAction.ADDED, Target.IP, "merchant")
    with pytest.raises(IntegrityError, match="append-only"):
        async with db.writing() as session:
            await (await session.connection()).execute(sql(f"UPDATE audit SET value = '{IP}'"))


async def test_lines_come_in_pages_the_newest_first(db: Database, store: StoreRecord) -> None:
    async with db.writing() as session:
        lines = [AuditLine(after(n), "Ana", RuleAction.SETTINGS, after={"n": n}) for n in range(5)]
        await audit.write(session, store.id, *lines)
    other = await a_store(db, "other.example")
    first = await audit.of_store(db, store.id, limit=3)
    rest = await audit.of_store(db, store.id, before_id=first[-1].id, limit=3)
    assert [line.after for line in first + rest] == [{"n": n} for n in (4, 3, 2, 1, 0)]
    assert await audit.of_store(db, other.id) == ()


async def test_lines_of_one_action_are_told_alone(db: Database, store: StoreRecord) -> None:
    async with db.writing() as session:
        actions = [RuleAction.SETTINGS, RuleAction.EXPORTED, RuleAction.SETTINGS]
        await audit.write(session, store.id, *(AuditLine(after(1), "Ana", action) for action in actions))
    found = await audit.of_store(db, store.id, action=RuleAction.SETTINGS)
    assert [line.action for line in found] == [RuleAction.SETTINGS] * 2
    [older] = await audit.of_store(db, store.id, action=RuleAction.SETTINGS, before_id=found[0].id)
    assert older == found[1]
    assert await audit.of_store(db, store.id, action=RuleAction.LIFTED) == ()


async def test_a_session_has_the_lines_about_itself_its_shopper_and_its_rule(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(ip=IP, device_id="phone"), event(token="other", ip="198.51.100.1"), now=after(1))

    async def add(target: Target, value: str) -> None:
        await rules.add(db, store.id, target, value, Decision.RESTRICTED, reason=f"{target}", until=None, now=after(2))

    await add(Target.NETWORK, "203.0.113.0/24")
    mine = (await the_session(db, store)).id
    assert [line.value for line in await audit.of_session(db, store.id, mine)] == ["203.0.113.0/24"]
    for target, value in (
        (Target.IP, IP),
        (Target.IP, "198.51.100.1"),
        (Target.DEVICE, "phone"),
        (Target.SESSION, TOKEN),
    ):
        await add(target, value)
    assert [line.value for line in await audit.of_session(db, store.id, mine)] == [TOKEN, "phone", IP]
    assert [line.value for line in await audit.of_session(db, store.id, mine, limit=1)] == [TOKEN]
    assert await audit.of_session(db, store.id, 12345) == ()
    other = await a_store(db, "other.example")
    assert await audit.of_session(db, other.id, mine) == ()


async def test_what_is_not_stored_in_the_end_is_not_in_the_audit(db: Database, store: StoreRecord) -> None:
    async def fail() -> None:
        async with db.writing() as session:
            await audit.write(session, store.id, AuditLine(after(1), "Ana", RuleAction.SETTINGS))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await audit.of_store(db, store.id) == ()
