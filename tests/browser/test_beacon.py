"""The storefront beacon in the pages of a shop at another origin: what reaches its session, and what does not."""

import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, Response, expect

from data import connections, stores
from data.database import Database
from data.deliveries import ConnectionKind
from pages import doorways
from tests.browser import server as servers
from tests.browser import shop as shops
from tests.browser.conftest import OpenPage
from tests.browser.server import Server, free_port, running
from tests.browser.shop import DOLLARS, YEN, Shop, beside, event, line, moment
from tests.browser.storefront import SECRET, a_storefront


def key(database: Path, domain: str = DOLLARS) -> str:
    """The address of a store's beacon, opened here."""
    found: list[str] = []

    async def opened(db: Database) -> None:
        [store] = [one for one in await stores.every(db) if one.domain == domain]
        await connections.open_beacon(db, store, moment(0))
        found.append((await connections.of_store(db, store.id))[ConnectionKind.BEACON].address)

    beside(database, opened)
    return found[0]


def script(shop: Shop, domain: str = DOLLARS, more: str = "") -> str:
    """The line that a merchant copies into the theme."""
    return doorways.beacon_line(shop.server.url, key(shop.server.database, domain), 15).replace(
        " data-key", f"{more} data-key"
    )


def requests(page: Page) -> list[str]:
    """What the page's beacon asks for from now on, as it goes along: the shop's ``cart.js``, or a signal's name."""
    made: list[str] = []

    def requested(request: Request) -> None:
        if request.url.endswith("/cart.js"):
            made.append("cart.js")
        elif "/beacon/" in request.url:
            said = json.loads(request.post_data or "")
            assert SECRET not in said["cart_token"]
            assert "cookie" not in request.headers
            made.append(said["signal"])

    page.on("request", requested)
    return made


def settle(page: Page) -> None:
    """Wait until everything that the page has asked so far is known: this comes after it."""
    page.evaluate("fetch('/settled').then((answer) => answer.text())")


def reported(response: Response) -> bool:
    return "/beacon/" in response.url and response.status == 204


def timeline(page: Page, shop: Shop, token: str, *kinds: str, domain: str = DOLLARS) -> None:
    """Wait until the session's page tells these kinds of reported events, in this order."""
    page.goto(shop.at(f"/sessions/{token}?store={domain}"))
    entries = page.get_by_role("region", name="Timeline").locator(".cw-entry-kind")
    # What Cartwatch thinks of a browser that says it is headless is not what these tests are about.
    expect(entries.filter(has_not_text="Risk assessed")).to_have_text(list(kinds))


def ask_for_more(page: Page) -> None:
    """Press the theme's button, and wait until the console has answered."""
    page.locator("#more").click()
    expect(page.locator("#more")).to_have_text("Asked: true")


def test_a_shopper_is_seen_once_in_a_tab_by_the_address_of_the_connection(
    page: Page, open_page: OpenPage, shop: Shop
) -> None:
    shop.send(event("seen-cart", lines=[line()]))
    made = requests(page)
    with a_storefront(script(shop), "seen-cart") as front:
        with page.expect_response(reported):
            page.goto(front.url)
        page.reload()
        page.goto(f"{front.url}lamps")
        ask_for_more(page)
        assert made == ["cart.js", "seen", "cart.js", "cart.js", "cart.js", "extend"]
        assert front.cookies == []
    assert page.context.cookies() == []
    console = open_page()
    timeline(console, shop, "seen-cart", "Started", "Shopper seen", "Extended")
    expect(console.get_by_role("region", name="Technical details")).to_contain_text("127.0.0.1")


def test_a_cart_is_noticed_when_something_is_put_into_it(page: Page, open_page: OpenPage, shop: Shop) -> None:
    shop.send(event("added-cart", lines=[line()]))
    made = requests(page)
    with a_storefront(script(shop), "added-cart", items=0) as front:
        with page.expect_response(f"{front.url}cart.js"):
            page.goto(front.url)
        settle(page)
        assert made == ["cart.js"]
        with page.expect_response(reported):
            page.locator("#add").click()
        expect(page.locator("#add")).to_have_text("In cart")
    timeline(open_page(), shop, "added-cart", "Started", "Shopper seen")


