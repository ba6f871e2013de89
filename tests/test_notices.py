"""What a shop is told: when a notice is written, what stands in it, and how it is signed."""

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from data import notice_addresses, notices
from data.database import Database
from data.levels import Decision, RiskLevel
from data.notices import LevelChange
from data.records import StoreRecord
from tests.factories import TOKEN, a_store, after, event, tell, the_session
from tests.test_destinations import leading_to

NORMAL, REVIEW, RESTRICTED = RiskLevel.NORMAL, RiskLevel.REVIEW, RiskLevel.RESTRICTED
URL = "https://shop.example/told"


async def told_of(db: Database, *, address: bool = True) -> tuple[StoreRecord, LevelChange]:
    """A store with one session, and that session's restriction by a rule."""
    store = await a_store(db)
    if address:
        await notice_addresses.put(db, store.id, URL, after(0), loopback=False, asking=leading_to("8.8.8.8"))
    await tell(db, store, event(checkout_token="co-1"))
    number = (await the_session(db, store)).id
    return store, LevelChange(number, TOKEN, NORMAL, RESTRICTED, Decision.RESTRICTED, "Holds all", 7, after(30))


async def write(db: Database, store: StoreRecord, *changes: LevelChange) -> list[dict[str, Any]]:
    """Write them in a transaction; the bodies of all notices that there are then."""
    async with db.writing() as session:
        await notices.write(session, store.id, changes, after(5))
    async with db.reading() as connection:
        return [json.loads(body) for body in (await connection.execute(text("SELECT body FROM notice"))).scalars()]


async def test_a_restriction_is_told_with_all_that_a_shop_needs(db: Database) -> None:
    store, change = await told_of(db)
    [body] = await write(db, store, change)
    assert len(body.pop("id")) == 36
    assert body == {
        "type": "session.restricted",
        "store": "shop.example",
        "created_at": "2026-03-01T12:05:00.000Z",
        "cart_token": TOKEN,
        "checkout_token": "co-1",
        "order_id": None,
        "level": "restricted",
        "level_before": "normal",
        "decision": "restricted",
        "reason": "Holds all",
        "until": "2026-03-01T12:30:00.000Z",
    }


async def test_an_end_of_a_restriction_is_told_whoever_ended_it(db: Database) -> None:
    store, change = await told_of(db)
    lapsed = replace(change, level_before=RESTRICTED, level=NORMAL, decision=None, until=None)
    cleared = replace(lapsed, decision=Decision.CLEARED)
    scored = replace(lapsed, rule_id=None, level=REVIEW)
    found = await write(db, store, lapsed, cleared, scored)
    assert [(one["type"], one["level"], one["decision"], one["until"]) for one in found] == [
        ("session.cleared", "normal", None, None),
        ("session.cleared", "normal", "cleared", None),
        ("session.cleared", "review", None, None),
    ]
    assert len({one["id"] for one in found}) == 3


async def test_a_merchants_decision_is_told_even_where_the_level_stays(db: Database) -> None:
    store, change = await told_of(db)
    agreed = replace(change, level_before=RESTRICTED)
    kept = replace(change, level_before=NORMAL, level=NORMAL, decision=Decision.CLEARED)
    taken_back = replace(change, level_before=NORMAL, level=REVIEW, decision=None)
    found = await write(db, store, agreed, kept, taken_back)
    assert [one["type"] for one in found] == ["session.restricted", "session.cleared", "session.cleared"]


async def test_what_only_the_score_moved_below_restricted_is_not_told(db: Database) -> None:
    store, change = await told_of(db)
    scored = replace(change, decision=None, rule_id=None, level=REVIEW)
    assert await write(db, store, scored, replace(scored, level_before=REVIEW, level=NORMAL)) == []


async def test_a_store_without_an_address_is_told_nothing(db: Database) -> None:
    store, change = await told_of(db, address=False)
    other = await a_store(db, "other.example")
    await notice_addresses.put(db, other.id, URL, after(0), loopback=False, asking=leading_to("8.8.8.8"))
    assert await write(db, store, change) == []


async def test_what_did_not_happen_is_not_told(db: Database) -> None:
    store, change = await told_of(db)

    async def write_and_fail() -> None:
        async with db.writing() as session:
            await notices.write(session, store.id, [change], after(5))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    assert await write(db, store) == []


async def test_many_changes_are_told_in_their_order(db: Database) -> None:
    store, change = await told_of(db)
    await tell(db, store, *(event(token=f"cart-{n}", minutes=n / 100) for n in range(700)))
    async with db.reading() as connection:
        query = "SELECT id, cart_token FROM session WHERE cart_token LIKE 'cart-%' ORDER BY id DESC"
        known = (await connection.execute(text(query))).all()
    found = await write(db, store, *(replace(change, session_id=n, cart_token=token) for n, token in known))
    assert [one["cart_token"] for one in found] == [token for _, token in known]


def test_a_signature_can_be_checked_with_the_bytes_that_arrived_and_nothing_else() -> None:
    body = notices.trial_body("shöp.example", after(0)).encode()
    signed = notices.signature("cwn_secret", body, after(1))
    time, _, digest = signed.partition(",v1=")
    seconds = time.removeprefix("t=")
    assert int(seconds) == after(1).timestamp()
    expected = hmac.new(b"cwn_secret", f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    assert digest == expected
    assert notices.signature("cwn_secret", body, after(2)) != signed
    assert notices.signature("other", body, after(1)) != signed


def test_the_readmes_code_takes_what_is_ours_and_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (Path(__file__).parent.parent / "README.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    given: dict[str, Any] = {}
    exec(code, given)  # noqa: S102  # our own README
    check = given["is_from_cartwatch"]
    body = notices.trial_body("shop.example", after(0)).encode()
    header = notices.signature("cwn_secret", body, after(1))
    monkeypatch.setattr("time.time", lambda: after(2).timestamp())
    assert check(body, header, "cwn_secret")
    assert not check(body + b" ", header, "cwn_secret")
    assert not check(body, header, "cwn_other")
    assert not check(body, header.replace("t=1", "t=2"), "cwn_secret")
    for broken in ("", "v1=", "t=,v1=", "t=x,v1=\u00e9", header.partition(",")[0]):
        assert not check(body, broken, "cwn_secret")
    monkeypatch.setattr("time.time", lambda: after(7).timestamp())
    assert not check(body, header, "cwn_secret")
