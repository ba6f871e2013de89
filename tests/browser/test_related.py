"""Related sessions on the details page: who shares what, how they ended, and the list that shows them."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import shop as shops
from tests.browser.conftest import OpenPage
from tests.browser.shop import Shop, event, line, row
from tests.browser.test_accessibility import assert_nothing_found

TWIN, GONE, NEAR = "twin-of-it", "gone-twin", "near-it"


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    shops.fill(shop)
    lines = [line("Vase", variant_id="v-7"), line("Bowl", variant_id="v-8")]
    shop.send(
        event("own", ago=90, ip="203.0.113.9", device_id="d-81", lines=lines, left=30),
        event(TWIN, ago=80, ip="203.0.113.9", device_id="d-81", lines=lines, left=30),
        event(GONE, ago=70, ip="203.0.113.9"),
        event(GONE, "session.cancelled", ago=60, reason="Changed their mind"),
        event(NEAR, ago=50, ip="203.0.113.40", lines=[line("Vase", variant_id="v-7")]),
    )


@pytest.fixture
def shown(page: Page, shop: Shop) -> Page:
    page.goto(shop.at("/sessions/own"))
    expect(page.get_by_role("region", name="Related sessions")).to_be_visible()
    return page


def relation(page: Page, title: str) -> Locator:
    return page.locator(".cw-relation").filter(has=page.get_by_role("heading", name=title))


def tokens(within: Locator) -> list[str]:
    return within.get_by_role("listitem").get_by_role("link").all_inner_texts()


def test_what_is_shared_and_how_the_others_ended(shown: Page) -> None:
    titles = shown.locator(".cw-relation h3 > span").all_inner_texts()
    assert titles == ["Same device", "Same IP", "Same network", "Nearly the same cart"]
    expect(relation(shown, "Same device")).to_contain_text("1 session: 1 active")
    same = relation(shown, "Same IP")
    expect(same).to_contain_text("203.0.113.9")
    expect(same).to_contain_text("2 sessions: 1 active, 1 cancelled")
    assert tokens(same) == [GONE, TWIN]
    assert tokens(relation(shown, "Same network")) == [NEAR]
    assert tokens(relation(shown, "Nearly the same cart")) == [NEAR, TWIN]


def test_a_related_session_opens_and_the_way_back_stays(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/?q=own"))
    row(page, "own").get_by_role("link", name="View").click()
    relation(page, "Same IP").get_by_role("link", name=TWIN).click()
    expect(page.get_by_role("heading", name=TWIN)).to_be_visible()
    expect(relation(page, "Same IP")).to_contain_text("2 sessions")
    page.keyboard.press("Escape")
    expect(page).to_have_url(shop.at("/?q=own"))
    expect(row(page, "own")).to_be_visible()


@pytest.mark.parametrize(
    ("title", "chips", "found"),
    [
        ("Same IP", ["IP address: 203.0.113.9"], ["own", TWIN, GONE]),
        ("Same network", ["Network: 203.0.113.0/24", "Not 203.0.113.9"], [NEAR]),
        ("Same device", ["Device id: d-81"], ["own", TWIN]),
        ("Nearly the same cart", ["Cart like that of own"], ["own", TWIN, NEAR]),
    ],
)
def test_one_click_shows_them_in_the_list(shown: Page, title: str, chips: list[str], found: list[str]) -> None:
    relation(shown, title).get_by_role("link", name="Show in the list").click()
    expect(shown.locator(".cw-count")).to_have_text(f"{len(found)} of 119 sessions")
    expect(shown.locator(".cw-chip-words")).to_have_text(chips)
    for token in found:
        expect(row(shown, token)).to_be_visible()
    shown.go_back()
    expect(shown.get_by_role("heading", name="own", exact=True)).to_be_visible()


def test_a_session_that_shares_nothing_says_so(page: Page, shop: Shop) -> None:
    shop.send(event("alone", ago=60 * 24 * 50, ip="198.51.100.1"))
    page.goto(shop.at("/sessions/alone"))
    card = page.get_by_role("region", name="Related sessions")
    expect(card).to_contain_text("No other session shares its IP, network, device or cart.")


def test_refresh_looks_again(page: Page, shop: Shop) -> None:
    shop.send(event("early", ago=60 * 24 * 50, device_id="d-9"))
    page.goto(shop.at("/sessions/early"))
    card = page.get_by_role("region", name="Related sessions")
    expect(card).to_contain_text("No other session")
    shop.send(event("late", ago=60 * 24 * 30, device_id="d-9"))
    page.get_by_role("button", name="Refresh").click()
    expect(relation(page, "Same device").get_by_role("link", name="late")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_card_is_accessible_and_fits(open_page: OpenPage, shop: Shop, dark: bool, width: int) -> None:
    page = open_page(width, 900, dark=dark)
    page.goto(shop.at("/sessions/own"))
    expect(relation(page, "Same IP")).to_be_visible()
    assert_nothing_found(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
