"""The page of connections: what it shows of a store, what a merchant does there, and what never gets there."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from data import connections, intake, stores
from data.database import Busy
from data.deliveries import ConnectionKind
from data.records import StoreRecord
from pages import doorways
from tests.console import NOW, Site, a_site, break_reading
from tests.payloads import PAYLOADS
from tests.shopify import SECRET, SHOP, cart, encoded, headers, order
from ui.form import Form
from ui.text import Text

BROKEN = b"this is not JSON"


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def connected(site: Site, domain: str = "shop.example", secret: str = SECRET) -> StoreRecord:
    """A store that is connected to Shopify."""
    store = await site.store(domain)
    await connections.connect_shopify(site.database, store, shop=SHOP, secret=secret, now=NOW)
    return store


async def deliver(
    site: Site, store: StoreRecord, body: bytes, topic: str = "carts/create", secret: str = SECRET
) -> int:
    """Send a delivery to the store's address, and let the page hear of what became of it; the status."""
    found = (await connections.of_store(site.database, store.id))[ConnectionKind.SHOPIFY]
    path = doorways.shopify_webhooks("", found.address)
    answer = await site.client.post(path, content=body, headers=headers(topic, body, secret=secret))
    await site.console.applier.apply_waiting()
    await site.console.refusals.write()
    await site.console.live.look()
    return answer.status_code


def words(user: User) -> list[str]:
    """Every text of our own elements, in the order of the page."""
    assert user.client is not None
    return [element.text for element in user.client.elements.values() if isinstance(element, Text) and element.text]


