"""The console without a mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import shop as shops
from tests.browser.shop import CANCELLED, CONVERTED, EXPIRED, TOKEN, Shop, row


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    shops.fill(shop)


@pytest.fixture
def shown(page: Page, shop: Shop) -> Page:
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    return page


def test_slash_searches_and_escape_leaves_the_box(shown: Page) -> None:
    box = shown.locator(".cw-search input")
    shown.keyboard.press("/")
    expect(box).to_be_focused()
    shown.keyboard.type("jk/?")  # in a box these are letters
    expect(box).to_have_value("jk/?")
    shown.keyboard.press("Escape")
    expect(box).not_to_be_focused()
    expect(shown.get_by_role("dialog")).to_have_count(0)


def test_j_k_and_arrows_move_enter_opens_escape_goes_back(shown: Page, shop: Shop) -> None:
    shown.keyboard.press("j")
    expect(row(shown, TOKEN)).to_have_attribute("aria-selected", "true")
    shown.keyboard.press("j")
    expect(row(shown, CONVERTED)).to_have_attribute("aria-selected", "true")
    shown.keyboard.press("ArrowDown")
    shown.keyboard.press("j")
    expect(row(shown, CANCELLED)).to_have_attribute("aria-selected", "true")
    shown.keyboard.press("k")
    expect(row(shown, EXPIRED)).to_have_attribute("aria-selected", "true")
    shown.keyboard.press("Enter")
    expect(shown.get_by_role("heading", name=EXPIRED)).to_be_visible()
    shown.keyboard.press("Escape")
    expect(row(shown, EXPIRED)).to_be_visible()
    expect(row(shown, EXPIRED)).to_have_attribute("aria-selected", "true")
    expect(shown).to_have_url(shop.at())


def test_control_end_and_home_reach_the_ends(shown: Page) -> None:
    shown.keyboard.press("j")
    shown.keyboard.press("Control+End")
    expect(row(shown, shops.filler(110))).to_be_visible()
    shown.keyboard.press("Control+Home")
    expect(row(shown, TOKEN)).to_be_visible()


def test_question_mark_lists_the_shortcuts_and_they_can_be_turned_off(shown: Page) -> None:
    shown.keyboard.press("?")
    dialog = shown.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for words in ("Search", "Move through the list", "Open the session", "Back to the list", "Show this list"):
        expect(dialog.get_by_text(words, exact=True)).to_be_visible()
    use = dialog.get_by_role("checkbox", name="Use keyboard shortcuts")
    expect(use).to_be_checked()
    use.uncheck()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    shown.keyboard.press("/")
    expect(shown.locator(".cw-search input")).not_to_be_focused()
    shown.reload()
    expect(row(shown, TOKEN)).to_be_visible()
    shown.keyboard.press("?")
    expect(shown.get_by_role("dialog")).to_have_count(0)
    shown.get_by_role("button", name="Keyboard shortcuts").click()
    use.check()
    shown.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    shown.keyboard.press("/")
    expect(shown.locator(".cw-search input")).to_be_focused()


def test_everything_is_reached_by_tab_and_shows_its_focus(shown: Page) -> None:
    reached = tab_through(shown, 24)
    for name in ("Store", "Theme", "Language", "Keyboard shortcuts", "Pause", "Status", "Risk Level", "Refresh"):
        assert any(name in label for label in reached), (name, reached)
    assert any("Search by cart token" in label for label in reached), reached
    row(shown, TOKEN).get_by_role("link", name="View").press("Enter")
    expect(shown.get_by_role("heading", name=TOKEN)).to_be_visible()
    reached = tab_through(shown, 40)
    for name in ("Sessions", "Next session", "Copy cart token", "Refresh", "Restrict Session", "Show", "Copy support"):
        assert any(name in label for label in reached), (name, reached)


def test_the_exact_time_is_read_by_tabbing_to_it(shown: Page) -> None:
    row(shown, TOKEN).get_by_role("link", name="View").press("Enter")
    overview = shown.get_by_role("region", name="Overview")
    overview.locator("time").first.focus()
    expect(shown.get_by_role("tooltip")).to_contain_text("UTC")
    shown.keyboard.press("Escape")
    expect(shown.get_by_role("tooltip")).to_be_hidden()


def test_restricting_by_keyboard_alone(shown: Page) -> None:
    row(shown, shops.filler(3)).get_by_role("link", name="View").press("Enter")
    shown.get_by_role("button", name="Restrict Session").press("Enter")
    expect(shown.get_by_role("dialog").get_by_label("Reason")).to_be_focused()
    shown.keyboard.type("Typed")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    expect(shown.locator(".cw-session-header .cw-badge").nth(1)).to_have_text("Restricted")


def tab_through(page: Page, steps: int) -> list[str]:
    """Press Tab so many times; what was reached. AssertionError where the focus could not be seen."""
    labels = []
    page.evaluate("document.activeElement?.blur()")
    for _ in range(steps):
        page.keyboard.press("Tab")
        label, visible = page.evaluate(FOCUSED)
        assert visible, f"no visible focus on {label!r}"
        labels.append(re.sub(r"\s+", " ", label))
    return labels


FOCUSED = """() => {
  const focused = document.activeElement;
  const label = focused.ariaLabel || focused.closest("label")?.textContent || focused.textContent || "";
  const seen = (element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
  };
  const frame = focused.closest(".q-field__control"); // its border is drawn by a pseudo-element
  const framed = frame && parseFloat(getComputedStyle(frame, "::after").borderTopWidth) >= 2;
  const bordered = focused.matches(".ag-cell-focus") && getComputedStyle(focused).borderTopStyle === "solid";
  return [label, focused === document.body || seen(focused) || framed || bordered];
}"""
