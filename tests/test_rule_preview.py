"""What a rule would hit is known before it is made, and is what it hits when it is made."""

from typing import Any

import pytest
from sqlalchemy import text as sql

from data import rule_preview, rule_reach, rules
from data.database import Database
from data.levels import Decision
from data.records import StoreRecord
from data.rule_preview import preview
from data.rule_records import Preview
from data.rule_targets import Target
from data.rule_values import RuleProblem
from tests.factories import NOON, TOKEN, a_store, after, event, line, tell

IP, NETWORK = "203.0.113.7", "203.0.113.0/24"
RESTRICTED, CLEARED = Decision.RESTRICTED, Decision.CLEARED
DAY = 24 * 60


async def session(
    db: Database, store: StoreRecord, token: str, minutes: float = 0, *, bought: bool = False, **known: Any
) -> None:
    usual: dict[str, Any] = {"ip": IP, "device_id": "phone", "lines": [line(1, 2, "10.00")]}
    events = [event(token=token, minutes=minutes, **(usual | known))]
    if bought:
        events.append(event("checkout.completed", minutes + 1, token))
    await tell(db, store, *events, now=after(max(minutes + 1, 2)))


async def look(
    db: Database, store: StoreRecord, target: Target, value: str, decision: Decision = RESTRICTED, minutes: float = 2
) -> Preview:
    return await preview(db, store.id, target, value, decision, after(minutes))


async def make(db: Database, store: StoreRecord, target: Target, value: str, decision: Decision = RESTRICTED) -> None:
    await rules.add(db, store.id, target, value, decision, reason="r", until=None, now=after(2))


@pytest.mark.parametrize(
    ("target", "value"), [(Target.IP, IP), (Target.NETWORK, "203.0.113.99/24"), (Target.DEVICE, "phone")]
)
async def test_it_tells_what_the_rule_then_does(db: Database, store: StoreRecord, target: Target, value: str) -> None:
    for number in range(7):
        await session(db, store, f"t{number}", number / 100)
    await session(db, store, "euros", currency="EUR")
    await session(db, store, "elsewhere", ip="198.51.100.1", device_id="other")
    await session(db, store, "bought", -3, bought=True)
    await session(db, store, "bought-elsewhere", -3, bought=True, ip="198.51.100.1", device_id="other")
    other = await a_store(db, "other.example")
    await session(db, other, "theirs")
    found = await look(db, store, target, value)
    assert found.target is target
    assert found.value == (NETWORK if target is Target.NETWORK else value)
    assert (found.sessions, found.more, found.units) == (8, False, 16)
    assert found.values == (("EUR", 2000), ("USD", 14000))
    assert found.examples == ("t6", "t5", "t4", "t3", "t2")
    assert (found.converted, found.purchases, found.purchases_more, found.days) == (1, 2, False, 30)
    assert found.replaces is None
    await make(db, store, target, value)
    async with db.reading() as connection:
        hit = await connection.execute(sql("SELECT count(*), sum(item_count) FROM session WHERE rule_id IS NOT NULL"))
        assert tuple(hit.one()) == (found.sessions, found.units)


async def test_a_session_is_looked_at_alone_whatever_its_status(db: Database, store: StoreRecord) -> None:
    await session(db, store, TOKEN, bought=True)
    found = await look(db, store, Target.SESSION, f"{TOKEN}?key=x")
    assert (found.value, found.sessions, found.values, found.units) == (TOKEN, 1, (("USD", 2000),), 0)
    assert (found.examples, found.purchases, found.days) == ((TOKEN,), 0, 0)


async def test_what_a_more_particular_rule_decides_is_not_hit(db: Database, store: StoreRecord) -> None:
    await session(db, store, "a", device_id="trusted")
    await session(db, store, "b")
    await make(db, store, Target.DEVICE, "trusted", CLEARED)
    await make(db, store, Target.NETWORK, NETWORK, CLEARED)
    assert (await look(db, store, Target.IP, IP)).examples == ("b",)
    assert (await look(db, store, Target.SESSION, "a")).examples == ("a",)


async def test_only_a_restriction_frees_and_only_what_is_still_held(db: Database, store: StoreRecord) -> None:
    await session(db, store, "a")
    assert (await look(db, store, Target.IP, IP, CLEARED)).units == 0
    await make(db, store, Target.NETWORK, NETWORK)
    found = await look(db, store, Target.IP, IP)
    assert (found.sessions, found.units) == (1, 0)


async def test_the_rule_that_would_be_replaced_is_shown(db: Database, store: StoreRecord) -> None:
    await session(db, store, "a")
    await make(db, store, Target.IP, IP, CLEARED)
    found = await look(db, store, Target.IP, IP)
    assert found.replaces is not None
    assert (found.replaces.decision, found.sessions) == (CLEARED, 1)


async def test_purchases_are_those_of_a_month_or_of_as_long_as_addresses_are_kept(
    db: Database, store: StoreRecord
) -> None:
    for number, days in enumerate((40, 20, 3, 1)):
        await session(db, store, f"t{number}", -days * DAY, bought=True)
    async with db.writing() as writer:
        await (await writer.connection()).execute(sql("UPDATE store SET ip_days = 7"))
    found = await look(db, store, Target.IP, IP)
    assert (found.converted, found.purchases, found.days) == (2, 2, 7)
    found = await look(db, store, Target.NETWORK, NETWORK)
    assert (found.converted, found.purchases, found.days) == (3, 3, 30)
    found = await look(db, store, Target.DEVICE, "phone")
    assert (found.converted, found.purchases, found.days) == (3, 3, 30)


async def test_it_counts_only_so_far(db: Database, store: StoreRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_reach, "MANY", 4)
    monkeypatch.setattr(rule_preview, "MANY", 4)
    for number in range(6):
        await session(db, store, f"t{number}", number / 100)
        await session(db, store, f"b{number}", -9 + number / 100, bought=True)
    found = await look(db, store, Target.NETWORK, NETWORK)
    assert (found.sessions, found.more, found.units) == (4, True, 8)
    assert (found.converted, found.purchases, found.purchases_more) == (4, 4, True)
    assert found.examples == ("t5", "t4", "t3", "t2")
    # Few are hit, of more than are looked at.
    await session(db, store, "alone", 0.5, ip="198.51.100.1")
    found = await look(db, store, Target.NETWORK, NETWORK)
    assert (found.sessions, found.more) == (3, True)
    found = await look(db, store, Target.IP, "198.51.100.1")
    assert (found.sessions, found.more, found.purchases) == (1, False, 6)


async def test_worth_beyond_what_a_number_holds_is_added_up_all_the_same(db: Database, store: StoreRecord) -> None:
    for number in range(3):
        await session(db, store, f"t{number}", number / 100)
    async with db.writing() as writer:
        await (await writer.connection()).execute(sql("UPDATE session SET value = 9000000000000000000"))
    assert (await look(db, store, Target.IP, IP)).values == (("USD", 3 * 9_000_000_000_000_000_000),)


@pytest.mark.parametrize(
    ("target", "value", "said"),
    [
        (Target.IP, "nonsense", "not an IP address"),
        (Target.NETWORK, "0.0.0.0/0", "too wide"),
        (Target.SESSION, "nobody", "no such session"),
    ],
)
async def test_what_cannot_be_a_rule_has_no_preview(
    db: Database, store: StoreRecord, target: Target, value: str, said: str
) -> None:
    with pytest.raises(RuleProblem, match=said):
        await look(db, store, target, value)
    with pytest.raises(RuleProblem, match="no such store"):
        await preview(db, 99, Target.IP, IP, RESTRICTED, NOON)
