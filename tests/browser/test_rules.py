"""The pages of rules and of the audit as a merchant meets them: by keyboard, on a phone, with files."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from data import rules, stores
from data.database import Database
from data.levels import Decision
from data.rule_targets import Target
from tests.browser.conftest import OpenPage
from tests.browser.shop import DOLLARS, EMPTY, YEN, Shop, beside, event, line, moment, row

HEADER = "decision,target,value,until,reason\n"
NETWORK = "198.51.100.0/24"
_RIGHT = "(one) => one.getBoundingClientRect().right"


def rule(shop: Shop, value: str, reason: str, decision: Decision = Decision.RESTRICTED, store: str = DOLLARS) -> None:
    """Make a rule about an IP beside the running console, as a command would."""

    async def made(db: Database) -> None:
        [number] = [entry.id for entry in await stores.every(db) if entry.domain == store]
        now = moment(0)
        await rules.add(db, number, Target.IP, value, decision, reason=reason, until=None, now=now)

    beside(shop.server.database, made)


def listed(page: Page, value: str) -> Locator:
    """The row of a rule in force."""
    return page.locator(".cw-rule-table tr").filter(has=page.get_by_text(value, exact=True))


def test_a_rule_is_made_and_undone_by_keyboard_alone(page: Page, shop: Shop) -> None:
    held = [event(f"held-{n}", ip=f"198.51.100.{n}", lines=[line("Lamp", "24.50", 2)], left=30) for n in range(1, 4)]
    shop.send(*held)
    page.goto(shop.at(f"/rules?store={DOLLARS}"))
    page.get_by_role("button", name="Add to block list").press("Enter")
    dialog = page.get_by_role("dialog", name="Add to block list")
    expect(dialog.get_by_label("Which one")).to_be_focused()
    page.keyboard.type(NETWORK)
    expect(dialog.get_by_role("status")).to_contain_text("is not an IP address")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_label("Network")).to_be_checked()
    expect(dialog.get_by_role("status")).to_contain_text("3 active sessions · 147.00 USD · 6 units freed")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("A reason is needed.")
    page.keyboard.type("One network, all the lamps")
    expect(dialog.get_by_role("button", name="Restrict 3 sessions")).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(listed(page, NETWORK).get_by_role("link", name="3", exact=True)).to_be_visible()
    page.locator(".cw-toast").get_by_role("button", name="Undo").click()
    expect(listed(page, NETWORK)).to_have_count(0)
    page.get_by_role("link", name="Audit").click()
    lines = page.locator(".cw-audit-table tbody tr")
    expect(lines.nth(0)).to_contain_text("Rule undone")
    expect(lines.nth(1)).to_contain_text("One network, all the lamps")
    page.get_by_label("Show").select_option("undone")
    expect(lines).to_have_count(1)
    expect(page).to_have_url(shop.at(f"/audit?store={DOLLARS}&action=undone"))


def test_a_number_of_sessions_leads_to_them(page: Page, shop: Shop) -> None:
    shop.send(event("counted", ip="203.0.113.50", lines=[line()], left=30), event("free", ip="203.0.113.51", left=30))
    rule(shop, "203.0.113.50", "counted here")
    page.goto(shop.at(f"/rules?store={DOLLARS}"))
    listed(page, "203.0.113.50").get_by_role("link", name="1", exact=True).click()
    expect(row(page, "counted")).to_be_visible()
    expect(page.locator(".ag-row")).to_have_count(1)


def test_the_keyboard_goes_on_with_the_next_rule_once_one_is_lifted(page: Page, shop: Shop) -> None:
    for number in (1, 2, 3):
        rule(shop, f"203.0.113.{number}", f"rule {number}", store=YEN)
    page.goto(shop.at(f"/rules?store={YEN}"))
    expect(page.locator(".cw-rule-table tbody tr")).to_have_count(3)
    listed(page, "203.0.113.2").get_by_role("button").press("Enter")
    dialog = page.get_by_role("dialog", name="Lift this rule?")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(listed(page, "203.0.113.2").get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("a mistake")
    page.keyboard.press("Enter")
    expect(listed(page, "203.0.113.2")).to_have_count(0)
    expect(listed(page, "203.0.113.1").get_by_role("button")).to_be_focused()
    page.get_by_text("Ended rules").click()
    expect(page.locator(".cw-ended-table")).to_contain_text("a mistake")


def test_what_others_do_appears_and_moves_nothing_that_is_in_hand(page: Page, shop: Shop) -> None:
    for number in (1, 2):
        rule(shop, f"192.0.2.{number}", "in hand", Decision.CLEARED)
    page.goto(shop.at(f"/rules?store={DOLLARS}&list=allow"))
    mine = listed(page, "192.0.2.1").get_by_role("button")
    mine.focus()
    rule(shop, "192.0.2.3", "from elsewhere", Decision.CLEARED)
    expect(listed(page, "192.0.2.3")).to_be_visible()
    expect(page.locator(".cw-rule-table tbody tr").first).to_contain_text("192.0.2.3")
    expect(mine).to_be_focused()
    page.get_by_role("searchbox").fill("from else")
    rule(shop, "192.0.2.4", "more from elsewhere", Decision.CLEARED)
    expect(listed(page, "192.0.2.4")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("from else")
    page.keyboard.press("Enter")
    expect(page.locator(".cw-rule-table tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".cw-rule-table tbody tr")).to_have_count(4)


def test_lists_go_out_as_files_and_come_in_again(page: Page, shop: Shop, tmp_path: Path) -> None:
    page.goto(shop.at(f"/rules?store={EMPTY}"))
    hostile = '<img src=x onerror="document.title=1">'
    quoted = hostile.replace('"', '""')
    written = HEADER + f'restricted,ip,203.0.113.7,,\'=1+1\nrestricted,ip,"{quoted}",,x\n'
    for expected in ("1 rule added · 1 line rejected", "0 rules added · 1 was there already · 1 line rejected"):
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Import CSV").press("Enter")
        chooser.value.set_files({"name": "lists.csv", "mimeType": "text/csv", "buffer": written.encode()})
        expect(page.locator(".cw-import-report").get_by_role("status")).to_have_text(expected)
    expect(page.get_by_role("region", name="Rejected lines")).to_contain_text("Line 3, value: '<img src=x")
    expect(listed(page, "203.0.113.7")).to_contain_text("=1+1")
    assert page.title() == "Rules · Cartwatch"
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    download.value.save_as(tmp_path / "exported.csv")
    assert download.value.suggested_filename == f"rules-{EMPTY}.csv"
    assert (tmp_path / "exported.csv").read_text().splitlines()[1:] == ["restricted,ip,203.0.113.7,,'=1+1"]
    page.get_by_role("button", name="Close").first.click()
    expect(page.locator(".cw-import-report")).to_be_hidden()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import CSV").click()
    chooser.value.set_files({"name": "big.csv", "mimeType": "text/csv", "buffer": b"x" * 5_000_001})
    expect(page.locator(".cw-import-report")).to_contain_text("The file is larger than 5 MB.")


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
def test_on_a_phone_the_pages_are_behind_a_button_that_says_where_one_is(
    open_page: OpenPage, shop: Shop, locale: str
) -> None:
    page = open_page(390, 844, locale=locale)
    opener = page.locator(".cw-nav-here")
    for path in ("/", "/rules", "/audit", "/learning", "/connections"):
        page.goto(shop.at(f"{path}?store={DOLLARS}"))
        expect(opener).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator(".cw-top *").evaluate_all(f"(all) => Math.max(...all.map({_RIGHT}))") <= 390
        assert page.locator(".cw-top").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 48}
    links = page.get_by_role("navigation").filter(has=opener).get_by_role("link")
    expect(links).to_have_count(0)
    opener.press("Enter")
    expect(links).to_have_count(3)
    page.keyboard.press("Tab")
    expect(links.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(links).to_have_count(0)
    expect(opener).to_be_focused()
    expect(page).to_have_url(shop.at(f"/connections?store={DOLLARS}"))
    opener.click()
    links.nth(1).click()
    expect(page).to_have_url(shop.at(f"/rules?store={DOLLARS}"))


def test_every_width_between_shows_the_whole_head(page: Page, shop: Shop) -> None:
    page.goto(shop.at(f"/rules?store={DOLLARS}"))
    for width in (360, 600, 701, 768, 1000, 1001, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.locator(".cw-top *").evaluate_all(f"(all) => Math.max(...all.map({_RIGHT}))") <= width


def test_escape_leads_back_to_the_list_of_the_same_store(page: Page, shop: Shop) -> None:
    for path in ("/rules", "/audit"):
        page.goto(shop.at(f"{path}?store={YEN}"))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page).to_have_url(shop.at(f"/?store={YEN}"))
    page.goto(shop.at(f"/audit?store={YEN}"))
    page.get_by_role("combobox", name="Store").select_option(EMPTY)
    expect(page).to_have_url(shop.at(f"/audit?store={EMPTY}"))
