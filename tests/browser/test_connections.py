"""The page of connections as a merchant meets it: from nothing to the first signed delivery on screen, and after."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from data import connections, stores
from data.database import Database
from data.deliveries import ConnectionKind
from data.stores import add
from pages import doorways
from tests import shopify
from tests.browser.conftest import OpenPage, StartServer
from tests.browser.server import Server, running
from tests.browser.shop import beside, moment, text
from tests.browser.test_accessibility import assert_nothing_found

LONG = "a-very-long-name-of-a-shop." + "that-sells-everything-under-the-sun-and-more.example"
OURS = "ours.example"


class Connected:
    """A console with two stores; the first is connected to Shopify."""

    def __init__(self, server: Server, path: str) -> None:
        self.server = server
        self._path = path

    def deliver(self, body: bytes, topic: str = "carts/create", secret: str = shopify.SECRET) -> int:
        """Send a delivery as Shopify does; the status."""
        headers = shopify.headers(topic, body, secret=secret)
        request = urllib.request.Request(self.server.url + self._path, body, headers)  # noqa: S310  # always our own http address
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # the same
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connected]:
    folder = tmp_path_factory.mktemp("connections")
    made: dict[str, str] = {}

    async def prepare(db: Database) -> None:
        store = await add(db, OURS, name="Ours", currency="USD", now=moment(0))
        await add(db, LONG, name=LONG, currency="JPY", now=moment(0))
        await connections.connect_shopify(db, store, shop=shopify.SHOP, secret=shopify.SECRET, now=moment(0))
        await connections.open_beacon(db, store, moment(0))
        await stores.add_key(db, store.id, moment(0))
        found = await connections.of_store(db, store.id)
        made["path"] = doorways.shopify_webhooks("", found[ConnectionKind.SHOPIFY].address)

    beside(folder / "cartwatch.db", prepare)
    with running(folder) as server:
        yield Connected(server, made["path"])


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def row(page: Page, topic: str) -> Locator:
    """What the table says of a topic."""
    return region(page, "What arrived").get_by_role("row").filter(has=page.get_by_text(topic, exact=True))


def cart(token: str, **known: object) -> bytes:
    return shopify.encoded(shopify.cart(token=token, created_at=text(moment(0)), updated_at=text(moment(0))) | known)


def test_what_to_do_in_the_shops_admin_is_a_numbered_list_as_wide_as_its_card(connected: Connected, page: Page) -> None:
    page.goto(f"{connected.server.url}/connections?store={OURS}")
    card = region(page, "Shopify")
    widths = card.locator("ol.cw-steps li").evaluate_all("items => items.map((item) => item.offsetWidth)")
    assert len(widths) == 4
    assert min(widths) > 0.9 * card.evaluate("card => card.offsetWidth")
    expect(card.locator("ol.cw-steps")).to_have_css("list-style-type", "decimal")


def test_from_nothing_to_the_first_signed_delivery(server: StartServer, page: Page) -> None:
    started = server()
    page.goto(started.url)
    page.get_by_role("link", name="Connect a store").click()
    page.get_by_label("Domain").fill("https://Shop.example/")
    page.get_by_role("button", name="Add store").click()
    expect(page.get_by_role("alert")).to_have_text("Choose the store's currency, as in EUR.")
    expect(page.get_by_label("Currency")).to_be_focused()
    page.keyboard.type("EUR")
    page.get_by_role("button", name="Add store").click()
    expect(page).to_have_url(f"{started.url}/connections?store=shop.example")
    card = region(page, "Shopify")
    expect(card).to_contain_text("Not connected")

    card.get_by_role("button", name="Connect Shopify").click()
    expect(page.get_by_label("Domain at Shopify")).to_be_focused()
    page.keyboard.type("no shop")
    page.get_by_label("Signing secret").press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("is not a domain")
    expect(page.get_by_label("Domain at Shopify")).to_be_focused()
    page.get_by_label("Domain at Shopify").fill(shopify.SHOP.removesuffix(".myshopify.com"))
    page.keyboard.press("Enter")
    expect(card).to_contain_text("Secret missing")
    address = card.locator("code", has_text="/webhooks/shopify/").inner_text()
    assert len(address.rpartition("/")[2]) == 24

    card.get_by_role("button", name="Enter secret").click()
    expect(page.get_by_label("Signing secret")).to_be_focused()
    page.get_by_label("Signing secret").fill("x" * 256)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("16 to 255")
    page.get_by_label("Signing secret").fill(shopify.SECRET)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(card).to_contain_text("Not reachable yet")

    card.get_by_role("button", name="Send test delivery").click()
    expect(card).to_contain_text("its signature was good")
    expect(card).to_contain_text("Not reachable yet")  # nobody but this console itself
    expect(row(page, "carts/create")).to_contain_text("just now")
    card.get_by_role("link", name="Open the test session").click()
    expect(page.get_by_role("heading", name="cartwatch-test-")).to_be_visible()
    expect(page.get_by_role("region", name="Cart contents")).to_contain_text("Cartwatch test")
    page.get_by_role("link", name="Connections").click()
    expect(region(page, "Shopify")).to_contain_text("Not reachable yet")
    page.get_by_role("link", name="Sessions").click()
    expect(page.locator(".ag-row")).to_have_count(1)


def test_it_follows_along_and_leaves_what_is_being_typed(page: Page, connected: Connected) -> None:
    page.goto(f"{connected.server.url}/connections?store={OURS}")
    minutes = page.get_by_label("Timer, minutes")
    minutes.fill("4")
    page.get_by_role("button", name="Send test delivery").focus()
    before = int(row(page, "carts/update").get_by_role("cell").nth(2).inner_text())
    assert connected.deliver(cart("typed"), "carts/update") == 200
    expect(row(page, "carts/update").get_by_role("cell").nth(2)).to_have_text(str(before + 1))
    expect(minutes).to_have_value("4")
    expect(page.get_by_role("button", name="Send test delivery")).to_be_focused()
    minutes.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="A cart can hold stock for 5 to 60 minutes.")).to_be_visible()
    minutes.fill("25")
    minutes.press("Enter")
    expect(page.locator(".cw-toast")).to_contain_text("Saved.")
    page.reload()
    expect(page.get_by_label("Timer, minutes")).to_have_value("25")


def test_a_focused_time_keeps_its_focus_and_shows_the_exact_one(page: Page, connected: Connected) -> None:
    assert connected.deliver(cart("focused-1")) == 200
    page.goto(f"{connected.server.url}/connections?store={OURS}")
    last = row(page, "carts/create").locator("time")
    last.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("UTC")
    received = row(page, "carts/create").get_by_role("cell").nth(2)
    before = int(received.inner_text())
    assert connected.deliver(cart("focused-2")) == 200
    expect(received).to_have_text(str(before + 1))
    expect(last).to_be_focused()


def test_topics_and_addresses_are_copied(open_page: OpenPage, connected: Connected) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{connected.server.url}/connections?store={OURS}")
    page.get_by_role("button", name="Copy topics").click()
    expect(page.locator(".cw-toast")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert copied[0] == "carts/create"
    assert len(copied) == 8
    page.get_by_role("button", name="Copy script line").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('<script async src='))")
    page.get_by_text("With an app of your own").click()
    page.get_by_role("button", name="Copy subscriptions").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('compliance_topics'))")


def test_quarantine_is_emptied_by_keyboard(page: Page, connected: Connected) -> None:
    payload = '<img src=x onerror="document.title=1">'
    assert connected.deliver(json.dumps({"token": "q", "line_items": payload}).encode()) == 200
    page.goto(f"{connected.server.url}/connections?store={OURS}")
    card = region(page, "Quarantine")
    expect(card).to_contain_text("line_items: must be a list")
    assert connected.deliver(b'{"second') == 200
    expect(card).to_contain_text("2 deliveries could not be understood.")
    first, second = card.get_by_role("row").nth(1), card.get_by_role("row").nth(2)
    expect(second).to_contain_text("the body is not JSON")
    first.get_by_role("button", name="Retry").press("Enter")
    expect(page.locator(".cw-toast")).to_contain_text("Still not understood")
    expect(first).to_contain_text("line_items: must be a list")
    expect(first.get_by_role("button", name="Retry")).to_be_focused()
    for left in ("1 delivery could not be understood.", "Nothing is in quarantine."):
        card.get_by_role("button", name="Discard").first.press("Enter")
        expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(card).to_contain_text(left)
        if "1 delivery" in left:
            expect(card.get_by_role("button", name="Discard")).to_be_focused()
    expect(card).to_be_focused()


def test_the_keyboard_stays_where_something_was_done(server: StartServer, page: Page) -> None:
    started = server()

    async def prepare(db: Database) -> None:
        await add(db, OURS, name="Ours", currency="USD", now=moment(0))

    beside(started.database, prepare)
    page.goto(f"{started.url}/connections?store={OURS}")
    shopify_card, api = region(page, "Shopify"), region(page, "Events API")
    shopify_card.get_by_role("button", name="Connect Shopify").press("Enter")
    expect(page.get_by_label("Domain at Shopify")).to_be_focused()
    page.keyboard.type(shopify.SHOP)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(shopify_card.get_by_role("button", name="Enter secret")).to_be_focused()
    beacon = region(page, "Storefront beacon")
    beacon.get_by_role("button", name="Open beacon").press("Enter")
    expect(beacon.get_by_role("button", name="Copy script line")).to_be_focused()

    for number in (1, 2):
        api.get_by_role("button", name="New key").press("Enter")
        dialog = page.get_by_role("dialog")
        for key, name in (("", "Copy key"), ("Tab", "Done"), ("Tab", "Copy key"), ("Shift+Tab", "Done")):
            if key:
                page.keyboard.press(key)
            expect(dialog.get_by_role("button", name=name)).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(api.get_by_role("button", name="New key")).to_be_focused()
        expect(api.get_by_role("button", name="Withdraw")).to_have_count(number)
    api.get_by_role("button", name="Withdraw").first.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(api.get_by_role("button", name="Withdraw")).to_have_count(1)
    expect(api.get_by_role("button", name="Withdraw")).to_be_focused()


def test_escape_leads_back_to_the_list_of_the_same_store(page: Page, connected: Connected) -> None:
    page.goto(f"{connected.server.url}/connections?store={LONG}")
    expect(region(page, "Shopify")).to_contain_text("Not connected")
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{connected.server.url}/?store={LONG}")
    page.go_back()
    page.get_by_role("combobox", name="Store").select_option(OURS)
    expect(page).to_have_url(f"{connected.server.url}/connections?store={OURS}")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    open_page: OpenPage, connected: Connected, dark: bool, width: int
) -> None:
    assert connected.deliver(b"not JSON, " * 30) == 200
    assert connected.deliver(cart("refused"), secret="x" * 32) == 401
    page = open_page(width, 900, dark=dark)
    for store in (OURS, LONG):
        page.goto(f"{connected.server.url}/connections?store={store}")
        expect(region(page, "Privacy requests")).to_be_visible()
        assert_nothing_found(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Connect Shopify").click()
    expect(page.get_by_label("Domain at Shopify")).to_be_focused()
    assert_nothing_found(page)


def test_the_first_page_of_an_empty_console(server: StartServer, narrow_page: Page) -> None:
    started = server()
    narrow_page.goto(f"{started.url}/connections")
    expect(narrow_page.get_by_label("Domain")).to_be_focused()
    assert_nothing_found(narrow_page)