def everything(user: User) -> str:
    """All that the browser is told of the page."""
    assert user.client is not None
    return json.dumps([element._to_dict() for element in user.client.elements.values()], default=str)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a page that is being brought up to date."""
    for _ in range(1_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the page was not brought up to date")


def form(user: User, field: str) -> UserInteraction[Form]:
    """The form with a field of this name."""
    assert user.client is not None
    found = [
        element
        for element in user.client.elements.values()
        if isinstance(element, Form) and any(inside.props.get("name") == field for inside in element.descendants())
    ]
    return UserInteraction(user, set(found[-1:]), Form)


def press(user: User, label: str, place: int = 0) -> None:
    """Press a button by its words; the first of them unless told otherwise."""
    assert user.client is not None
    buttons = [
        element
        for element in user.client.elements.values()
        if element.tag == "button"
        and label in [inside.text for inside in element.descendants() if isinstance(inside, Text)]
    ]
    UserInteraction(user, {buttons[place]}, None).click()


async def test_before_the_first_store_the_page_adds_it(site: Site) -> None:
    await site.user.open("/connections")
    await site.user.should_see("Add your store")
    form(site.user, "domain").trigger("submit", {"domain": "https://wrong", "name": "", "currency": "EUR"})
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
    form(site.user, "shop").trigger("submit", {"shop": "no domain", "secret": ""})
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


def counts(user: User, topic: str) -> list[str]:
    """What the table says of a topic: received, repeated, refused."""
    shown = words(user)
    found = [number for number, text in enumerate(shown) if text == topic][-1]
    return [text for text in shown[found + 1 : found + 5] if text.isdigit()][:3]


async def test_the_page_of_one_store_hears_nothing_of_another(site: Site) -> None:
    await connected(site, "ours.example")
    theirs = await connected(site, "theirs.example")
    await site.user.open("/connections?store=ours.example")
    before = words(site.user)
    assert await deliver(site, theirs, BROKEN) == 200
    assert words(site.user) == before
    assert (await site.client.get("/connections?store=nobody.example")).status_code == 404


async def test_what_is_in_quarantine_is_tried_again_or_discarded(site: Site) -> None:
    store = await connected(site)
    await site.user.open("/connections")
    await site.user.should_see("Nothing is in quarantine.")
    for body in (BROKEN, BROKEN + b"!"):
        assert await deliver(site, store, body) == 200
    await site.user.should_see("2 deliveries could not be understood.")
    await site.user.should_see("the body is not JSON")
    press(site.user, "Retry all")
    await site.user.should_see("2 deliveries are tried again")
    await site.console.applier.apply_waiting()
    await site.console.live.look()
    await site.user.should_see("2 deliveries could not be understood.")
    press(site.user, "Discard")
    await site.user.should_see("Discard this delivery?")
    press(site.user, "Discard", -1)
    await site.user.should_see("1 delivery could not be understood.")
    assert (await intake.of_store(site.database, store.id)).in_quarantine == 1
    press(site.user, "Retry")
    await site.user.should_see("1 delivery is tried again")


async def test_settings_are_saved_within_their_limits(site: Site) -> None:
    await site.store()
    await site.user.open("/connections")
    known = {"timer_minutes": "30", "max_renewals": "3", "extension_minutes": "0", "ip_days": "7"}
    for wrong, said in (
        ({"timer_minutes": "61"}, "A cart can hold stock for 5 to 60 minutes."),
        ({"ip_days": "0"}, "IP addresses can be kept in full for 1 to 365 days."),
        ({"max_renewals": "many"}, "Give whole numbers, as in 15."),
        ({"timer_minutes": None}, "Give whole numbers, as in 15."),
    ):
        form(site.user, "ip_days").trigger("submit", known | wrong)
        await site.user.should_see(said)
    form(site.user, "ip_days").trigger("submit", ["no form at all"])
    await site.user.should_see("Give whole numbers, as in 15.")
    form(site.user, "ip_days").trigger("submit", known)
    await site.user.should_see("Saved. Carts that hold stock now keep what they were granted.")
    await site.user.should_not_see("Give whole numbers, as in 15.")
    [store] = await stores.every(site.database)
    assert {name: str(getattr(store, name)) for name in known} == known


async def test_settings_changed_elsewhere_are_shown(site: Site) -> None:
    store = await site.store()
    await site.user.open("/connections")
    settings = {"timer_minutes": 42, "max_renewals": 1, "extension_minutes": 5, "ip_days": 3}
    await stores.change(site.database, store.id, **settings)
    await site.console.live.look()
    wanted = {name: str(value) for name, value in settings.items()}
    await until(lambda: fields(site.user).items() >= wanted.items())


def fields(user: User) -> dict[str, str]:
    """What stands in the fields of the page where nobody has typed, by their names."""
    assert user.client is not None
    props = [element.props for element in user.client.elements.values()]
    return {known["name"]: known["defaultValue"] for known in props if "defaultValue" in known}


async def test_a_key_is_shown_once_and_can_be_withdrawn(site: Site) -> None:
    store = await site.store()
    await site.user.open("/connections")
    await site.user.should_see("There is no key yet.")
    press(site.user, "New key")
    await site.user.should_see("Copy it now: it is shown only this once.")
    [key] = [text for text in words(site.user) if text.startswith("cw_") and "…" not in text]
    assert await stores.by_key(site.database, key) == store
    await site.user.should_see(f"cw_…{key[-4:]}")
    press(site.user, "Withdraw")
    await site.user.should_see("Whoever sends events with it is refused from then on.")
    press(site.user, "Withdraw", -1)
    await site.user.should_see("There is no key yet.")
    assert await stores.by_key(site.database, key) is None


async def test_the_beacon_gives_a_line_for_the_theme(site: Site) -> None:
    store = await site.store()
    await site.user.open("/connections")
    press(site.user, "Open beacon")
    await site.user.should_see("Put this line into your theme")
    found = (await connections.of_store(site.database, store.id))[ConnectionKind.BEACON]
    assert doorways.beacon_line(site.console.address, found.address) in words(site.user)
    assert counts(site.user, "seen") == ["0", "0", "0"]


async def test_a_test_delivery_that_nobody_answers_says_so(site: Site) -> None:
    await connected(site)
    await site.user.open("/connections")
    press(site.user, "Send test delivery")  # nothing listens at the console's address here
    await site.user.should_see("cannot be reached", retries=50)


async def test_what_a_customer_asked_for_is_handed_over_as_a_file(site: Site) -> None:
    store, other = await connected(site), await site.store("other.example")
    await deliver(site, store, encoded(cart()))
    await deliver(site, store, encoded(order()), "orders/create")
    asked = {"shop_id": 1, "orders_requested": [order()["id"]], "customer": {"id": 7}, "data_request": {"id": 9}}
    await deliver(site, store, encoded(asked), "customers/data_request")
    await site.user.open("/connections?store=shop.example")
    await site.user.should_see("Customer's data request")
    [link] = [element for element in site.user.find("Download").elements if isinstance(element, Text)]
    address = str(link.props["href"])
    answer = await site.client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.json()["sessions"][0]["ip"] == "203.0.113.7"
    for forged in (
        address.replace(store.domain, other.domain),
        address.replace(".json", "0.json"),
        "/connections/privacy/9223372036854775808.json",
    ):
        assert (await site.client.get(forged)).status_code == 404
    press(site.user, "Handed over")
    await site.user.should_see("Marked as handed over")
    await site.user.should_not_see("Download")
    assert (await site.client.get(address)).status_code == 404


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
