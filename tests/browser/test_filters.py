"""Search, filters, Refresh and clear-all above the list."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import shop as shops
from tests.browser.conftest import OpenPage
from tests.browser.shop import CANCELLED, CONVERTED, EXPIRED, TOKEN, Shop, event, row

PLACEHOLDER = "Search by cart token, IP, or country..."


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    shops.fill(shop)


def test_one_search_box_finds_tokens_addresses_and_countries(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    box = page.get_by_placeholder(PLACEHOLDER)
    for text, found in (
        ("WJdza", [TOKEN]),  # a part of a cart token
        ("filler-01", [shops.filler(number) for number in range(10, 20)]),
        ("185.22.7.9", [TOKEN]),  # an address
        ("185.22", [TOKEN, CONVERTED]),  # a prefix, still being typed
        ("185.22.", [TOKEN]),  # a prefix
        ("2001:db8::/32", [CANCELLED]),  # a CIDR range
        ("9.0.0.0/8", [EXPIRED]),
        ("JP", [EXPIRED]),  # a country's code
        ("Germany", [CONVERTED]),  # its name
        ("fran", [CANCELLED]),  # its name, still being typed
    ):
        box.fill(text)
        expect(page.locator(".cw-count")).to_have_text(f"{len(found)} of 115 sessions")
        for token in found:
            expect(row(page, token)).to_be_visible()


def test_a_search_means_itself(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    for text in ("%", "____", "\\", "' OR 1=1 --", "*"):
        page.get_by_placeholder(PLACEHOLDER).fill(text)
        expect(page.locator(".cw-count")).to_have_text("0 of 115 sessions")


def test_countries_by_their_name_in_the_users_language(open_page: OpenPage, shop: Shop) -> None:
    page = open_page(locale="de-DE")
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    page.locator(".cw-search input").fill("Deutschland")
    expect(row(page, CONVERTED)).to_be_visible()
    expect(row(page, TOKEN)).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("Status", {"Active": 1, "Converted": 1, "Expired": 112, "Cancelled": 1}),
        ("Risk Level", {"Normal": 112, "Monitored": 1, "Review": 1, "Restricted": 1}),
    ],
)
def test_dropdowns(page: Page, shop: Shop, name: str, choices: dict[str, int]) -> None:
    page.goto(shop.at())
    dropdown = page.get_by_role("combobox", name=name)
    assert [option.strip() for option in dropdown.locator("option").all_inner_texts()] == ["All", *choices]
    for choice, found in choices.items():
        dropdown.select_option(label=choice)
        expect(page.locator(".cw-count")).to_have_text(f"{found} of 115 sessions")
    dropdown.select_option(label="All")
    expect(page.locator(".cw-count")).to_have_text("115 total sessions")


def test_search_and_filters_together_and_clear_all(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    clear = page.get_by_role("button", name="Clear all")
    expect(clear).to_be_hidden()
    page.get_by_placeholder(PLACEHOLDER).fill("185.22")
    expect(page.locator(".cw-count")).to_have_text("2 of 115 sessions")
    page.get_by_role("combobox", name="Status").select_option(label="Converted")
    expect(page.locator(".cw-count")).to_have_text("1 of 115 sessions")
    page.get_by_role("combobox", name="Risk Level").select_option(label="Review")
    expect(page.locator(".cw-count")).to_have_text("0 of 115 sessions")
    clear.click()
    expect(page.locator(".cw-count")).to_have_text("115 total sessions")
    expect(page.get_by_placeholder(PLACEHOLDER)).to_have_value("")
    expect(page.get_by_role("combobox", name="Status")).to_have_value("all")
    expect(page.get_by_role("combobox", name="Risk Level")).to_have_value("all")
    expect(clear).to_be_hidden()
    expect(page).to_have_url(shop.at())


def test_the_search_box_can_be_emptied_by_its_own_cross(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/?q=WJdza"))
    expect(page.locator(".cw-count")).to_have_text("1 of 115 sessions")
    page.locator(".cw-search").get_by_role("button").click()
    expect(page.locator(".cw-count")).to_have_text("115 total sessions")


def test_typing_fast_shows_the_last_search(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    page.get_by_placeholder(PLACEHOLDER).press_sequentially("filler-042", delay=30)
    expect(page.locator(".cw-count")).to_have_text("1 of 115 sessions")
    expect(row(page, shops.filler(42))).to_be_visible()
    expect(page.get_by_placeholder(PLACEHOLDER)).to_have_value("filler-042")
    expect(page.get_by_placeholder(PLACEHOLDER)).to_be_focused()


def test_refresh_asks_again(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    with page.expect_response(re.compile(r"/api/sessions\?")):
        page.get_by_role("button", name="Refresh").click()
    expect(row(page, TOKEN)).to_be_visible()


def test_refresh_brings_in_what_is_new(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/?q=late-arrival"))
    expect(page.get_by_role("heading", name="No sessions match")).to_be_visible()
    shop.send(event("late-arrival", ago=60 * 24 * 30))
    page.get_by_role("button", name="Refresh").click()
    expect(row(page, "late-arrival")).to_be_visible()
