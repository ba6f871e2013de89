"""The security panel in a real browser: as it is read aloud, seen in every look, and while its session goes on."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from data.levels import RiskLevel
from tests.assessments import LIKELY, PROVEN, score_of
from tests.browser.conftest import OpenPage
from tests.browser.shop import WINDOWS, Shop, event, line
from tests.browser.test_accessibility import assert_nothing_found

MUCH = PROVEN | {
    "hosting": 1,
    "host": "Example Hosting and Colocation Services International GmbH & Co. KG",
    "country": 1,
    "address_country": "DE",
    "country_said": "VC",
    "agent": 2,
    "cancels": 9,
    "device_minute": 6,
    "network_hour": 40,
    "network_conversion": 0.1,
    "network_bought": 3,
    "network_over": 1234,
    "usual_conversion": 0.37,
    "usual_renewals": 1,
}
"""More reasons than are shown at once, with the longest sentences."""

STATES = ("much", "unknown", "checked", "not-scored", "decided")


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    for token in (*STATES, "likely", "to-check"):
        shop.send(event(token, ago=42, lines=[line("Lamp", "19.00", 12)], ip="185.22.7.9", user_agent=WINDOWS, left=40))
    shop.send(event("going-on", ago=42, lines=[line()], ip="203.0.113.7", user_agent=WINDOWS, left=40))
    shop.assess("much", RiskLevel.RESTRICTED, known=MUCH)
    shop.assess("unknown", RiskLevel.NORMAL, known={})
    shop.assess("checked", RiskLevel.NORMAL, sampled=0.1)
    shop.unscored("not-scored")
    shop.assess("decided", RiskLevel.REVIEW)
    shop.assess("likely", RiskLevel.REVIEW)
    shop.assess("to-check", RiskLevel.REVIEW, sampled=0.1)


def panel(page: Page) -> Locator:
    return page.locator(".cw-security")


def decide(page: Page, reason: str) -> None:
    page.get_by_role("button", name="Restrict Session").first.click()
    page.get_by_role("dialog").get_by_label("Reason").fill(reason)
    page.get_by_role("dialog").locator("button[type=submit]").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_it_is_read_aloud_in_a_sensible_order_and_bars_are_not(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/sessions/likely"))
    shown = page.get_by_role("region", name="Security analysis")
    expect(shown.get_by_role("heading", level=3)).to_have_text(
        [
            *("Raises the risk", "Speaks for the shopper", "How it adds up", "Unknown"),
            *("What would change the level", "How it moved"),
        ]
    )
    read = shown.aria_snapshot()
    parts = [
        *('heading "Security analysis"', "term: Score", f"definition: {score_of(LIKELY)} of 100", "term: Level"),
        *('heading "Raises the risk"', "14 reservations from this IP in an hour; typical 1"),
        *('heading "Speaks for the shopper"', "The checkout was started -0.4", 'heading "How it adds up"'),
        *("term: Together (log-odds)", 'heading "Unknown"', "Device: no device id was sent"),
    ]
    assert [part for part in parts if part not in read] == []
    places = [read.index(part) for part in parts]
    assert places == sorted(places)
    # Each reason is one item with its sentence and its weight, sign and all.
    assert re.search(r"listitem: 14 reservations from this IP in an hour; typical 1 \+\d\.\d", read)
    assert shown.locator(".cw-bar").count() > 5
    assert shown.locator(".cw-bar:not([aria-hidden=true])").count() == 0


@pytest.mark.parametrize(("width", "dark", "language"), [(1440, True, "en-US"), (390, False, "de-DE")])
def test_in_every_state_and_look(open_page: OpenPage, shop: Shop, dark: bool, width: int, language: str) -> None:
    page = open_page(width, 900, dark=dark, locale=language)
    for state in STATES:
        page.goto(shop.at(f"/sessions/{state}"))
        expect(panel(page)).to_be_visible()
        for fold in panel(page).locator("summary").all():
            fold.click()
        assert_nothing_found(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        sticking_out = """shown => [...shown.querySelectorAll("*")]
            .filter((one) => one.getBoundingClientRect().right > shown.getBoundingClientRect().right + 1)
            .map((one) => one.outerHTML.slice(0, 100))"""
        assert panel(page).evaluate(sticking_out) == []


def test_what_is_folded_away_opens_by_key_and_stays_open_while_the_session_goes_on(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/sessions/much"))
    fold = panel(page).locator("details")
    expect(fold).not_to_have_attribute("open", "")
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(fold.locator(".cw-reason").first).to_be_visible()
    shop.send(event("much", "reservation.renewed", left=40))
    shop.assess("much", RiskLevel.RESTRICTED, known=MUCH | {"declined": 9}, ago=0)
    expect(panel(page)).to_contain_text("Failed payments from this IP or device in a day: 9")
    expect(fold.locator(".cw-reason").first).to_be_visible()
    expect(fold.locator("summary")).to_be_focused()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_stays_where_it_is_when_the_panel_grows(open_page: OpenPage, shop: Shop, width: int) -> None:
    page = open_page(width, 700)
    token = f"growing-{width}"
    shop.send(event(token, ago=9, lines=[line()], ip="185.22.7.9", user_agent=WINDOWS, left=40))
    page.goto(shop.at(f"/sessions/{token}"))
    below = page.get_by_role("region", name="Technical details")
    below.evaluate("card => card.scrollIntoView()")
    place = "card => Math.round(card.getBoundingClientRect().top)"
    before, height = below.evaluate(place), panel(page).evaluate("card => card.offsetHeight")
    shop.assess(token, RiskLevel.RESTRICTED, known=MUCH, ago=0)
    expect(panel(page)).to_contain_text("Hard evidence")
    assert panel(page).evaluate("card => card.offsetHeight") > height + 100
    assert abs(below.evaluate(place) - before) <= 1


@pytest.mark.parametrize("width", [1440, 390])
def test_what_is_read_in_the_panel_stays_in_its_place_when_it_grows(
    open_page: OpenPage, shop: Shop, width: int
) -> None:
    page = open_page(width, 500)
    token = f"read-{width}"
    shop.send(event(token, ago=9, lines=[line()], ip="185.22.7.9", user_agent=WINDOWS, left=40))
    page.goto(shop.at(f"/sessions/{token}"))
    heading = panel(page).get_by_role("heading", name="Unknown")
    heading.evaluate("one => scrollTo(0, one.getBoundingClientRect().top + scrollY - 100)")
    heading.hover()
    place = "one => Math.round(one.getBoundingClientRect().top)"
    before, height = heading.evaluate(place), panel(page).evaluate("card => card.offsetHeight")
    shop.assess(token, RiskLevel.RESTRICTED, known=MUCH, ago=0)
    expect(panel(page)).to_contain_text("Hard evidence")
    assert panel(page).evaluate("card => card.offsetHeight") > height + 100
    assert abs(heading.evaluate(place) - before) <= 1


def test_the_score_follows_and_the_timeline_says_how_it_moved(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/sessions/going-on"))
    expect(panel(page).locator(".cw-verdict")).to_contain_text("of 100")
    first = panel(page).locator(".cw-big").inner_text()
    shop.assess("going-on", RiskLevel.REVIEW, ago=0)
    expect(panel(page).locator(".cw-big")).to_have_text(str(score_of(LIKELY)))
    last = page.locator(".cw-timeline .cw-entry").last
    expect(last).to_contain_text(f"Score: {first} → {score_of(LIKELY)}")
    expect(last).to_contain_text("Level: Normal → Review")
    steps = panel(page).locator(".cw-score-steps li")
    expect(steps).to_have_count(2)
    expect(steps.last).to_contain_text(re.compile(rf"4\d:\d\d\s*{score_of(LIKELY)}\s*Review"))


def test_a_random_check_hides_the_score_until_it_is_decided(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/sessions/to-check"))
    expect(panel(page)).to_contain_text("Chosen for a random check: decide before you see the score")
    expect(page.locator(".cw-timeline")).not_to_contain_text("Score")
    assert f">{score_of(LIKELY)}<" not in page.content()
    decide(page, "Takes twelve at once")
    expect(panel(page).locator(".cw-big")).to_have_text(str(score_of(LIKELY)))
    expect(panel(page)).to_contain_text("Your decision stands: Restricted. By its score it would be Review.")
    expect(panel(page).locator(".cw-verdict-level")).to_have_text("Restricted")


def test_whose_data_the_country_is_from_is_said_with_links(page: Page, shop: Shop) -> None:
    page.goto(shop.at("/sessions/likely"))
    links = panel(page).locator(".cw-credits a")
    addresses = [link.get_attribute("href") or "" for link in links.all()]
    assert "https://db-ip.com" in addresses
    assert addresses[-1] == "https://creativecommons.org/licenses/by/4.0/"
    assert {link.get_attribute("rel") for link in links.all()} == {"noopener noreferrer"}
