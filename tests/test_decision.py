"""``GET /api/decision``: what a storefront or checkout is answered about a cart."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from nicegui.testing import User
from sqlalchemy import text

from data import decisions, rules, stores
from data.columns import milliseconds
from data.database import Busy, Database
from data.decisions import Action, Verdict
from data.event_format import LONGEST_ID
from data.levels import Decision, RiskLevel
from data.records import StoreRecord
from data.rule_targets import Target
from tests.console import NOW, Site, a_site, break_reading
from tests.factories import TOKEN, after, event, tell

UNKNOWN = {
    "known": False,
    "level": "normal",
    "action": "allow",
    "score": None,
    "decision": None,
    "reason": None,
    "until": None,
    "assessed_at": None,
}


@dataclass(frozen=True, slots=True)
class Checkout:
    """A store's checkout, with the key that it asks with."""

    site: Site
    store: StoreRecord
    key: str

    @property
    def database(self) -> Database:
        return self.site.database

    async def ask(self, token: str | None = TOKEN, key: str | None = None, **headers: str) -> httpx.Response:
        """Ask about a cart."""
        sent = {"Authorization": f"Bearer {key or self.key}"} | headers
        return await self.site.client.get(
            "/api/decision", params={} if token is None else {"cart_token": token}, headers=sent
        )

    async def told(self, token: str = TOKEN) -> dict[str, Any]:
        """The answer about a cart, which must be a good one, without its token."""
        answer = await self.ask(token)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert found.pop("cart_token") == token.partition("?")[0]
        return found

    async def stored(self, statement: str, **values: object) -> None:
        """Change what is stored."""
        async with self.database.writing() as session:
            await (await session.connection()).execute(text(statement), {"store": self.store.id} | values)

    async def level(self, level: str, assessed: str | None = None, score: int | None = None) -> None:
        """Give the cart a level that counts, and one that was assessed."""
        await self.stored(
            "UPDATE session SET risk_level = :level, assessed_level = :assessed, risk_score = :score",
            level=level,
            assessed=assessed or level,
            score=score,
        )

    async def decide(self, decision: Decision, until: datetime | None = None) -> None:
        """Decide about the cart, as a merchant does."""
        about = Target.SESSION, TOKEN, decision
        await rules.add(self.database, self.store.id, *about, reason="Holds it all", until=until, now=NOW)


@pytest.fixture
async def checkout(user: User, tmp_path: Path) -> AsyncIterator[Checkout]:
    async with a_site(user, tmp_path) as site:
        store = await site.store()
        await tell(site.database, store, event(), now=NOW)
        shop = Checkout(site, store, await stores.add_key(site.database, store.id, NOW))
        await shop.stored("DELETE FROM session_risk")  # each test says itself what was found
        yield shop


@pytest.mark.parametrize(
    ("level", "action"), [("normal", "allow"), ("monitored", "allow"), ("review", "review"), ("restricted", "block")]
)
async def test_the_level_that_counts_says_what_to_do(checkout: Checkout, level: str, action: str) -> None:
    await checkout.level(level, score=42)
    assert await checkout.told() == UNKNOWN | {"known": True, "level": level, "action": action, "score": 42}


async def test_a_cart_that_nobody_knows_may_go_on(checkout: Checkout) -> None:
    await checkout.level("restricted")
    assert await checkout.told("another") == UNKNOWN
    assert await checkout.told(TOKEN.lower()) == UNKNOWN
    assert await checkout.told("\u202e' OR 1=1 --\x00") == UNKNOWN


async def test_the_merchants_decision_comes_with_its_reason_and_its_end(checkout: Checkout) -> None:
    await checkout.level("normal", score=3)
    await checkout.decide(Decision.RESTRICTED, after(30))
    assert await checkout.told() == UNKNOWN | {
        "known": True,
        "level": "restricted",
        "action": "block",
        "score": 3,
        "decision": "restricted",
        "reason": "Holds it all",
        "until": "2026-03-01T12:30:00.000Z",
    }


async def test_a_cart_that_was_cleared_may_go_on_whatever_its_score(checkout: Checkout) -> None:
    await checkout.level("restricted", score=97)
    await checkout.decide(Decision.CLEARED)
    told = await checkout.told()
    assert (told["action"], told["decision"], told["until"], told["score"]) == ("allow", "cleared", None, 97)


