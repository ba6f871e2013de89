"""Undo brings back exactly what stood before, for every session, wherever its shopper is by now."""

from typing import Any

import pytest

from data import rules, settling
from data.database import Database
from data.lapsing import lapse
from data.levels import Decision
from data.records import StoreRecord
from data.rule_records import RuleRecord
from data.rule_targets import Target
from tests.factories import TOKEN, a_store, after, event, tell, the_session

IP, ELSEWHERE, NETWORK, DEVICE = "203.0.113.7", "198.51.100.1", "203.0.113.0/24", "phone-1"
RESTRICTED, CLEARED = Decision.RESTRICTED, Decision.CLEARED


async def make(
    db: Database, store: StoreRecord, target: Target, value: str, decision: Decision = RESTRICTED, minutes: float = 2
) -> RuleRecord:
    moment = after(minutes)
    return await rules.add(db, store.id, target, value, decision, reason="r", until=None, now=moment)


async def begin(db: Database, store: StoreRecord, token: str = TOKEN, **known: Any) -> None:
    await tell(db, store, event(token=token, **({"ip": IP, "device_id": DEVICE} | known)), now=after(1))


async def move(db: Database, store: StoreRecord, token: str = TOKEN) -> None:
    """The shopper goes on from another network."""
    moved = event("cart.updated", 3, token, ip=ELSEWHERE, lines=[])
    [told] = await tell(db, store, moved, now=after(3))
    assert told.status == "applied"


async def stands(db: Database, store: StoreRecord, token: str = TOKEN) -> tuple[Decision | None, int | None]:
    found = await the_session(db, store, token)
    return found.decision, found.rule_id


async def test_a_lifted_rule_speaks_again_of_who_has_changed_the_network(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    await begin(db, store, "stayed")
    lifted = await make(db, store, Target.IP, IP)
    await move(db, store)
    await rules.lift(db, store.id, lifted.id, reason="a mistake", now=after(4))
    assert await stands(db, store) == await stands(db, store, "stayed") == (None, None)
    back = await rules.undo(db, store.id, lifted.id, now=after(5))
    assert back is not None
    assert await stands(db, store) == await stands(db, store, "stayed") == (RESTRICTED, back.id)


async def test_a_replaced_rule_comes_back_for_who_has_changed_the_network(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    await make(db, store, Target.NETWORK, NETWORK, CLEARED)
    await move(db, store)
    wrong = await make(db, store, Target.NETWORK, NETWORK, RESTRICTED, 4)
    assert await stands(db, store) == (None, None)
    back = await rules.undo(db, store.id, wrong.id, now=after(5))
    assert back is not None
    assert await stands(db, store) == (CLEARED, back.id)


@pytest.mark.parametrize("decision", [RESTRICTED, CLEARED])
@pytest.mark.parametrize(
    ("target", "value"), [(Target.SESSION, TOKEN), (Target.DEVICE, DEVICE), (Target.IP, ELSEWHERE)]
)
async def test_a_wider_rule_goes_on_where_a_more_particular_one_is_undone(
    db: Database, store: StoreRecord, target: Target, value: str, decision: Decision
) -> None:
    await begin(db, store)
    wide = await make(db, store, Target.NETWORK, NETWORK)
    await move(db, store)
    over_it = await make(db, store, target, value, decision, 4)
    assert await stands(db, store) == (decision, over_it.id)
    assert await rules.undo(db, store.id, over_it.id, now=after(5)) is None
    assert await stands(db, store) == (RESTRICTED, wide.id)


async def test_a_rule_that_has_ended_meanwhile_does_not_come_back(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    wide = await make(db, store, Target.NETWORK, NETWORK)
    over_it = await make(db, store, Target.SESSION, TOKEN, CLEARED, 3)
    await rules.lift(db, store.id, wide.id, reason="enough", now=after(4))
    await rules.undo(db, store.id, over_it.id, now=after(5))
    assert await stands(db, store) == (None, None)


async def test_what_was_decided_more_particularly_meanwhile_stays(db: Database, store: StoreRecord) -> None:
    await begin(db, store)
    lifted = await make(db, store, Target.IP, IP)
    await move(db, store)
    await rules.lift(db, store.id, lifted.id, reason="a mistake", now=after(4))
    own = await make(db, store, Target.SESSION, TOKEN, CLEARED, 5)
    await rules.undo(db, store.id, lifted.id, now=after(6))
    assert await stands(db, store) == (CLEARED, own.id)


async def test_an_undo_before_all_sessions_are_decided_leaves_them_as_they_were(
    db: Database, store: StoreRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await begin(db, store, f"t{number}")
    lifted = await make(db, store, Target.IP, IP)
    for number in range(5):
        await move(db, store, f"t{number}")

    async def later(*_: object) -> int:
        return 0

    with monkeypatch.context() as slow:
        slow.setattr(settling, "BATCH", 2)
        slow.setattr(settling, "settle", later)
        await rules.lift(db, store.id, lifted.id, reason="a mistake", now=after(4))
        back = await rules.undo(db, store.id, lifted.id, now=after(5))
    await lapse(db, after(6))
    assert back is not None
    for number in range(5):
        assert await stands(db, store, f"t{number}") == (RESTRICTED, back.id)


async def test_many_sessions_come_back_in_pieces(
    db: Database, store: StoreRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "BATCH", 3)
    tokens = [f"t{number}" for number in range(10)]
    for token in tokens:
        await begin(db, store, token)
    lifted = await make(db, store, Target.IP, IP)
    for token in tokens[::2]:
        await move(db, store, token)
    await rules.lift(db, store.id, lifted.id, reason="a mistake", now=after(4))
    back = await rules.undo(db, store.id, lifted.id, now=after(5))
    assert back is not None
    assert {await stands(db, store, token) for token in tokens} == {(RESTRICTED, back.id)}


async def test_another_stores_sessions_are_none_of_its_matter(db: Database, store: StoreRecord) -> None:
    other = await a_store(db, "other.example")
    for one in (store, other):
        await begin(db, one)
    mine, theirs = [await make(db, one, Target.IP, IP) for one in (store, other)]
    for rule, one in ((mine, store), (theirs, other)):
        await rules.lift(db, one.id, rule.id, reason="a mistake", now=after(3))
    await rules.undo(db, store.id, mine.id, now=after(4))
    assert (await stands(db, store))[0] is RESTRICTED
    assert await stands(db, other) == (None, None)


async def test_the_sessions_of_a_rule_that_comes_back_are_found_by_their_index(
    db: Database, store: StoreRecord
) -> None:
    async with db.reading() as connection:
        statement = f"EXPLAIN QUERY PLAN SELECT s.id FROM {settling._FORMER} WHERE s.former_rule_id = 7"
        plan = " ".join(str(row) for row in await connection.exec_driver_sql(statement))
    assert "session_by_former_rule (former_rule_id=?)" in plan
