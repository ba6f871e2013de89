"""The details page: everything known of one session, at its own address."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from data.levels import RiskLevel
from tests.assessments import LIKELY, score_of
from tests.browser import shop as shops
from tests.browser.conftest import OpenPage
from tests.browser.shop import CANCELLED, CONVERTED, TOKEN, WINDOWS, Shop, event, line

LAMP = line("Lamp", "1124.75", variant_title="Brass", sku="LAMP-1")
DESK = line("Desk", "1000.00", 2, sku="DESK-1")


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    shops.fill(shop)
    shop.send(
        event("rich-cart", ago=42, lines=[DESK], ip="185.22.7.9", country="US", user_agent=WINDOWS, left=40),
        event("rich-cart", "cart.updated", ago=32, lines=[DESK, LAMP], device_id="device-1"),
        event("rich-cart", "reservation.renewed", ago=22, left=40),
        event("rich-cart", "reservation.extended", ago=12, left=40),
        event("rich-cart", "checkout.started", ago=2, checkout_token="checkout-1", accept_language="en-US"),
    )
    shop.assess("rich-cart", RiskLevel.REVIEW)


@pytest.fixture
def rich(page: Page, shop: Shop) -> Page:
    """The details of a session that has everything."""
    page.goto(shop.at("/sessions/rich-cart"))
    expect(page.get_by_role("heading", name="rich-cart")).to_be_visible()
    return page


def test_view_opens_it_and_back_returns(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    shops.row(page, TOKEN).get_by_role("link", name="View").click()
    expect(page).to_have_url(shop.at(f"/sessions/{TOKEN}"))
    expect(page.get_by_role("heading", name=TOKEN)).to_be_visible()
    expect(page).to_have_title(f"{TOKEN} · Cartwatch")
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(shops.row(page, TOKEN)).to_be_visible()
    expect(page).to_have_url(shop.at())


def test_header(rich: Page) -> None:
    header = rich.locator(".cw-session-header")
    expect(header).to_contain_text("shop.example")
    badges = header.locator(".cw-badge")
    expect(badges).to_have_text(["Active", "Review"])
    expect(header.locator("code")).to_have_text(re.compile(r"^[0-9a-f]{12}…$"))
    expect(header.get_by_role("button", name="Refresh")).to_be_visible()
    expect(header.get_by_role("button", name="Restrict Session")).to_be_visible()


def test_copying_the_cart_token(open_page: OpenPage, shop: Shop) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(shop.at("/sessions/rich-cart"))
    page.get_by_role("button", name="Copy cart token").click()
    expect(page.locator(".cw-toast")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "rich-cart"


def test_value_times_and_metrics(rich: Page) -> None:
    expect(fact(rich, "Cart value")).to_have_text("3,124.75\u00a0USD")
    expect(fact(rich, "Created")).to_contain_text(re.compile(r"4[23]m ago.*20\d\d"))
    expect(fact(rich, "Last Activity")).to_contain_text(re.compile(r"[123]m ago.*20\d\d"))
    countdown = fact(rich, "Expires").locator("time")
    expect(countdown).to_have_text(re.compile(r"^3\d:\d\d$"))
    before = countdown.inner_text()
    expect(countdown).not_to_have_text(before)
    expect(fact(rich, "Country")).to_contain_text("US · United States")
    flag = fact(rich, "Country").locator("img")
    assert flag.evaluate("flag => flag.decode().then(() => flag.src)").endswith("/flags/us.svg")
    expect(fact(rich, "Products")).to_have_text("2")
    expect(fact(rich, "Cart Updates")).to_have_text("1")
    expect(fact(rich, "Renewals")).to_have_text("1/20")
    expect(fact(rich, "Manual Extends")).to_have_text("1")
    expect(fact(rich, "Duration")).to_have_text(re.compile(r"^4[23]:\d\d$"))


def test_cart_contents(rich: Page) -> None:
    table = rich.get_by_role("table")
    assert [cells.split("\t") for cells in table.locator("thead tr, tfoot tr").all_inner_texts()] == [
        ["Product", "SKU", "Quantity", "Unit price", "Line total"],
        ["Total", "3,124.75\u00a0USD"],
    ]
    lines = table.locator("tbody tr")
    expect(lines.nth(0).locator("td")).to_have_text(["Desk", "DESK-1", "2", "1,000.00\u00a0USD", "2,000.00\u00a0USD"])
    expect(lines.nth(1).locator("td")).to_have_text(
        ["LampBrass", "LAMP-1", "1", "1,124.75\u00a0USD", "1,124.75\u00a0USD"]
    )


def test_timeline_in_order_with_what_changed_and_by_kind(rich: Page) -> None:
    timeline = rich.get_by_role("region", name="Timeline")
    kinds = ["Started", "Cart updated", "Renewed", "Extended", "Checkout started", "Risk assessed"]
    expect(timeline.locator(".cw-entry-kind")).to_have_text(kinds)
    expect(timeline.locator(".cw-entry").nth(0)).to_contain_text(re.compile(r"Score: \d+"))
    expect(timeline.locator(".cw-entry").nth(1)).to_contain_text("Items: 2 → 3")
    expect(timeline.locator(".cw-entry").nth(1)).to_contain_text("2,000.00\u00a0USD → 3,124.75\u00a0USD")
    expect(timeline.locator(".cw-entry").nth(5)).to_contain_text(f"→ {score_of(LIKELY)}")
    chooser = timeline.get_by_role("combobox", name="Show")
    chooser.select_option(label="Renewed")
    expect(timeline.locator(".cw-entry-kind")).to_have_text(["Renewed"])
    chooser.select_option(label="All events")
    expect(timeline.locator(".cw-entry-kind")).to_have_text(kinds)


def test_an_event_that_came_too_late_is_shown_and_changes_nothing(page: Page, shop: Shop) -> None:
    shop.post([event(CONVERTED, "session.cancelled", reason="Too late")])
    page.goto(shop.at(f"/sessions/{CONVERTED}"))
    expect(page.locator(".cw-session-header .cw-badge").first).to_have_text("Converted")
    expect(page.locator(".cw-not-applied .cw-entry-kind")).to_have_text("Cancelled")


def test_technical_details(rich: Page, shop: Shop) -> None:
    card = rich.get_by_role("region", name="Technical details")
    for term, words in (
        ("IP address", "185.22.7.9"),
        ("Network", "185.22.7.0/24"),
        ("Device", "Desktop"),
        ("Browser", "Chrome 128 on Windows"),
        ("User agent", WINDOWS),
        ("Accepted languages", "en-US"),
        ("Device id", "device-1"),
        ("Cart token", "rich-cart"),
        ("Checkout token", "checkout-1"),
        ("Order", "Unknown"),
        ("Timer", "15 minutes"),
        ("Maximum renewals", "20"),
    ):
        expect(fact(card, term)).to_have_text(words)
    expect(fact(card, "Session id")).to_have_text(re.compile(r"^\d+$"))
    card.get_by_text("5 raw stored events").click()
    stored = card.locator("details pre")
    expect(stored).to_have_count(5)
    expect(stored.first).to_contain_text('"session.started"')


def test_the_support_bundle_is_redacted(open_page: OpenPage, shop: Shop) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(shop.at("/sessions/rich-cart"))
    page.get_by_role("button", name="Copy support bundle").click()
    expect(page.locator(".cw-toast")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert json.loads(copied)["session"]["status"] == "active"
    for secret in ("rich-cart", "185.22.7.9", "checkout-1", "device-1"):
        assert secret not in copied


def test_restrict_asks_for_a_reason_and_can_be_undone(page: Page, shop: Shop) -> None:
    shop.send(event("restrict-cart", left=30))
    page.goto(shop.at("/sessions/restrict-cart"))
    page.get_by_role("button", name="Restrict Session").click()
    dialog = page.get_by_role("dialog")
    reason = dialog.get_by_label("Reason")
    expect(reason).to_be_focused()
    dialog.get_by_role("button", name="Restrict Session").click()
    expect(dialog).to_be_visible()  # without a reason nothing happens
    reason.fill("Buys up the whole stock")
    dialog.get_by_role("button", name="Restrict Session").click()
    expect(dialog).to_be_hidden()
    badge = page.locator(".cw-session-header .cw-badge").nth(1)
    expect(badge).to_have_text("Restricted")
    expect(page.get_by_role("button", name="Clear Restriction")).to_be_visible()
    expect(page.locator(".cw-timeline-list")).to_contain_text("Buys up the whole stock")
    page.locator(".cw-toast").get_by_role("button", name="Undo").click()
    expect(badge).to_have_text("Normal")
    expect(page.get_by_role("button", name="Restrict Session")).to_be_visible()
    expect(page.locator(".cw-entry-kind")).to_have_text(["Started", "Restricted", "Restriction cleared"])


def test_clear_restriction_asks_for_a_reason(page: Page, shop: Shop) -> None:
    page.goto(shop.at(f"/sessions/{CANCELLED}"))
    expect(page.locator(".cw-session-header .cw-badge")).to_have_text(["Cancelled", "Restricted"])
    page.get_by_role("button", name="Clear Restriction").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("A known customer")
    page.get_by_role("dialog").get_by_role("button", name="Clear Restriction").click()
    expect(page.locator(".cw-session-header .cw-badge").nth(1)).to_have_text("Normal")
    expect(page.locator(".cw-toast")).to_contain_text("Restriction cleared")


def test_cancelling_the_dialog_changes_nothing(rich: Page) -> None:
    rich.get_by_role("button", name="Restrict Session").click()
    rich.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(rich.get_by_role("dialog")).to_be_hidden()
    expect(rich.locator(".cw-session-header .cw-badge")).to_have_text(["Active", "Review"])


def test_it_keeps_up_by_itself(page: Page, shop: Shop) -> None:
    shop.send(event("followed-cart", lines=[line()], left=30))
    page.goto(shop.at("/sessions/followed-cart"))
    expect(fact(page, "Cart value")).to_have_text("10.00\u00a0USD")
    shop.send(event("followed-cart", "cart.updated", lines=[line(quantity=7)]))
    expect(fact(page, "Cart value")).to_have_text("70.00\u00a0USD")
    shop.send(event("followed-cart", "checkout.completed", order_id="1002"))
    expect(page.locator(".cw-session-header .cw-badge").first).to_have_text("Converted")
    expect(fact(page, "Order")).to_have_text("1002")
    expect(fact(page, "Expires")).to_contain_text("Timer ended")


def test_a_session_whose_time_runs_out_shows_as_expired(page: Page, shop: Shop) -> None:
    shop.send(event("brief-cart", left=0.07))
    page.goto(shop.at("/sessions/brief-cart"))
    # Its time is four seconds, then the sweep and the page have their turn.
    expect(page.locator(".cw-session-header .cw-badge").first).to_have_text("Expired", timeout=15_000)
    expect(fact(page, "Expires")).not_to_contain_text("-")


def test_refresh(rich: Page) -> None:
    rich.get_by_role("button", name="Refresh").click()
    expect(rich.locator(".cw-toast")).to_have_text("Up to date")


def test_previous_and_next_in_the_lists_order(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/?status=expired&sort=value"))
    opened = shops.row(page, shops.filler(5))
    opened.get_by_role("link", name="View").click()
    for name, number in (("Next session", 6), ("Next session", 7), ("Previous session", 6)):
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=shops.filler(number))).to_be_visible()
    page.go_back()
    expect(opened).to_be_visible()
    expect(page).to_have_url(shop.at("/?status=expired&sort=value"))


def test_the_first_has_no_previous_and_the_last_no_next(page: Page, shop: Shop) -> None:
    page.goto(shop.at(f"/sessions/{shops.filler(0)}?q=filler&sort=value"))
    expect(page.get_by_role("link", name="Previous session")).to_have_attribute("aria-disabled", "true")
    page.goto(shop.at(f"/sessions/{shops.filler(110)}?q=filler"))
    expect(page.get_by_role("link", name="Next session")).to_have_attribute("aria-disabled", "true")


def test_exact_times_on_hover(rich: Page) -> None:
    rich.get_by_role("region", name="Overview").locator("time").first.hover()
    expect(rich.get_by_role("tooltip")).to_contain_text("UTC")


def test_an_unknown_token_is_a_404_page_with_a_way_back(page: Page, shop: Shop, page_errors: list[str]) -> None:
    answer = page.goto(shop.at("/sessions/nobody?q=filler"))
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is no session with this cart token.")).to_be_visible()
    page.get_by_role("link", name="Back to the sessions").click()
    expect(page).to_have_url(shop.at("/?q=filler"))
    expect(page.locator(".cw-count")).to_have_text(re.compile(r"^111 of \d+ sessions"))
    assert all("404" in error for error in page_errors)
    page_errors.clear()


@pytest.mark.parametrize("width", [1440, 390])
def test_words_without_an_end_do_not_widen_the_page(open_page: OpenPage, shop: Shop, width: int) -> None:
    page = open_page(width, 900)
    token, endless = f"endless-{width}", "x" * 255
    shop.send(event(token, ago=9, reason=endless, order_id=endless, device_id=endless, lines=[line(endless[:200])]))
    page.goto(shop.at(f"/sessions/{token}"))
    expect(page.locator(".cw-entry").filter(has_text=endless).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def fact(within: Page | Locator, term: str) -> Locator:
    """The description beside a term."""
    words = re.compile(rf"^{re.escape(term)}$")
    return within.locator(".cw-fact", has=page_of(within).locator("dt", has_text=words)).locator("dd")


def page_of(within: Page | Locator) -> Page:
    """The page that something is on."""
    return within.page if isinstance(within, Locator) else within
