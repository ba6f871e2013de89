"""The page of connections: what it shows of a store, how it follows along, and what never gets there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui.testing import User
from sqlalchemy import text as sql

from data import connections, erasure, stores
from data.database import Busy
from data.deliveries import ConnectionKind, Source
from tests.console import NOW, Site, a_site, break_reading
from tests.merchant import connected, counts, deliver, everything, form, press, until, words
from tests.payloads import PAYLOADS
from tests.shopify import SECRET, SHOP, cart, encoded, order


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path, address="https://cartwatch.shop.example") as running:
        yield running


@pytest.fixture
async def unreached(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    """A console that nobody outside of its machine reaches."""
    async with a_site(user, tmp_path) as running:
        yield running


async def test_a_console_without_an_https_address_says_that_shopify_does_not_reach_it(unreached: Site) -> None:
    store = await connected(unreached)
    await unreached.user.open("/connections")
    await unreached.user.should_see("Not reachable yet")
    await unreached.user.should_see("Shopify delivers only to https addresses")
    assert await deliver(unreached, store, encoded(cart())) == 200
    await until(lambda: counts(unreached.user, "carts/create") == ["1", "0", "0"])
    await unreached.user.should_see("Not reachable yet")
    await unreached.user.should_not_see("Receiving")


async def test_before_the_first_store_the_page_adds_it(site: Site) -> None:
    await site.user.open("/connections")
    await site.user.should_see("Add your store")
    form(site.user, "domain").trigger("submit", {"domain": "no domain", "name": "", "currency": "EUR"})
    await site.user.should_see("is not a domain")
    form(site.user, "domain").trigger("submit", {"domain": "new.example", "name": "New", "currency": "eur"})
    await site.user.should_not_see("is not a domain")
    [store] = await stores.every(site.database)
    assert (store.domain, store.name, store.currency) == ("new.example", "New", "EUR")
    await site.user.open("/connections?store=new.example")
    await site.user.should_see("Not connected")


async def test_a_store_is_connected_address_first_and_secret_later(site: Site) -> None:
    store = await site.store()
    await site.user.open("/connections")
    await site.user.should_see("Not connected")
    press(site.user, "Connect Shopify")
    await site.user.should_see("Domain at Shopify")
    form(site.user, "shop").trigger("submit", {"shop": "no shop", "secret": ""})
    await site.user.should_see("is not a domain")
    form(site.user, "shop").trigger("submit", {"shop": SHOP, "secret": ""})
    await site.user.should_see("Secret missing")
    found = (await connections.of_store(site.database, store.id))[ConnectionKind.SHOPIFY]
    await site.user.should_see(f"{site.console.address}/webhooks/shopify/{found.address}")
    assert await deliver(site, store, encoded(cart())) == 401  # nobody's signature is good yet
    press(site.user, "Enter secret")
    await site.user.should_see("Shopify shows it below its webhooks")
    form(site.user, "secret").trigger("submit", {"shop": SHOP, "secret": "short"})
    await site.user.should_see("The secret must have 16 to 255 letters")
    form(site.user, "secret").trigger("submit", {"shop": SHOP, "secret": SECRET})
    await site.user.should_see("••••cdef")
    assert await deliver(site, store, encoded(cart())) == 200
    await site.user.should_see("Receiving")


async def test_a_changed_secret_says_until_when_the_former_one_counts(site: Site) -> None:
    await connected(site)
    await site.user.open("/connections")
    press(site.user, "Change secret")
    await until(lambda: words(site.user).count("Change secret") == 2)  # the dialog is called as the button is
    form(site.user, "secret").trigger("submit", {"shop": SHOP, "secret": ""})
    await site.user.should_see("Saved")
    await site.user.should_not_see("Former secret counts for")
    press(site.user, "Change secret")
    form(site.user, "secret").trigger("submit", {"shop": SHOP, "secret": "another secret of the shop"})
    await site.user.should_see("Former secret counts for")
    assert "1:00:00" in words(site.user)
    assert "••••shop" in words(site.user)


async def test_no_secret_ever_reaches_the_browser(site: Site) -> None:
    store = await connected(site)
    other = "another-secret-0123456789"
    await connections.connect_shopify(site.database, store, shop=SHOP, secret=other, now=NOW)
    key = await stores.add_key(site.database, store.id, NOW)
    answer = await site.client.get("/connections")
    await site.user.open("/connections")
    press(site.user, "Change secret")
    await site.user.should_see("Leave this empty to keep")
    for secret in (SECRET, other, key):
        assert secret not in answer.text
        assert secret not in everything(site.user)


async def test_the_page_follows_what_arrives(site: Site) -> None:
    store = await connected(site)
    await site.user.open("/connections")
    await site.user.should_see("Waiting for the first delivery")
    body = encoded(cart())
    assert await deliver(site, store, body, secret="x" * 32) == 401
    await site.user.should_see("Refused deliveries lately")
    await site.user.should_see("Check the secret and the shop's domain")
    for _ in range(2):
        assert await deliver(site, store, body) == 200
    await site.user.should_see("Receiving")
    await site.user.should_not_see("Check the secret and the shop's domain")
    await until(lambda: counts(site.user, "carts/create") == ["2", "1", "1"])
    assert counts(site.user, "orders/paid") == ["0", "0", "0"]
    waiting = encoded(order(cart_token=None, checkout_token="of nobody"))
    assert await deliver(site, store, waiting, "orders/create") == 200
    await site.user.should_see("1 delivery waits for a session that is not here yet.")


async def test_what_was_erased_is_no_longer_among_what_arrived(site: Site) -> None:
    store = await connected(site)
    await site.user.open("/connections")
    assert await deliver(site, store, encoded(cart())) == 200
    assert await deliver(site, store, encoded(cart()), secret="x" * 32) == 401
    site.console.refusals.note(store.id, Source.BEACON, "other", NOW)
    await site.console.refusals.write()
    await site.console.live.look()
    await site.user.should_see("Unreadable reports")
    await until(lambda: counts(site.user, "carts/create") == ["1", "0", "1"])
    async with site.database.writing() as session:
        await (await session.connection()).execute(sql("DELETE FROM intake"))
        await stores.touched(session, store.id)
    await site.console.live.look()
    await until(lambda: counts(site.user, "carts/create") == ["0", "0", "0"])
    await site.user.should_not_see("Unreadable reports")
    await erasure.erase_everything(site.database, store.id)
    await site.console.live.look()
    await site.user.should_see("Not connected")
    await until(lambda: "carts/create" not in words(site.user))
    await site.user.should_see("Nothing yet. What your store sends is counted here, topic by topic.")


async def test_the_page_of_one_store_hears_nothing_of_another(site: Site) -> None:
    await connected(site, "ours.example")
    theirs = await connected(site, "theirs.example")
    await site.user.open("/connections?store=ours.example")
    before = words(site.user)
    assert await deliver(site, theirs, b"this is not JSON") == 200
    assert words(site.user) == before
    assert (await site.client.get("/connections?store=nobody.example")).status_code == 404


async def test_nothing_that_arrives_becomes_markup(site: Site) -> None:
    store = await stores.add(site.database, "shop.example", name=PAYLOADS[0], currency="USD", now=NOW)
    await site.store("other.example")
    await connections.connect_shopify(site.database, store, shop=SHOP, secret=SECRET, now=NOW)
    hostile = [text for text in PAYLOADS if "<" in text]
    for number, text in enumerate(hostile):
        body = encoded(cart(token=f"t{number}", items=[{"title": text, "price": text}], updated_at=text))
        assert await deliver(site, store, body, f"carts/{text}" if text.isascii() else "carts/update") == 200
    answer = (await site.client.get("/connections?store=shop.example")).text
    for written in ("<script>alert", "<iframe", "<img src=x"):
        assert written not in answer
    await site.user.open("/connections?store=shop.example")
    assert PAYLOADS[0] in words(site.user)
    assert site.user.client is not None
    assert not [element for element in site.user.client.elements.values() if "innerHTML" in element.props]


async def test_a_busy_database_is_said_and_nothing_else_happens(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await site.store()
    await site.user.open("/connections")
    break_reading(monkeypatch, Busy("The disk is full. Free some space."))
    answer = await site.client.get("/connections")
    assert answer.status_code == 503
    assert "The disk is full. Free some space." in answer.text
    assert "Traceback" not in answer.text


async def test_the_list_leads_to_the_connections_and_back(site: Site) -> None:
    await site.user.open("/")
    await site.user.should_see("Connect a store")
    await site.store("one.example")
    await site.store("two.example", sessions=1)
    for page, link in (
        ("/?store=two.example", "/connections?store=two.example"),
        ("/connections?store=two.example", "/?store=two.example"),
    ):
        await site.user.open(page)
        assert site.user.client is not None
        links = [element.props.get("href") for element in site.user.client.elements.values()]
        assert link in links
