"""The random check: a few sessions that the merchant judges without having seen what the table thinks of them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from nicegui.testing import User
from sqlalchemy import text as sql

from data import decisions, restrict, rules, scoring
from data.database import Database
from data.decisions import Action
from data.details import detail
from data.lapsing import lapse
from data.levels import Decision
from data.records import StoreRecord
from data.risk.explain import causes
from data.risk.model import rules as table
from data.risk.queue import FEW, RANDOM_SHARE
from data.risk.wording import english
from data.rule_targets import Target
from data.session_ids import first_id
from data.support import bundle
from tests.console import a_site
from tests.factories import a_store, after, event, line, opened, tell
from tests.store_lives import AGENTS, the_readings

CAPACITY = 2
CHANCE = RANDOM_SHARE / FEW
IP = "203.0.113.77"


def drawn_at(begin: int, chance: float) -> float:
    """The first minute after so many whose session is drawn: by its id, so the same in every process."""
    minutes = float(begin)
    while scoring._drawn(first_id(after(minutes)), chance) is None:
        minutes += 0.001
    return minutes


MINUTE = drawn_at(30, CHANCE)


@dataclass(frozen=True)
class Check:
    """A store in which the session ``checked`` is drawn; it has been told of once."""

    db: Database
    store: StoreRecord

    async def tell(self, kind: str, minutes: float, **known: object) -> None:
        at = MINUTE + minutes
        await tell(self.db, self.store, event(kind, at, "checked", **known), now=after(at))

    async def stored(self) -> tuple[Any, ...]:
        """What the merchant sees of it: level and score; and what is kept apart: level, score and chance."""
        query = """
            SELECT risk_level, risk_score, assessed_level, score, sampled
            FROM session JOIN session_risk ON session_id = id WHERE cart_token = 'checked'
        """
        async with self.db.reading() as connection:
            return tuple((await connection.execute(sql(query))).one())

    async def decide(self, decision: Decision | None, minutes: float) -> None:
        now = after(MINUTE + minutes)
        await restrict.decide(self.db, self.store.id, "checked", decision, reason="Looked into it", now=now)


async def drawn(db: Database, store: StoreRecord) -> Check:
    """As many sessions as it needs, and the one that is drawn."""
    for number in range(FEW * store.review_capacity):
        await tell(db, store, event(minutes=number, token=f"cart-{number}"), now=after(number))
    check = Check(db, store)
    cart = [line(3, 9)]
    await check.tell("session.started", 0, lines=cart, ip=IP, user_agent=AGENTS[0], device_id="phone")
    return check


@pytest.fixture
async def check(tmp_path: Path) -> AsyncIterator[Check]:
    async with opened(tmp_path) as db:
        yield await drawn(db, await capable(db))


async def capable(db: Database) -> StoreRecord:
    return replace(await a_store(db), review_capacity=CAPACITY)


async def test_who_is_drawn_is_in_review_without_a_score_whatever_comes(check: Check) -> None:
    shown, score, assessed, kept, chance = await check.stored()
    assert (shown, score, chance) == ("review", None, CHANCE)
    assert assessed in ("normal", "monitored")
    assert kept > 0
    await check.tell("reservation.renewed", 5)
    await check.tell("checkout.completed", 6)
    shown, score, _, later, chance = await check.stored()
    assert (shown, score, chance) == ("review", None, CHANCE)
    assert later != kept


async def test_nobody_is_drawn_in_a_store_with_few_sessions(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await capable(db)
        for number in range(FEW * CAPACITY - 1):
            await tell(db, store, event(minutes=number, token=f"cart-{number}"), now=after(number))
        check = Check(db, store)
        await check.tell("session.started", 0)
        _, score, _, kept, chance = await check.stored()
        assert (score, chance) == (kept, None)


async def test_nobody_of_long_ago_is_drawn(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        check = await drawn(db, await capable(db))
        long_ago = drawn_at(-3 * 24 * 60, CHANCE / 2)
        await tell(db, check.store, event(minutes=long_ago, token="imported"), now=after(MINUTE + 1))
        async with db.reading() as connection:
            query = sql(
                "SELECT sampled FROM session_risk JOIN session ON id = session_id WHERE cart_token = 'imported'"
            )
            assert (await connection.execute(query)).scalar_one() is None


@pytest.mark.parametrize("decision", Decision)
async def test_who_has_decided_sees_the_score_and_goes_on_to_see_it(check: Check, decision: Decision) -> None:
    await check.decide(decision, 1)
    shown, score, _, kept, chance = await check.stored()
    assert (shown, score, chance) == ("restricted" if decision is Decision.RESTRICTED else "normal", kept, CHANCE)
    await check.tell("reservation.renewed", 2)
    _, score, _, kept, _ = await check.stored()
    assert score == kept
    await check.decide(None, 3)
    shown, score, assessed, kept, _ = await check.stored()
    assert (shown, score) == (assessed, kept)
    await check.tell("checkout.completed", 4)
    shown, score, assessed, kept, chance = await check.stored()
    assert (shown, score, chance) == (assessed, kept, CHANCE)


async def test_a_rule_about_its_address_decides_it_too(check: Check) -> None:
    now = after(MINUTE + 1)
    about = Target.IP, IP, Decision.RESTRICTED
    await rules.add(check.db, check.store.id, *about, reason="A hoarder", until=after(MINUTE + 5), now=now)
    shown, score, _, kept, _ = await check.stored()
    assert (shown, score) == ("restricted", kept)
    await lapse(check.db, after(MINUTE + 6))
    shown, score, assessed, kept, _ = await check.stored()
    assert (shown, score) == (assessed, kept)


async def test_a_rule_that_decides_it_as_it_begins_leaves_nothing_to_check(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await capable(db)
        about = Target.IP, IP, Decision.CLEARED
        await rules.add(db, store.id, *about, reason="A friend", until=None, now=after(0))
        check = await drawn(db, store)
        shown, score, _, kept, _ = await check.stored()
        assert (shown, score) == ("normal", kept)


async def test_proof_restricts_it_and_shows_why(check: Check) -> None:
    await check.tell("shopper.seen", 1, ip=IP, user_agent="curl/8.5.0")
    for number in range(15):
        await check.tell("reservation.renewed", 2 + number)
    shown, score, assessed, kept, _ = await check.stored()
    assert (shown, score, assessed) == ("restricted", kept, "restricted")


async def test_the_shop_is_not_told_to_hold_it_up_nor_its_score(check: Check) -> None:
    verdict = await decisions.of_cart(check.db, check.store.id, "checked", after(MINUTE + 1))
    assert (verdict.action, verdict.score, verdict.decision) == (Action.ALLOW, None, None)
    await check.decide(Decision.CLEARED, 1)
    verdict = await decisions.of_cart(check.db, check.store.id, "checked", after(MINUTE + 1))
    assert (verdict.action, verdict.score) == (Action.ALLOW, (await check.stored())[3])


async def test_nothing_that_the_merchant_can_open_tells_what_is_thought_of_it(user: User, tmp_path: Path) -> None:
    async with a_site(user, tmp_path) as site:
        check = await drawn(site.database, await capable(site.database))
        for number in range(10):
            await check.tell("reservation.renewed", 1 + number)
        await site.console.live.look()
        kept = (await check.stored())[3]
        readings = list((await the_readings(site.database, "checked")).values())
        sentences = [english(cause) for cause in causes(table(), readings)]
        assert sentences
        assert kept > 10

        [row] = [one for one in await site.rows("/api/sessions") if one["cart_token"] == "checked"]
        assert (row["risk_level"], row["risk_score"]) == ("review", None)
        reason = await site.client.get(f"/api/sessions/reason?id={row['id']}")
        assert not any(sentence in reason.text for sentence in sentences)

        session = await detail(site.database, check.store.id, "checked", after(MINUTE))
        assert session is not None
        assert (session.risk_level, session.risk_score, session.assessment) == ("review", None, None)
        assert not any("score" in entry.changes or "level" in entry.changes for entry in session.timeline)
        told = orjson.loads(bundle(session, after(MINUTE)))
        assert not {"score", "log_odds"} & set(_names(told))

        await site.user.open("/sessions/checked")
        await site.user.should_see("Chosen for a random check")
        for words in [*sentences, "of 100", "Risk assessed"]:
            await site.user.should_not_see(words)
        await check.decide(Decision.CLEARED, 20)
        await site.user.open("/sessions/checked")
        for words in [sentences[0], "of 100"]:
            await site.user.should_see(words)


def _names(document: object) -> Iterator[str]:
    """All names in a document of JSON that have a value."""
    if isinstance(document, dict):
        for name, value in document.items():
            if value is not None:
                yield name
            yield from _names(value)
    elif isinstance(document, list):
        for value in document:
            yield from _names(value)
