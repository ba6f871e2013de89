"""Filtering by a cell's value, the chips of other conditions, and the strongest reason of a score."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.assessments import LIKELY, strongest_of
from tests.browser import shop as shops
from tests.browser.shop import CANCELLED, CONVERTED, EXPIRED, TOKEN, Shop, cell, event, row
from tests.browser.test_accessibility import assert_nothing_found


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    shops.fill(shop)


@pytest.fixture
def shown(page: Page, shop: Shop) -> Page:
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    return page


def count(page: Page, words: str) -> None:
    expect(page.locator(".cw-count")).to_have_text(words)


def entry(page: Page, words: str) -> Locator:
    return page.get_by_role("menuitem", name=words, exact=True)


def chips(page: Page) -> Locator:
    return page.locator(".cw-chip-words")


def test_only_a_country_and_without_it_by_right_click(shown: Page) -> None:
    cell(row(shown, CONVERTED), "session").click(button="right")
    expect(entry(shown, "Only Germany")).to_be_focused()
    assert shown.get_by_role("menuitem").all_inner_texts() == [
        "Only Germany",
        "Not Germany",
        "Only Mobile",
        "Not Mobile",
        "View",
    ]
    entry(shown, "Only Germany").click()
    count(shown, "1 of 115 sessions")
    expect(chips(shown)).to_have_text(["Country: Germany"])
    expect(shown).to_have_url(re.compile(r"/\?country=DE$"))
    cell(row(shown, CONVERTED), "session").click(button="right")
    expect(entry(shown, "Only Germany")).to_have_count(0)
    entry(shown, "Not Germany").click()
    count(shown, "114 of 115 sessions")
    expect(chips(shown)).to_have_text(["Not Germany"])
    shown.go_back()
    expect(chips(shown)).to_have_text(["Country: Germany"])
    count(shown, "1 of 115 sessions")
    shown.reload()
    expect(chips(shown)).to_have_text(["Country: Germany"])
    count(shown, "1 of 115 sessions")


def test_a_status_and_a_level_from_their_cells(shown: Page) -> None:
    cell(row(shown, EXPIRED), "status").click(button="right")
    entry(shown, "Not Expired").click()
    count(shown, "3 of 115 sessions")
    cell(row(shown, CANCELLED), "score").click(button="right")
    entry(shown, "Only Restricted").click()
    count(shown, "1 of 115 sessions")
    expect(shown.get_by_role("combobox", name="Risk Level")).to_have_value("restricted")
    expect(chips(shown)).to_have_text(["Not Expired"])
    shown.get_by_role("combobox", name="Status").select_option(label="Expired")
    expect(chips(shown)).to_have_count(0)
    count(shown, "0 of 115 sessions")
    shown.get_by_role("button", name="Clear all").click()
    count(shown, "115 total sessions")


def test_each_chip_goes_by_its_button_and_all_by_clear_all(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/?device=unknown&not_country=US,ZZ&ip=10.0.0.0/8&not_status=converted&like=no-such-cart"))
    expect(chips(page)).to_have_text(
        [
            "Device: Unknown device",
            "Network: 10.0.0.0/8",
            "Cart like that of no-such-cart",
            "Not Converted",
            "Not United States",
            "Not Unknown country",
        ]
    )
    count(page, "0 of 115 sessions")
    page.get_by_role("button", name="Remove filter: Cart like that of no-such-cart").press("Enter")
    count(page, "111 of 115 sessions")
    expect(page.get_by_role("button", name="Remove filter: Device: Unknown device")).to_be_focused()
    page.get_by_role("button", name="Clear all").click()
    expect(chips(page)).to_have_count(0)
    expect(page).to_have_url(shop.at())
    count(page, "115 total sessions")


def test_the_menu_by_keyboard_alone(shown: Page) -> None:
    shown.keyboard.press("j")
    shown.keyboard.press("j")
    expect(row(shown, CONVERTED)).to_have_attribute("aria-selected", "true")
    shown.keyboard.press("Shift+F10")
    expect(entry(shown, "Only Germany")).to_be_focused()
    assert_nothing_found(shown)
    shown.keyboard.press("ArrowUp")
    expect(entry(shown, "View")).to_be_focused()
    shown.keyboard.press("ArrowDown")
    shown.keyboard.press("ArrowDown")
    expect(entry(shown, "Not Germany")).to_be_focused()
    shown.keyboard.press("End")
    expect(entry(shown, "View")).to_be_focused()
    shown.keyboard.press("Escape")
    expect(shown.get_by_role("menu")).to_have_count(0)
    expect(cell(row(shown, CONVERTED), "session")).to_be_focused()
    shown.keyboard.press("ContextMenu")
    shown.keyboard.press("Enter")
    count(shown, "1 of 115 sessions")
    expect(cell(row(shown, CONVERTED), "session")).to_be_focused()


def test_the_menu_opens_a_session_and_goes_with_a_click_beside_it(shown: Page) -> None:
    cell(row(shown, CANCELLED), "status").click(button="right")
    expect(shown.get_by_role("menu")).to_be_visible()
    shown.locator(".cw-title").first.click()
    expect(shown.get_by_role("menu")).to_have_count(0)
    cell(row(shown, CANCELLED), "status").click(button="right")
    entry(shown, "View").click()
    expect(shown.get_by_role("heading", name=CANCELLED)).to_be_visible()
    expect(shown.get_by_role("menu")).to_have_count(0)


def test_cells_without_such_a_value_have_no_menu(shown: Page) -> None:
    for column in ("value", "started", "left"):
        cell(row(shown, CONVERTED), column).click(button="right")
        expect(shown.get_by_role("menu")).to_have_count(0)


def test_where_nothing_is_left_the_focus_is_at_the_way_back(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/?country=DE&not_device=desktop"))
    count(page, "1 of 115 sessions")
    cell(row(page, CONVERTED), "session").click(button="right")
    entry(page, "Not Mobile").click()
    count(page, "0 of 115 sessions")
    expect(page.get_by_role("button", name="Clear filters")).to_be_focused()


def test_the_strongest_reason_on_hover_and_on_focus(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    risk = cell(row(page, TOKEN), "score")
    tip = page.get_by_role("tooltip")
    risk.hover()
    expect(tip).to_have_text(strongest_of(LIKELY))
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.locator(".cw-title").first.hover()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/reason" in request.url else None)
    risk.focus()
    expect(tip).to_have_text(strongest_of(LIKELY))
    expect(risk).to_have_attribute("aria-describedby", "cw-tooltip")
    assert asked == []  # it is known
    cell(row(page, TOKEN), "status").focus()
    expect(tip).to_be_hidden()
    expect(risk).not_to_have_attribute("aria-describedby", "cw-tooltip")


def test_words_from_outside_are_words_in_menu_and_chips(page: Page, shop: Shop, page_errors: list[str]) -> None:
    token = '"><img src=x onerror=alert(1)>'
    shop.send(event(token, ago=60 * 24 * 40, device_id=token))
    page.goto(shop.at("/?like=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&device_id=%3Cb%3Ex%3C/b%3E"))
    expect(chips(page)).to_have_text(["Device id: <b>x</b>", "Cart like that of <img src=x onerror=alert(1)>"])
    expect(page.locator(".cw-chips img, .cw-chips b")).to_have_count(0)