@pytest.mark.parametrize(("assessed", "action"), [("monitored", Action.ALLOW), ("restricted", Action.BLOCK)])
async def test_a_rule_that_has_run_out_counts_no_more_from_that_very_moment(
    checkout: Checkout, assessed: str, action: Action
) -> None:
    await checkout.level(assessed, score=60)
    await checkout.decide(Decision.RESTRICTED, after(30))
    before, there, store = after(30) - timedelta(milliseconds=1), checkout.database, checkout.store.id
    assert (await decisions.of_cart(there, store, TOKEN, before)).decision is Decision.RESTRICTED
    over = await decisions.of_cart(there, store, TOKEN, after(30))
    assert over == Verdict(known=True, level=RiskLevel(assessed), score=60)
    assert over.action is action


async def scored(checkout: Checkout, sampled: float | None = None) -> None:
    await checkout.stored(
        "INSERT INTO session_risk "
        "(session_id, store_id, assessed_at, model_version, log_odds, score, sampled, readings) "
        "SELECT id, store_id, :at, 'expert-1', 0.2, 55, :sampled, '[]' FROM session",
        at=milliseconds(after(5)),
        sampled=sampled,
    )


async def test_it_says_when_the_score_was_found(checkout: Checkout) -> None:
    await checkout.level("review", score=55)
    await scored(checkout)
    told = await checkout.told()
    assert (told["assessed_at"], told["score"]) == ("2026-03-01T12:05:00.000Z", 55)


@pytest.mark.parametrize(
    ("assessed", "action"), [("normal", "allow"), ("monitored", "allow"), ("review", "review"), ("restricted", "block")]
)
async def test_one_that_is_checked_at_random_is_not_held_up_for_it_and_its_score_is_not_told(
    checkout: Checkout, assessed: str, action: str
) -> None:
    await checkout.level("review", assessed)  # the merchant sees no score of it
    await scored(checkout, 0.2)
    told = await checkout.told()
    assert (told["level"], told["action"], told["score"]) == (assessed, action, None)


async def test_once_it_was_decided_the_score_of_one_that_was_checked_at_random_is_told(checkout: Checkout) -> None:
    await checkout.level("review", "normal")
    await scored(checkout, 0.2)
    await checkout.decide(Decision.RESTRICTED, after(30))
    told = await checkout.told()
    assert (told["action"], told["score"]) == ("block", 55)
    over = await decisions.of_cart(checkout.database, checkout.store.id, TOKEN, after(30))
    assert (over.action, over.score) == (Action.ALLOW, 55)


async def test_a_token_is_cut_as_that_of_an_event_is(checkout: Checkout) -> None:
    await checkout.level("review")
    assert (await checkout.told(f"{TOKEN}?key=secret"))["known"]
    assert (await checkout.told("x" * LONGEST_ID))["known"] is False


@pytest.mark.parametrize("token", [None, "", "?key=x", "   ", "x" * (LONGEST_ID + 1)])
async def test_without_a_token_it_says_how_to_ask(checkout: Checkout, token: str | None) -> None:
    answer = await checkout.ask(token)
    assert answer.status_code == 400
    assert "cart" in answer.json()["error"]


async def test_one_cart_is_asked_about_at_a_time(checkout: Checkout) -> None:
    headers = {"Authorization": f"Bearer {checkout.key}"}
    answer = await checkout.site.client.get("/api/decision?cart_token=a&cart_token=b", headers=headers)
    assert answer.status_code == 400


async def test_no_other_stores_carts_are_told_of(checkout: Checkout) -> None:
    other = await checkout.site.store("other.example")
    await checkout.level("restricted")
    key = await stores.add_key(checkout.database, other.id, NOW)
    assert (await checkout.ask(key=key)).json()["known"] is False


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic {key}", "Bearer {key}x", "{key}"])
async def test_without_the_key_nothing_is_told(checkout: Checkout, header: str) -> None:
    answer = await checkout.ask(Authorization=header.format(key=checkout.key))
    assert answer.status_code == 401
    assert set(answer.json()) == {"error"}


async def test_a_withdrawn_key_is_told_nothing(checkout: Checkout) -> None:
    [key] = await stores.keys(checkout.database, checkout.store.id)
    await stores.remove_key(checkout.database, checkout.store.id, key.id)
    assert (await checkout.ask()).status_code == 401


async def test_nobody_keeps_an_answer_and_no_other_site_may_read_it(checkout: Checkout) -> None:
    answer = await checkout.ask(Origin="https://shop.example")
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_database_that_cannot_be_read_is_told(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    break_reading(monkeypatch, Busy("cartwatch.db is locked."))
    answer = await checkout.ask()
    assert (answer.status_code, answer.json()) == (503, {"error": "Nothing can be said. cartwatch.db is locked."})
