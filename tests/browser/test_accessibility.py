"""axe finds nothing on either page, in any state, light and dark, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import shop as shops
from tests.browser.conftest import OpenPage
from tests.browser.shop import EMPTY, TOKEN, YEN, Shop, event, line, row

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    shops.fill(shop)
    shop.send(event(TOKEN, "cart.updated", lines=[line(f"Lamp {number}") for number in range(6)]))


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_both_pages(open_page: OpenPage, shop: Shop, dark: bool, width: int) -> None:
    page = open_page(width, 900 if width > 700 else 844, dark=dark)
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    assert_nothing_found(page)
    row(page, TOKEN).get_by_role("link", name="View").click()
    expect(page.get_by_role("region", name="Technical details")).to_be_visible()
    page.get_by_text("2 raw stored events").click()
    assert_nothing_found(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_other_states_and_dialogs(open_page: OpenPage, shop: Shop, dark: bool, page_errors: list[str]) -> None:
    page = open_page(dark=dark)
    for path, words in (
        ("/?q=nothing-like-this", "No sessions match"),
        (f"/?store={EMPTY}", "No sessions yet"),
        ("/sessions/nobody", "There is no session with this cart token."),
        ("/nowhere", "There is nothing at this address."),
    ):
        page.goto(shop.at(path))
        expect(page.get_by_role("heading", name=words)).to_be_visible()
        assert_nothing_found(page)
    page.goto(shop.at(f"/sessions/{TOKEN}"))
    page.get_by_role("button", name="Restrict Session").click()
    expect(page.get_by_role("dialog").get_by_label("Reason")).to_be_focused()
    assert_nothing_found(page)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog").get_by_role("checkbox")).to_be_visible()
    assert_nothing_found(page)
    assert all("404" in error for error in page_errors)
    page_errors.clear()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_rules_and_the_audit(open_page: OpenPage, shop: Shop, dark: bool, width: int) -> None:
    page = open_page(width, 900, dark=dark)
    page.goto(shop.at(f"/rules?store={YEN}"))
    expect(page.get_by_text("Nothing is on the block list.")).to_be_visible()
    assert_nothing_found(page)
    page.goto(shop.at(f"/rules?store={EMPTY}"))
    rows = "restricted,network,185.220.0.0/16,,x\n" + "".join(f"restricted,ip,10.0.0.{n},,bot\n" for n in range(60))
    rows += f"restricted,device,{'d' * 255},2099-01-01T00:00:00Z,{'long ' * 90}\nrestricted,ip,no address,,x\n"
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import CSV").click()
    content = f"decision,target,value,until,reason\n{rows}".encode()
    chooser.value.set_files({"name": "lists.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.get_by_role("region", name="Rejected lines")).to_be_visible()
    page.get_by_text("Ended rules").click()
    assert_nothing_found(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Lift the rule about").first.click()
    expect(page.get_by_role("dialog").get_by_label("Reason")).to_be_focused()
    assert_nothing_found(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Add to block list").click()
    page.get_by_role("dialog").get_by_label("Network").check()
    page.get_by_role("dialog").get_by_label("Which one").fill("185.220.0.0/16")
    expect(page.get_by_role("dialog")).to_contain_text("Replaces what stands now")
    assert_nothing_found(page)
    page.goto(shop.at(f"/audit?store={EMPTY}"))
    expect(page.locator(".cw-audit-table").get_by_text("Rule imported").first).to_be_visible()
    assert_nothing_found(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 390:
        page.locator(".cw-nav-here").click()
        expect(page.locator(".cw-pages")).to_be_visible()
        assert_nothing_found(page)


def assert_nothing_found(page: Page) -> None:
    """Every violation with the elements it is about."""
    page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null)))")
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, "\n".join(
        f"{violation['id']}: {violation['help']}\n  "
        + "\n  ".join(node["html"][:300] for node in violation["nodes"][:4])
        for violation in found
    )
