"""Every state of the list is its address: it survives reload, Back, Forward, and being pasted to a colleague."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import shop as shops
from tests.browser.conftest import OpenPage
from tests.browser.shop import CONVERTED, TOKEN, YEN, Shop, event, line, row


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    shops.fill(shop)
    shop.send(event("tokyo-cart", country="JP", lines=[line("Tea", "23600")], left=30), store=YEN)


def test_the_address_holds_search_filters_and_order(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    page.locator(".cw-search input").fill("filler")
    expect(page).to_have_url(shop.at("/?q=filler"))
    page.get_by_role("combobox", name="Status").select_option("expired")
    expect(page).to_have_url(shop.at("/?q=filler&status=expired"))
    page.get_by_role("combobox", name="Risk Level").select_option("normal")
    page.get_by_role("columnheader", name="CART").click()
    expect(page).to_have_url(shop.at("/?q=filler&status=expired&risk=normal&sort=-value"))


@pytest.mark.parametrize("way", ["reload", "colleague"])
def test_a_filtered_list_survives(page: Page, open_page: OpenPage, shop: Shop, way: str) -> None:
    page.goto(shop.at("/?q=filler-0&status=expired&risk=normal&sort=-value"))
    expect(page.locator(".cw-count")).to_have_text("100 of 115 sessions")
    if way == "reload":
        page.reload()
    else:
        address, page = page.url, open_page()
        page.goto(address)
    expect(page.locator(".cw-count")).to_have_text("100 of 115 sessions")
    expect(shops.nth_row(page, 0).locator(".cw-token")).to_have_text(shops.filler(99))
    expect(page.locator(".cw-search input")).to_have_value("filler-0")
    expect(page.get_by_role("combobox", name="Status")).to_have_value("expired")
    expect(page.get_by_role("combobox", name="Risk Level")).to_have_value("normal")
    expect(page.locator('.ag-header-cell[col-id="value"]')).to_have_attribute("aria-sort", "descending")


def test_back_and_forward_between_filters(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    status, count = page.get_by_role("combobox", name="Status"), page.locator(".cw-count")
    status.select_option("converted")
    expect(count).to_have_text("1 of 115 sessions")
    status.select_option("expired")
    expect(count).to_have_text("112 of 115 sessions")
    page.go_back()
    expect(count).to_have_text("1 of 115 sessions")
    expect(status).to_have_value("converted")
    expect(row(page, CONVERTED)).to_be_visible()
    page.go_back()
    expect(count).to_have_text("115 total sessions")
    expect(status).to_have_value("all")
    page.go_forward()
    page.go_forward()
    expect(count).to_have_text("112 of 115 sessions")
    expect(status).to_have_value("expired")


def test_the_store_is_in_the_address(page: Page, shop: Shop) -> None:
    page.goto(shop.at(f"/?store={YEN}"))
    expect(row(page, "tokyo-cart")).to_be_visible()
    page.reload()
    expect(row(page, "tokyo-cart")).to_be_visible()
    expect(page.get_by_role("combobox", name="Store")).to_have_value(YEN)


@pytest.mark.parametrize("way", ["reload", "colleague"])
def test_the_scroll_place_survives(page: Page, open_page: OpenPage, shop: Shop, way: str) -> None:
    page.goto(shop.at())
    scroll_to(page, 70)
    expect(page).to_have_url(re.compile(r"row=70&until=\d+"))
    if way == "reload":
        page.reload()
    else:
        address, page = page.url, open_page()
        page.goto(address)
    expect(shops.nth_row(page, 70).locator(".cw-token")).to_have_text(shops.filler(66))
    expect(shops.nth_row(page, 70)).to_be_in_viewport()
    assert page.evaluate("cartwatch.grid.firstRow()") == 70


def test_back_from_details_has_the_same_scroll_and_the_same_selection(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/?status=expired"))
    scroll_to(page, 60)
    chosen = shops.nth_row(page, 64)
    chosen.locator('[col-id="session"]').click()
    expect(chosen).to_have_attribute("aria-selected", "true")
    token = chosen.locator(".cw-token").inner_text()
    top = page.locator(".ag-body-viewport").evaluate("viewport => viewport.scrollTop")
    chosen.get_by_role("link", name="View").click()
    expect(page.get_by_role("heading", name=token)).to_be_visible()
    page.go_back()
    expect(row(page, token)).to_be_visible()
    expect(row(page, token)).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile(r"/\?status=expired&row=60&until=\d+"))
    assert page.locator(".ag-body-viewport").evaluate("viewport => viewport.scrollTop") == top
    page.go_forward()
    expect(page.get_by_role("heading", name=token)).to_be_visible()
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(row(page, token)).to_have_attribute("aria-selected", "true")
    assert page.locator(".ag-body-viewport").evaluate("viewport => viewport.scrollTop") == top


def test_back_to_the_list_after_details_were_opened_by_their_address(page: Page, shop: Shop) -> None:
    page.goto(shop.at(f"/sessions/{CONVERTED}?status=converted"))
    expect(page.get_by_role("heading", name=CONVERTED)).to_be_visible()
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page).to_have_url(shop.at("/?status=converted"))
    expect(row(page, CONVERTED)).to_be_visible()
    expect(page.locator(".cw-count")).to_have_text("1 of 115 sessions")


def test_unreadable_parameters_mean_everything(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/?status=purple&risk=%00&sort=sideways&row=-5&until=abc&more=1"))
    expect(row(page, TOKEN)).to_be_visible()
    expect(page.locator(".cw-count")).to_have_text("115 total sessions")


def scroll_to(page: Page, index: int) -> None:
    """Scroll the list until the row is the first on screen."""
    expect(page.locator(".ag-row .cw-token").first).to_be_visible()  # the first block is there, not only a skeleton
    page.evaluate(f"cartwatch.grid.api.ensureIndexVisible({index}, 'top')")
    expect(shops.nth_row(page, index).locator(".cw-token")).to_be_visible()
