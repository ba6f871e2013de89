"""A lost connection is said, and caught up with when it is back."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import shop as shops
from tests.browser.conftest import OpenPage
from tests.browser.server import free_port, running
from tests.browser.shop import DOLLARS, Shop, cell, event, line, row

LOST = ".cw-offline-banner"


def test_offline_and_back(page: Page, shop: Shop, page_errors: list[str]) -> None:
    shop.send(event("before-cart", lines=[line()], left=30))
    page.goto(shop.at())
    expect(row(page, "before-cart")).to_be_visible()
    expect(page.locator(LOST)).to_be_hidden()
    page.context.set_offline(True)
    expect(page.locator(LOST)).to_contain_text("Connection lost. What you see may be out of date.")
    expect(page.locator(LOST)).to_be_visible()
    expect(page.locator(".cw-freshness")).to_contain_text("Connection lost · updated")
    expect(page.locator(".cw-grid")).not_to_have_css("opacity", "1")  # looks stale
    shop.send(event("before-cart", "cart.updated", lines=[line(quantity=4)]), event("meanwhile-cart", left=30))
    page.context.set_offline(False)
    expect(page.locator(LOST)).to_be_hidden()
    expect(cell(row(page, "before-cart"), "value")).to_contain_text("4 items")
    expect(row(page, "meanwhile-cart")).to_be_visible()
    expect(page.locator(".cw-freshness")).to_contain_text("Live · updated")
    page_errors.clear()  # the browser reports what it could not fetch


def test_a_restart_of_the_server(open_page: OpenPage, tmp_path: Path, page_errors: list[str]) -> None:
    keys, port = shops.prepare(tmp_path / "cartwatch.db"), free_port()
    page = open_page()
    with running(tmp_path, port=port) as server:
        shop = Shop(server, keys)
        shop.send(event("before-cart", lines=[line()], left=30))
        page.goto(shop.at(f"/?store={DOLLARS}&q=cart"))
        expect(row(page, "before-cart")).to_be_visible()
    expect(page.locator(LOST)).to_be_visible()
    expect(row(page, "before-cart")).to_be_visible()  # what was there stays readable
    with running(tmp_path, port=port) as server:
        shop = Shop(server, keys)
        shop.send(event("before-cart", "cart.updated", lines=[line(quantity=4)]))
        expect(page.locator(LOST)).to_be_hidden(timeout=15_000)
        expect(cell(row(page, "before-cart"), "value")).to_contain_text("4 items", timeout=15_000)
        expect(page.locator(".cw-search input")).to_have_value("cart")
        expect(page.locator(".cw-count")).to_have_text("1 of 1 session")
        page.context.close()
    page_errors.clear()  # the browser reports what it could not fetch
