"""Stores, their keys, and the revision that tells pages that something changed."""

from pathlib import Path

import pytest
from sqlalchemy import text

from data import audit, stores
from data.database import Database
from data.records import StoreRecord
from data.rule_targets import RuleAction
from data.stores import StoreProblem
from tests.factories import NOON, a_store, opened


async def test_a_store_is_kept_as_it_was_added(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        added = await stores.add(
            db, " Shop.Example ", name=" The Shop ", currency="jpy", now=NOON, timer_minutes=5, max_renewals=0
        )
        other = await a_store(db, "b.example")
        assert (added.domain, added.name, added.currency) == ("shop.example", "The Shop", "JPY")
        assert (added.timer_minutes, added.max_renewals, added.revision) == (5, 0, 0)
        assert await stores.every(db) == [added, other]


@pytest.mark.parametrize("domain", ["", "https://", "a b", "-a.example", "a..b", "x" * 256, "a\x00", "ü" * 64])
async def test_an_unreadable_domain_is_refused(tmp_path: Path, domain: str) -> None:
    async with opened(tmp_path) as db:
        with pytest.raises(StoreProblem, match="not a domain"):
            await a_store(db, domain)
        assert await stores.every(db) == []


async def test_a_taken_domain_and_an_unreadable_currency_are_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        await a_store(db, "a.example")
        with pytest.raises(StoreProblem, match="already a store"):
            await a_store(db, "https://A.example/")
        with pytest.raises(StoreProblem, match="Choose the store's currency, as in EUR") as missing:
            await a_store(db, "b.example", currency=" ")
        assert missing.value.field == "currency"
        with pytest.raises(StoreProblem, match="not a currency"):
            await a_store(db, "b.example", currency="EURO")
        with pytest.raises(StoreProblem, match="5 to 60 minutes"):
            await a_store(db, "b.example", timer_minutes=0)
        assert len(await stores.every(db)) == 1


async def test_a_key_opens_its_own_store_and_is_kept_only_as_a_digest(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        one, other = await a_store(db, "a.example"), await a_store(db, "b.example")
        key, second, foreign = [await stores.add_key(db, store.id, NOON) for store in (one, one, other)]
        assert key.startswith("cw_")
        assert len(key) == 35
        assert [store.id for store in await owners(db, key, second, foreign)] == [one.id, one.id, other.id]
        for wrong in ("", key[:-1], key.upper(), "\udc80"):
            assert await stores.by_key(db, wrong) is None
        async with db.reading() as connection:
            kept = (await connection.execute(text("SELECT digest, hint FROM api_key"))).all()
        assert all(len(digest) == 64 and key not in digest for digest, _ in kept)
        assert kept[0][1] == key[-4:]


async def test_keys_are_listed_by_their_ends_and_one_that_is_withdrawn_opens_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        one, other = await a_store(db, "a.example"), await a_store(db, "b.example")
        first, second, foreign = [await stores.add_key(db, store.id, NOON) for store in (one, one, other)]
        known = await stores.keys(db, one.id)
        assert [(key.hint, key.created_at) for key in known] == [(first[-4:], NOON), (second[-4:], NOON)]
        assert await stores.remove_key(db, one.id, known[0].id)
        assert not await stores.remove_key(db, one.id, known[0].id)
        assert await stores.keys(db, one.id) == known[1:]
        assert await stores.by_key(db, first) is None
        [elsewhere] = await stores.keys(db, other.id)
        assert not await stores.remove_key(db, one.id, elsewhere.id)
        assert [store.id for store in await owners(db, second, foreign)] == [one.id, other.id]


async def test_the_revision_moves_when_a_key_is_made_or_withdrawn(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        one, other = await a_store(db, "a.example"), await a_store(db, "b.example")
        await stores.add_key(db, one.id, NOON)
        assert await stores.revisions(db) == {one.id: 1, other.id: 0}
        [key] = await stores.keys(db, one.id)
        for removed in (True, False):
            assert await stores.remove_key(db, one.id, key.id) is removed
            assert await stores.revisions(db) == {one.id: 2, other.id: 0}


async def owners(db: Database, *keys: str) -> list[StoreRecord]:
    """The stores that the keys open."""
    found = [await stores.by_key(db, key) for key in keys]
    return [store for store in found if store]


async def test_the_revision_moves_only_with_the_transaction_that_moves_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        one, other = await a_store(db, "a.example"), await a_store(db, "b.example")
        async with db.writing() as session:
            await stores.touched(session, one.id)

        async def fail() -> None:
            async with db.writing() as session:
                await stores.touched(session, one.id)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert await stores.revisions(db) == {one.id: 1, other.id: 0}


async def test_settings_change_within_their_limits(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        settings = {"timer_minutes": 5, "max_renewals": 0, "extension_minutes": 0, "ip_days": 7, "review_capacity": 50}
        await stores.change(db, store.id, settings, now=NOON)
        [changed] = await stores.every(db)
        assert {name: getattr(changed, name) for name in settings} == settings
        assert changed.revision == store.revision + 1
        for name, wrong in (
            *(("timer_minutes", 4), ("extension_minutes", 61), ("ip_days", 0), ("ip_days", 366)),
            *(("review_capacity", 0), ("review_capacity", 10_001)),
        ):
            with pytest.raises(StoreProblem) as problem:
                await stores.change(db, store.id, {name: wrong}, now=NOON)
            assert problem.value.field == name
        assert (await stores.every(db)) == [changed]


async def test_the_audit_tells_of_the_settings_that_are_not_as_they_were(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        settings = {name: getattr(store, name) for name in stores.SETTINGS}
        await stores.change(db, store.id, settings, now=NOON)
        assert await audit.of_store(db, store.id) == ()
        assert await stores.revisions(db) == {store.id: store.revision}
        await stores.change(db, store.id, {"review_capacity": 50, "ip_days": store.ip_days}, now=NOON, actor="Ana")
        [line] = await audit.of_store(db, store.id)
        assert (line.action, line.actor, line.at) == (RuleAction.SETTINGS, "Ana", NOON)
        assert (line.before, line.after) == ({"review_capacity": 20}, {"review_capacity": 50})