def test_a_hold_is_renewed_only_while_the_shopper_is_there(page: Page, open_page: OpenPage, shop: Shop) -> None:
    shop.send(event("renewed-cart", lines=[line()], left=30))
    page.clock.install()
    made = requests(page)
    with a_storefront(script(shop), "renewed-cart") as front:
        with page.expect_response(reported):
            page.goto(front.url)
        page.clock.run_for("05:10")
        settle(page)
        assert made == ["cart.js", "seen"]  # nobody has moved
        page.mouse.move(30, 30)
        with page.expect_response(reported):
            page.clock.run_for("00:05")
        page.clock.run_for("05:10")
        settle(page)
        assert made == ["cart.js", "seen", "cart.js", "renew"]  # nobody has moved since
        page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
        page.mouse.move(60, 60)
        page.clock.run_for("00:10")
        settle(page)
        assert made == ["cart.js", "seen", "cart.js", "renew"]  # in another tab
        page.goto(f"{front.url}lamps")  # the time goes on from page to page
        page.mouse.move(90, 90)
        with page.expect_response(reported):
            page.clock.run_for("00:05")
        assert made == ["cart.js", "seen", "cart.js", "renew", "cart.js", "cart.js", "renew"]
    timeline(open_page(), shop, "renewed-cart", "Started", "Shopper seen", "Renewed")  # once a minute at most


def test_a_theme_may_renew_more_often_but_not_all_the_time(page: Page, shop: Shop) -> None:
    page.clock.install()
    made = requests(page)
    with a_storefront(script(shop, more=" data-renew-seconds=1"), "often-cart") as front:
        with page.expect_response(reported):
            page.goto(front.url)
        page.mouse.move(30, 30)
        page.clock.run_for("00:55")
        settle(page)
        assert made == ["cart.js", "seen"]
        with page.expect_response(reported):
            page.clock.run_for("00:10")
        assert made == ["cart.js", "seen", "cart.js", "renew"]


def test_another_cart_is_not_renewed_but_seen(page: Page, shop: Shop) -> None:
    page.clock.install()
    made = requests(page)
    with a_storefront(script(shop), "first-cart") as front:
        with page.expect_response(reported):
            page.goto(front.url)
        front.token = "second-cart"
        page.mouse.move(30, 30)
        with page.expect_response(reported):
            page.clock.run_for("05:05")
        assert made == ["cart.js", "seen", "cart.js", "seen"]


@pytest.mark.parametrize("wish", ["globalPrivacyControl: true", "doNotTrack: '1'"])
def test_who_asks_not_to_be_tracked_is_not_and_gets_more_time_all_the_same(
    page: Page, open_page: OpenPage, shop: Shop, wish: str
) -> None:
    token = f"private-cart-{wish[:4]}"
    shop.send(event(token, lines=[line()]))
    name, value = wish.split(": ")
    page.add_init_script(f"Object.defineProperty(navigator, '{name}', {{value: {value}}})")
    page.clock.install()
    made = requests(page)
    with a_storefront(script(shop), token) as front:
        page.goto(front.url)
        page.mouse.move(30, 30)
        page.clock.run_for("06:00")
        settle(page)
        assert made == []
        ask_for_more(page)
        assert made == ["cart.js", "extend"]
    console = open_page()
    timeline(console, shop, token, "Started", "Extended")
    expect(console.get_by_role("region", name="Technical details")).not_to_contain_text("127.0.0.1")


def test_a_shop_that_is_not_on_shopify_names_the_cart_itself(page: Page, open_page: OpenPage, shop: Shop) -> None:
    shop.send(event("written-cart", lines=[line()]), event("called-cart", lines=[line()]))
    with a_storefront(script(shop, more=" data-cart-token=written-cart")) as front:
        with page.expect_response(reported):
            page.goto(front.url)
        with page.expect_response(reported):
            page.evaluate("cartwatch.cart('called-cart')")
        assert "/cart.js" not in front.asked
    console = open_page()
    timeline(console, shop, "written-cart", "Started", "Shopper seen")
    timeline(console, shop, "called-cart", "Started", "Shopper seen")


