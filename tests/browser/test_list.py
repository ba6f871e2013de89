"""The sessions list: what each row says, its order, its states."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.assessments import LIKELY, score_of
from tests.browser import shop as shops
from tests.browser.conftest import OpenPage
from tests.browser.shop import CANCELLED, CONVERTED, DOLLARS, EMPTY, EXPIRED, TOKEN, YEN, Shop, cell, event, line, row
from ui.tones import DARK, LIGHT, Tone

COLUMNS = ["SESSION", "CART", "STATUS", "RISK", "STARTED", "TIME LEFT", "Actions"]


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    shops.fill(shop)
    shop.send(event("tokyo-cart", country="JP", lines=[line("Tea", "23600")], left=30), store=YEN)


def test_title_and_count(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()
    expect(page.locator(".cw-count")).to_have_text("115 total sessions")
    expect(page.locator(".cw-count")).to_have_attribute("aria-live", "polite")
    page.goto(shop.at(f"/?store={YEN}"))
    expect(page.locator(".cw-count")).to_have_text("1 total session")


def test_columns(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    assert page.get_by_role("columnheader").all_inner_texts() == COLUMNS


def test_a_row_says_who_what_and_how_long(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    first = row(page, TOKEN)
    session = cell(first, "session")
    expect(session.locator(".cw-token")).to_have_text(TOKEN)
    expect(session.get_by_role("img", name="Desktop")).to_be_visible()
    expect(session.locator(".cw-country")).to_have_text("US")
    assert (
        session.locator("img.cw-flag").evaluate("flag => flag.decode().then(() => flag.src)").endswith("/flags/us.svg")
    )
    expect(cell(first, "value")).to_contain_text("2 items")
    expect(cell(first, "value")).to_contain_text("3,124.75\u00a0USD")
    expect(cell(first, "status")).to_have_text("Active")
    expect(cell(first, "score")).to_contain_text("Review")
    expect(cell(first, "score")).to_contain_text(str(score_of(LIKELY)))
    expect(cell(first, "started")).to_have_text("33m ago")
    expect(cell(first, "left")).to_have_text(re.compile(r"^3\d:\d\d$"))
    expect(cell(first, "view").get_by_role("link", name="View")).to_be_visible()


def test_money_has_its_own_currencys_decimals(page: Page, shop: Shop) -> None:
    page.goto(shop.at(f"/?store={YEN}"))
    expect(cell(row(page, "tokyo-cart"), "value")).to_contain_text("23,600\u00a0JPY")
    expect(cell(row(page, "tokyo-cart"), "value")).to_contain_text("1 item")


def test_the_icon_names_the_device(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    for token, device in (
        (CONVERTED, "Mobile"),
        (EXPIRED, "Tablet"),
        (CANCELLED, "Bot"),
        (shops.filler(0), "Unknown device"),
    ):
        expect(cell(row(page, token), "session").get_by_role("img", name=device)).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_badges_have_their_words_and_colours(open_page: OpenPage, shop: Shop, dark: bool) -> None:
    page = open_page(dark=dark)
    page.goto(shop.at())
    for token, column, word, tone in (
        (TOKEN, "status", "Active", Tone.INFO),
        (CONVERTED, "status", "Converted", Tone.SUCCESS),
        (EXPIRED, "status", "Expired", Tone.ATTENTION),
        (CANCELLED, "status", "Cancelled", Tone.NEUTRAL),
        (TOKEN, "score", "Review", Tone.WARNING),
        (CONVERTED, "score", "Monitored", Tone.TRACKED),
        (CANCELLED, "score", "Restricted", Tone.CRITICAL),
    ):
        badge = cell(row(page, token), column).locator(".cw-badge")
        expect(badge).to_have_text(word)
        expect(badge.locator(".cw-icon")).to_have_count(1)
        pair = (DARK if dark else LIGHT)[tone]
        expect(badge).to_have_css("background-color", rgb(pair.background))
        expect(badge).to_have_css("color", rgb(pair.text))


def test_normal_stays_plain(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    badge = cell(row(page, EXPIRED), "score").locator(".cw-badge")
    expect(badge).to_have_text("Normal")
    expect(badge.locator(".cw-icon")).to_have_count(0)
    expect(badge).to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_relative_times(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    for token, words in ((TOKEN, "33m ago"), (CONVERTED, "21h ago"), (EXPIRED, "3d ago"), (CANCELLED, "10d ago")):
        expect(cell(row(page, token), "started")).to_have_text(words)


def test_the_exact_time_on_hover_and_on_keyboard_focus(open_page: OpenPage, shop: Shop) -> None:
    page = open_page(timezone_id="America/New_York")
    page.goto(shop.at())
    started = cell(row(page, CONVERTED), "started")
    at = shops.moment(21.5 * 60)
    tip = page.get_by_role("tooltip")
    started.locator("time").hover()
    expect(tip).to_contain_text(re.compile(rf"{at:%b} \d+, {at:%Y}.*\n.*UTC"))
    local, utc = tip.inner_text().split("\n")
    assert local != utc.removesuffix(" UTC")
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    started.focus()
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("UTC")


def test_newest_first(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    expect(shops.nth_row(page, 0).locator(".cw-token")).to_have_text(TOKEN)
    expect(shops.nth_row(page, 3).locator(".cw-token")).to_have_text(CANCELLED)
    expect(shops.nth_row(page, 4).locator(".cw-token")).to_have_text("filler-000")


@pytest.mark.parametrize(
    ("column", "sort", "first"),
    [
        ("CART", "-value", TOKEN),
        ("RISK", "-score", CANCELLED),
        ("STARTED", "started", "filler-110"),
        ("TIME LEFT", "left", TOKEN),
    ],
)
def test_sortable(page: Page, shop: Shop, column: str, sort: str, first: str) -> None:
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    page.get_by_role("columnheader", name=column).click()
    expect(page).to_have_url(re.compile(rf"sort={sort}"))
    expect(shops.nth_row(page, 0).locator(".cw-token")).to_have_text(first)


def test_sorted_the_other_way_by_a_second_click(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    page.get_by_role("columnheader", name="CART").click()
    expect(shops.nth_row(page, 0).locator(".cw-token")).to_have_text(TOKEN)
    page.get_by_role("columnheader", name="CART").click()
    expect(page).to_have_url(re.compile("sort=value"))
    expect(shops.nth_row(page, 0).locator(".cw-token")).to_have_text("filler-000")


def test_rows_of_later_blocks_come_while_scrolling(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    page.locator(".cw-grid").hover()
    page.mouse.wheel(0, 100_000)
    expect(row(page, "filler-110")).to_be_visible()
    expect(page.locator('.ag-row[row-index="115"]')).to_have_count(0)


def test_time_left_ticks_in_the_browser(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    left = cell(row(page, TOKEN), "left")
    expect(left).to_have_text(re.compile(r"\d+:\d\d"))
    before = left.inner_text()
    expect(left).not_to_have_text(before)


def test_a_session_whose_time_is_over_shows_as_expired(page: Page, shop: Shop) -> None:
    shop.send(event("short-cart", lines=[line()], left=0.05), store=EMPTY)
    page.goto(shop.at(f"/?store={EMPTY}"))
    expect(cell(row(page, "short-cart"), "status")).to_have_text("Expired")
    expect(cell(row(page, "short-cart"), "left")).to_have_text("–")


def test_store_switcher(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    switcher = page.get_by_role("combobox", name="Store")
    expect(switcher).to_have_value(DOLLARS)
    switcher.select_option(YEN)
    expect(page).to_have_url(re.compile(f"store={YEN}"))
    expect(row(page, "tokyo-cart")).to_be_visible()
    expect(row(page, TOKEN)).to_have_count(0)
    expect(page.get_by_role("combobox", name="Store")).to_have_value(YEN)


def test_a_narrow_screen_keeps_session_status_and_view(narrow_page: Page, shop: Shop) -> None:
    narrow_page.goto(shop.at())
    first = row(narrow_page, TOKEN)
    for column in ("session", "status", "view"):
        expect(cell(first, column)).to_be_visible()
    for column in ("value", "score", "started", "left"):
        expect(cell(first, column)).to_have_count(0)
    assert narrow_page.evaluate("document.documentElement.scrollWidth") <= 390


def test_skeleton_while_loading(page: Page, shop: Shop) -> None:
    waiting: list[Route] = []
    page.route(re.compile(r"/api/sessions\?"), lambda route: waiting.append(route))
    page.goto(shop.at("/?sort=value"))
    expect(page.locator("body")).to_have_attribute("data-state", "loading")
    page.evaluate(
        "document.getElementById('cw-first')?.remove()"
    )  # the first rows cover the table until it has its own
    expect(page.locator(".cw-skeleton").first).to_be_visible()
    waiting[0].continue_()
    expect(shops.nth_row(page, 0).locator(".cw-token")).to_have_text("filler-000")
    expect(page.locator(".ag-row .cw-skeleton")).to_have_count(0)


def test_no_match_offers_to_clear_the_filters(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/?q=nothing-like-this"))
    expect(page.get_by_role("heading", name="No sessions match")).to_be_visible()
    expect(page.locator(".cw-count")).to_have_text("0 of 115 sessions")
    page.get_by_role("button", name="Clear filters").click()
    expect(row(page, TOKEN)).to_be_visible()
    expect(page.get_by_role("heading", name="No sessions match")).to_be_hidden()
    expect(page).to_have_url(shop.at())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda route: route.abort(), "The server cannot be reached."),
        (lambda route: route.fulfill(status=503, json={"error": "The database is busy."}), "The database is busy."),
    ],
    ids=["unreachable", "busy"],
)
def test_an_error_says_what_happened_and_offers_to_retry(
    page: Page, shop: Shop, page_errors: list[str], answer: Callable[[Route], None], words: str
) -> None:
    page.route(re.compile(r"/api/sessions\?"), answer)
    page.goto(shop.at())
    expect(page.get_by_role("heading", name="Sessions could not be loaded")).to_be_visible()
    expect(page.locator(".cw-error-text")).to_have_text(words)
    page.unroute(re.compile(r"/api/sessions\?"))
    page.get_by_role("button", name="Retry").click()
    expect(row(page, TOKEN)).to_be_visible()
    expect(page.get_by_role("heading", name="Sessions could not be loaded")).to_be_hidden()
    assert all("Failed to load resource" in error for error in page_errors)
    page_errors.clear()


def rgb(colour: str) -> str:
    """`#D5EBFF` as browsers say it."""
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"
