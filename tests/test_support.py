"""The support bundle holds what explains a session, and nothing that identifies its shopper."""

import json
from pathlib import Path
from typing import Any

import pytest

from data import details, restrict
from data.levels import Decision, RiskLevel
from data.records import SessionDetail
from data.risk.model import rules
from data.support import bundle
from tests.assessments import PROVEN, assessed, unscored
from tests.factories import TOKEN, a_store, after, event, line, opened, tell

SECRETS = {
    "cart_token": TOKEN,
    "ip": "185.22.17.99",
    "checkout_token": "chk-5f7c9e21",
    "device_id": "dev-77aa31",
    "order_id": "order-100045",
    "reason": "Jane wrote to us about this",
    "figure of a reason": "Jane's own server",
    "title": "Wedding ring, engraved",
    "event id": "evt-0001-private",
}


@pytest.fixture
async def session(tmp_path: Path) -> SessionDetail:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        shopper: dict[str, Any] = {name: SECRETS[name] for name in ("ip", "checkout_token", "device_id")}
        cart = [line(1, 2, title=SECRETS["title"])]
        await tell(
            db,
            store,
            event(id=SECRETS["event id"], country="CZ", user_agent="Mozilla/5.0 (iPhone)", lines=cart, **shopper),
            event("checkout.completed", 4, order_id=SECRETS["order_id"]),
            event("cart.updated", 5, lines=[line(3)]),
        )
        await restrict.decide(db, store.id, TOKEN, Decision.RESTRICTED, reason=SECRETS["reason"], now=after(6))
        known = PROVEN | {"hosting": 1, "host": SECRETS["figure of a reason"]}
        await assessed(db, store, TOKEN, RiskLevel.RESTRICTED, at=after(7), known=known)
        found = await details.detail(db, store.id, TOKEN, after(8))
        assert found is not None
        return found


def test_the_secrets_are_in_the_session_so_their_absence_says_something(session: SessionDetail) -> None:
    everything = repr(session)
    assert [name for name, secret in SECRETS.items() if secret not in everything] == []


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_what_identifies_the_shopper_is_left_out(session: SessionDetail, secret: str) -> None:
    assert secret not in bundle(session, after(9))


def test_it_tells_what_happened(session: SessionDetail) -> None:
    known = json.loads(bundle(session, after(9)))
    assert known["made_at"] == "2026-03-01T12:09:00+00:00"
    assert known["store"] == "shop.example"
    assert known["session"]["token_hash"] == session.token_hash
    assert known["session"]["network"] == "185.22.17.0/24"
    assert (known["session"]["status"], known["session"]["decision"]) == ("converted", "restricted")
    assert (known["session"]["value_minor"], known["session"]["currency"]) == (9990, "USD")
    assert (known["assessment"]["score"], known["assessment"]["level"]) == (session.risk_score, "restricted")
    assert known["assessment"]["model_version"] == rules().version
    reasons = known["assessment"]["reasons"]
    assert rules().base + sum(reasons.values()) == pytest.approx(known["assessment"]["log_odds"])
    assert reasons["declined"] > 0 > reasons["first_add"]
    assert [(entry["kind"], entry["applied"]) for entry in known["timeline"]] == [
        ("started", True),
        ("converted", True),
        ("cart_updated", False),
        ("restricted", True),
        ("risk_assessed", True),
    ]


async def test_a_bare_session_has_a_bundle_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        await tell(db, store, event("cart.updated", lines=[]))
        await unscored(db, store)
        bare = await details.detail(db, store.id, TOKEN, after(1))
        assert bare is not None
        known = json.loads(bundle(bare, after(1)))
    assert known["assessment"] is None
    assert known["session"]["network"] is None