def test_the_beacon_of_one_store_does_nothing_to_a_cart_of_another(page: Page, open_page: OpenPage, shop: Shop) -> None:
    shop.send(event("yen-cart", lines=[line(unit_price="900")]), event("last-cart"), store=YEN)
    with a_storefront(script(shop), "yen-cart") as front:
        with page.expect_response(reported):
            page.goto(front.url)
        ask_for_more(page)
    with a_storefront(script(shop, YEN), "last-cart") as front, page.expect_response(reported):
        page.goto(front.url)
    console = open_page()
    timeline(console, shop, "last-cart", "Started", "Shopper seen", domain=YEN)  # came later, so all have been applied
    timeline(console, shop, "yen-cart", "Started", domain=YEN)


def test_a_shop_goes_on_when_the_console_is_not_there(page: Page, page_errors: list[str]) -> None:
    gone = doorways.beacon_line(f"http://127.0.0.1:{free_port()}", "anything", 15)
    with a_storefront(gone, "some-cart") as front:
        page.goto(front.url)
        page.locator("#add").click()
        expect(page.locator("#add")).to_have_text("In cart")
    assert [one for one in page_errors if not one.startswith("console: Failed to load resource")] == []
    page_errors.clear()  # the browser reports what it could not fetch


def test_a_shop_goes_on_when_the_console_stops(page: Page, page_errors: list[str], tmp_path: Path) -> None:
    shops.prepare(tmp_path / "cartwatch.db")
    with running(tmp_path) as server:
        line_of_theme = doorways.beacon_line(server.url, key(server.database), 15)
        with a_storefront(line_of_theme, "some-cart") as front:
            with page.expect_response(reported):
                page.goto(front.url)
            server.stop()
            page.locator("#add").click()
            expect(page.locator("#add")).to_have_text("In cart")
            page.locator("#more").click()
            expect(page.locator("#more")).to_have_text("Asked: false")
    assert [one for one in page_errors if "ERR_CONNECTION_REFUSED" not in one] == []
    page_errors.clear()  # the browser reports what it could not fetch


def test_a_page_that_forbids_everything_is_left_alone(page: Page, shop: Shop) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('no') }});"
        "delete window.PerformanceObserver"
    )
    page.clock.install()
    made = requests(page)
    with a_storefront(script(shop), "forbidden-cart") as front:
        with page.expect_response(reported):
            page.goto(front.url)
        page.mouse.move(30, 30)
        with page.expect_response(reported):
            page.clock.run_for("05:05")
        ask_for_more(page)
        assert made == ["cart.js", "seen", "cart.js", "renew", "cart.js", "extend"]


def post(server: Server, path: str, **headers: str) -> http.client.HTTPResponse:
    """A report from this machine, with headers that claim something."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    body = json.dumps({"cart_token": "forwarded-cart", "signal": "seen"})
    connection.request("POST", path, body, {"X-Forwarded-For": "203.0.113.7"} | headers)
    answer = connection.getresponse()
    answer.read()
    return answer


@pytest.mark.parametrize(("trusted", "shown"), [("127.0.0.1", "203.0.113.7"), ("10.0.0.1", "127.0.0.1")])
def test_only_a_trusted_proxy_says_who_the_shopper_is(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: str, shown: str
) -> None:
    usual = servers.environment
    monkeypatch.setattr(servers, "environment", lambda *of: usual(*of) | {"CARTWATCH_TRUSTED_PROXIES": trusted})
    keys = shops.prepare(tmp_path / "cartwatch.db")
    with running(tmp_path) as server:
        shop = Shop(server, keys)
        shop.send(event("forwarded-cart"))
        answer = post(server, f"/beacon/{key(server.database)}")
        assert (answer.status, answer.getheader("Set-Cookie")) == (204, None)
        timeline(page, shop, "forwarded-cart", "Started", "Shopper seen")
        technical = page.get_by_role("region", name="Technical details")
        expect(technical).to_contain_text(shown)
        expect(technical).not_to_contain_text({"203.0.113.7": "127.0.0.1", "127.0.0.1": "203.0.113.7"}[shown])
        page.context.close()
