"""The address where Shopify delivers: what is signed for this store is stored, whatever else comes is refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from nicegui.testing import User
from sqlalchemy import text as sql
from starlette.requests import Request

from data import connections, intake, shopify
from data.database import Busy, Database
from data.deliveries import ConnectionKind
from data.records import StoreRecord
from data.refusals import Refusals
from pages import webhooks
from tests.console import NOW, Site, a_site
from tests.factories import a_store, opened, the_revision, the_session
from tests.shopify import SECRET, SHOP, TOKEN, cart, encoded, headers

BODY = encoded(cart())


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def connected(site: Site, domain: str = "shop.example", secret: str = SECRET) -> tuple[StoreRecord, str]:
    """A store that Shopify delivers to, and the path of its address."""
    store = await site.store(domain)
    await connections.connect_shopify(site.database, store, shop=SHOP, secret=secret, now=NOW)
    found = await connections.of_store(site.database, store.id)
    return store, webhooks.PREFIX + found[ConnectionKind.SHOPIFY].address


async def send(site: Site, path: str, body: bytes = BODY, topic: str = "carts/create", **known: Any) -> httpx.Response:
    return await site.client.post(path, content=body, headers=headers(topic, body, **known))


async def stored(site: Site) -> int:
    async with site.database.reading() as connection:
        return int((await connection.execute(sql("SELECT count(*) FROM delivery"))).scalar_one())


async def test_a_signed_delivery_is_stored_and_becomes_a_session(site: Site) -> None:
    store, path = await connected(site)
    answer = await send(site, path)
    assert (answer.status_code, answer.json()) == (200, {"status": "stored"})
    await site.console.applier.apply_waiting()
    assert (await the_session(site.database, store, TOKEN)).value == 4995
    assert [row["cart_token"] for row in await site.rows("/api/sessions")] == [TOKEN]


async def test_the_same_delivery_again_is_acknowledged_and_not_stored(site: Site) -> None:
    _, path = await connected(site)
    for _ in range(3):
        assert (await send(site, path)).status_code == 200
    assert await stored(site) == 1


async def test_what_is_signed_but_unreadable_is_acknowledged_and_shown_in_quarantine(site: Site) -> None:
    store, path = await connected(site)
    for body in (b"", b"{", b"\xff\xfe", b"[" * 2000, b'{"token": "\x00"}', b"NaN"):
        assert (await send(site, path, body)).status_code == 200
    await site.console.applier.apply_waiting()
    assert (await intake.of_store(site.database, store.id)).in_quarantine == 6


@pytest.mark.parametrize(
    "wrong",
    [{"secret": "another secret of the same length"}, {"shop": "other.myshopify.com"}, {"shop": ""}],
)
async def test_what_is_not_signed_for_this_store_is_refused_and_counted(site: Site, wrong: dict[str, Any]) -> None:
    store, path = await connected(site)
    answer = await send(site, path, **wrong)
    assert answer.status_code == 401
    assert await stored(site) == 0
    await site.console.refusals.write()
    [topic] = (await intake.of_store(site.database, store.id)).topics
    assert (topic.topic, topic.received, topic.refused, topic.last_refused_at) == ("carts/create", 0, 1, NOW)


async def test_a_changed_body_is_refused(site: Site) -> None:
    _, path = await connected(site)
    answer = await site.client.post(path, content=BODY + b" ", headers=headers("carts/create", BODY))
    assert answer.status_code == 401


async def test_a_delivery_for_one_store_is_no_delivery_for_another(site: Site) -> None:
    _, path = await connected(site)
    _, other = await connected(site, "other.example", "f" * 32)
    assert (await send(site, other)).status_code == 401
    assert (await send(site, path, secret="f" * 32)).status_code == 401
    assert await stored(site) == 0


@pytest.mark.parametrize("address", ["unknown", "%00", "x" * 5000, "%F0%9F%9B%92", ".."])
async def test_an_unknown_address_tells_nothing(site: Site, address: str) -> None:
    await connected(site)
    assert (await send(site, webhooks.PREFIX + address)).status_code in (401, 404)
    assert await stored(site) == 0


async def test_bodies_that_are_too_large_or_packed_are_refused_and_counted(site: Site) -> None:
    store, path = await connected(site)
    assert (await send(site, path, b"x" * 2_000_000)).status_code == 413
    packed = headers("carts/create", BODY) | {"content-encoding": "gzip"}
    assert (await site.client.post(path, content=BODY, headers=packed)).status_code == 415
    await site.console.refusals.write()
    [topic] = (await intake.of_store(site.database, store.id)).topics
    assert (topic.topic, topic.received, topic.refused, topic.last_refused_at) == ("carts/create", 0, 2, NOW)


async def test_while_a_secret_is_changed_both_count_for_an_hour(site: Site) -> None:
    store, path = await connected(site)
    new = "a new secret of Shopify's"
    await connections.connect_shopify(site.database, store, shop=SHOP, secret=new, now=NOW)
    found = (await connections.of_store(site.database, store.id))[ConnectionKind.SHOPIFY]
    assert (found.hint, found.former_until) == ("fy's", NOW + timedelta(hours=1))
    assert path.endswith(found.address)
    for secret in (SECRET, new):
        assert (await send(site, path, secret=secret)).status_code == 200
    for later, counts in ((59, 2), (60, 1)):
        doorway = await connections.doorway(
            site.database, ConnectionKind.SHOPIFY, found.address, NOW + timedelta(minutes=later)
        )
        assert doorway is not None
        assert len(doorway.secrets) == counts


async def test_a_former_secret_is_forgotten_once_its_hour_is_over(site: Site) -> None:
    store, _ = await connected(site)
    await connections.connect_shopify(site.database, store, shop=SHOP, secret="f" * 32, now=NOW)

    async def kept() -> list[Any]:
        async with site.database.reading() as connection:
            query = sql("SELECT secret, former_secret, former_until IS NULL FROM connection")
            return [tuple(row) for row in await connection.execute(query)]

    before = await the_revision(site.database, store)
    await connections.forget_former(site.database, NOW + timedelta(minutes=59))
    assert await kept() == [("f" * 32, SECRET, 0)]
    assert await the_revision(site.database, store) == before
    for _ in range(2):
        await connections.forget_former(site.database, NOW + timedelta(minutes=60))
        assert await kept() == [("f" * 32, None, 1)]
        assert await the_revision(site.database, store) == before + 1


async def test_a_running_console_forgets_former_secrets(user: User, tmp_path: Path) -> None:
    async with opened(tmp_path) as database:
        store = await a_store(database)
        for secret in (SECRET, "f" * 32):
            then = NOW - connections.ROTATION
            await connections.connect_shopify(database, store, shop=SHOP, secret=secret, now=then)
    async with a_site(user, tmp_path) as site:
        await site.client.get("/healthz")  # the rounds have begun by then, and the end waits for them
    async with opened(tmp_path) as database, database.reading() as connection:
        assert list(await connection.execute(sql("SELECT former_secret FROM connection"))) == [(None,)]


async def test_the_same_secret_again_leaves_the_former_one_as_it_was(site: Site) -> None:
    store, _ = await connected(site)
    await connections.connect_shopify(site.database, store, shop="New.myshopify.com ", secret=SECRET, now=NOW)
    found = (await connections.of_store(site.database, store.id))[ConnectionKind.SHOPIFY]
    assert (found.shop, found.former_until) == ("new.myshopify.com", None)


@pytest.mark.parametrize(
    ("shop", "secret"),
    [
        *(("ftp://shop.example", SECRET), ("my shop", SECRET), ("", SECRET), (SHOP, "short"), (SHOP, "x" * 256)),
        *((SHOP, "a secret with ümlauts in it"), (SHOP, "a secret with\ta tab in it")),
    ],
)
async def test_a_connection_that_could_not_work_is_refused_in_words(site: Site, shop: str, secret: str) -> None:
    store = await site.store()
    with pytest.raises(connections.ConnectionProblem):
        await connections.connect_shopify(site.database, store, shop=shop, secret=secret, now=NOW)
    assert await connections.of_store(site.database, store.id) == {}


async def test_a_busy_database_is_told_so_that_shopify_tries_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, path = await connected(site)

    def fail(*_: object) -> None:
        raise Busy("The disk is full. Free some space.")

    with monkeypatch.context() as full:
        full.setattr(Database, "writing", fail)
        answer = await send(site, path)
    assert answer.status_code == 503
    assert answer.json() == {"error": "Nothing was stored. The disk is full. Free some space."}
    assert (await send(site, path)).status_code == 200


async def test_a_topic_that_is_not_signed_never_becomes_a_name_of_ours(site: Site) -> None:
    store, path = await connected(site)
    assert (await send(site, path, topic="<img src=x>")).status_code == 200
    await site.console.applier.apply_waiting()
    assert [topic.topic for topic in (await intake.of_store(site.database, store.id)).topics] == ["other"]


async def test_refusals_are_written_together_and_again_when_the_database_was_busy(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, path = await connected(site)
    for _ in range(5):
        await send(site, path, secret="x" * 20)
    with monkeypatch.context() as full:
        full.setattr(Database, "writing", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await site.console.refusals.write()
    await site.console.refusals.write()
    await site.console.refusals.write()
    [topic] = (await intake.of_store(site.database, store.id)).topics
    assert topic.refused == 5
    await Refusals(site.database).write()


def test_the_largest_body_is_below_two_megabytes() -> None:
    assert shopify.verify(b"x", shopify.signed(b"x", SECRET), [SECRET])
    assert webhooks.LARGEST_BODY < 2_000_000


async def test_a_body_that_does_not_come_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(webhooks.answer.__globals__["read_body"].__globals__, "PATIENCE", 0.01)
    store, path = await connected(site)

    sent = headers("carts/create", BODY)
    received: list[int] = []

    async def receive() -> dict[str, Any]:
        if received:
            await asyncio.Event().wait()
        received.append(1)
        return {"type": "http.request", "body": b"{", "more_body": True}

    request = Request({"type": "http", "headers": [(k.lower().encode(), v.encode()) for k, v in sent.items()]}, receive)
    answer = await webhooks.answer(request, path.removeprefix(webhooks.PREFIX), site.console)
    assert answer.status_code == 408
    await site.console.refusals.write()
    assert [one.refused for one in (await intake.of_store(site.database, store.id)).topics] == [1]
