"""Deciding on the details page, in a real browser: what is asked, what is shown before, and what comes of it."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from data import rules, stores
from data.database import Database
from data.levels import Decision
from data.rule_records import RuleRecord
from data.rule_targets import Target
from tests.browser.conftest import OpenPage
from tests.browser.shop import DOLLARS, Shop, beside, event, line
from tests.browser.test_accessibility import assert_nothing_found

RESTRICTED, CLEARED = Decision.RESTRICTED, Decision.CLEARED
LONG_DEVICE = "device-" + "0123456789abcdef" * 15
TOO = "1 of 3 sessions that bought in the last 30 days would have been hit too."

numbers = count(1)


class Crowd:
    """Sessions that share an IP, a network or a device with the one called ``token``; each test has its own."""

    def __init__(self, shop: Shop) -> None:
        number = next(numbers)
        self.shop = shop
        self.network = f"203.0.{number}.0/24"
        self.ip = f"203.0.{number}.7"
        self.device = f"{number}-{LONG_DEVICE}"
        self.token = f"crowd-{number}"
        own: dict[str, Any] = {"ip": self.ip, "device_id": self.device, "left": 30}
        self._begin("", 3, [line("Desk", "1000.00", 2), line("Lamp", "124.75")], **own)
        self._begin("-device", 4, [line("Lamp", "100.00")], device_id=self.device, ip=f"198.51.{number}.1", left=30)
        self._begin("-ip", 5, [line("Lamp", "10.00", 3)], ip=self.ip, left=30)
        self._begin("-network", 6, [line("Lamp", "1.00")], ip=f"203.0.{number}.99", left=30)

    def _begin(self, name: str, ago: float, lines: list[dict[str, Any]], **known: Any) -> None:
        self.shop.send(event(self.token + name, ago=ago, lines=lines, **known))

    def open(self, page: Page, name: str = "") -> Page:
        """The details of one of them."""
        page.goto(self.shop.at(f"/sessions/{self.token}{name}"))
        expect(page.get_by_role("heading", name=self.token + name, exact=True)).to_be_visible()
        return page

    def rule(
        self, target: Target, value: str, decision: Decision = RESTRICTED, until: datetime | None = None
    ) -> RuleRecord:
        """Somebody else makes a rule."""
        made: list[RuleRecord] = []

        async def make(db: Database, store_id: int) -> None:
            now = datetime.now(UTC)
            made.append(
                await rules.add(
                    db, store_id, target, value, decision, reason="Another's", until=until, now=now, actor="Ben"
                )
            )

        self.in_store(make)
        return made[0]

    def in_force(self) -> list[tuple[str, str, Decision, str, datetime | None]]:
        """The rules about this crowd, the newest first."""
        found: list[RuleRecord] = []

        async def look(db: Database, store_id: int) -> None:
            found.extend((await rules.of_store(db, store_id, limit=1_000)).rules)

        self.in_store(look)
        mine = {self.network, self.ip, self.device, self.token}
        return [
            (one.target.value, one.value, one.decision, one.reason, one.until) for one in found if one.value in mine
        ]

    def in_store(self, work: Callable[[Database, int], Any]) -> None:
        async def done(db: Database) -> None:
            [number] = [entry.id for entry in await stores.every(db) if entry.domain == DOLLARS]
            await work(db, number)

        beside(self.shop.server.database, done)


@pytest.fixture(scope="module", autouse=True)
def _bought(shop: Shop) -> None:
    for number, ip in enumerate(("192.0.2.1", "192.0.2.2", "192.0.2.3")):
        shop.send(event(f"bought-{number}", ago=3_000, ip=ip, lines=[line()]))
        shop.send(event(f"bought-{number}", "checkout.completed", ago=2_990, order_id=str(number)))


@pytest.fixture
def crowd(shop: Shop) -> Crowd:
    return Crowd(shop)


def ask(page: Page, words: str = "Restrict Session") -> Locator:
    """Open the dialog and wait until it says what its first choice does."""
    page.locator(".cw-session-header").get_by_role("button", name=words).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".cw-preview-hit")).to_contain_text("Only this session")
    return dialog


def badge(page: Page) -> Locator:
    """The level in the header."""
    return page.locator(".cw-session-header .cw-badge").nth(1)


def choose(dialog: Locator, words: str) -> None:
    """Choose by clicking on the words, as a hand would."""
    dialog.locator("label.cw-radio", has_text=re.compile(rf"^{words}")).click()


@contextmanager
def locked(shop: Shop) -> Iterator[None]:
    """Another program keeps the database from being written."""
    with closing(sqlite3.connect(shop.server.database, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("choice", "target", "hit", "button"),
    [
        ("This session", "session", "Only this session · 2,124.75\u00a0USD · 3 units freed", "Restrict Session"),
        ("Its IP", "ip", "2 active sessions · 2,154.75\u00a0USD · 6 units freed", "Restrict 2 sessions"),
        ("Its network", "network", "3 active sessions · 2,155.75\u00a0USD · 7 units freed", "Restrict 3 sessions"),
        ("Its device", "device", "2 active sessions · 2,224.75\u00a0USD · 4 units freed", "Restrict 2 sessions"),
    ],
)
def test_each_target_says_what_it_hits_and_hits_just_that(
    page: Page, crowd: Crowd, choice: str, target: str, hit: str, button: str
) -> None:
    dialog = ask(crowd.open(page))
    choose(dialog, choice)
    expect(dialog.locator(".cw-preview-hit")).to_have_text(hit)
    dialog.get_by_label("Reason").fill("Holds it all")
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).to_be_hidden()
    expect(badge(page)).to_have_text("Restricted")
    value = {"session": crowd.token, "ip": crowd.ip, "network": crowd.network, "device": crowd.device}[target]
    assert crowd.in_force() == [(target, value, RESTRICTED, "Holds it all", None)]
    expect(page.locator(".cw-standing")).to_contain_text("until lifted · Holds it all")
    reached = {"session": [""], "ip": ["", "-ip"], "network": ["", "-ip", "-network"], "device": ["", "-device"]}
    for name in ("-ip", "-network", "-device"):
        crowd.open(page, name)
        expect(badge(page)).to_have_text("Restricted" if name in reached[target] else re.compile("Normal|Monitored"))


@pytest.mark.parametrize(("words", "length"), [("15 minutes", 15), ("1 hour", 60), ("1 day", 24 * 60)])
def test_each_length_ends_when_it_says(page: Page, crowd: Crowd, words: str, length: int) -> None:
    dialog = ask(crowd.open(page))
    choose(dialog, words)
    dialog.get_by_label("Reason").fill("For a while")
    dialog.get_by_role("button", name="Restrict Session").click()
    line_below = page.locator(".cw-standing")
    expect(line_below).to_contain_text("Restricted, this session alone")
    [(*_, until)] = crowd.in_force()
    assert until is not None
    left = until - datetime.now(UTC)
    assert timedelta(minutes=length - 2) < left <= timedelta(minutes=length)
    expect(line_below).to_contain_text(re.compile(r"ends in (\d+:)?\d+:\d\d · For a while"))


def test_shoppers_who_have_bought_are_pointed_out(page: Page, shop: Shop) -> None:
    shop.send(event("beside-a-shopper", ip="192.0.2.2", left=30))
    page.goto(shop.at("/sessions/beside-a-shopper"))
    dialog = ask(page)
    choose(dialog, "Its IP")
    expect(dialog.locator(".cw-preview-bought")).to_have_text(TOO)
    [example] = dialog.get_by_role("link").all()
    expect(example).to_have_text("beside-a-shopper")
    with page.context.expect_page() as opened:
        example.click()
    expect(opened.value.get_by_role("heading", name="beside-a-shopper")).to_be_visible()
    expect(dialog).to_be_visible()
    choose(dialog, "This session")
    expect(dialog.locator(".cw-preview-bought")).to_have_count(0)


def test_a_reason_is_needed(page: Page, crowd: Crowd) -> None:
    dialog = ask(crowd.open(page))
    choose(dialog, "Its network")
    choose(dialog, "1 hour")
    confirm = dialog.get_by_role("button", name="Restrict 3 sessions")
    confirm.click()
    expect(dialog.get_by_role("alert")).to_have_text("A reason is needed.")
    reason = dialog.get_by_label("Reason")
    expect(reason).to_be_focused()
    expect(reason).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_role("radio", name="1 hour")).to_be_checked()
    assert crowd.in_force() == []
    reason.press_sequentially("Be")
    expect(dialog.get_by_role("alert")).to_be_hidden()
    expect(reason).to_have_value("Be")
    confirm.click()
    expect(badge(page)).to_have_text("Restricted")


def test_undo_puts_back_exactly_what_stood(page: Page, crowd: Crowd) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=5)
    crowd.rule(Target.IP, crowd.ip, CLEARED, until)
    before = crowd.in_force()
    dialog = ask(crowd.open(page))
    expect(page.locator(".cw-standing")).to_contain_text("Cleared by IP rule")
    choose(dialog, "Its IP")
    expect(dialog.locator(".cw-preview-replaced")).to_contain_text("Replaces what stands now: Cleared until")
    dialog.get_by_label("Reason").fill("No friend")
    dialog.get_by_role("button", name="Restrict 2 sessions").click()
    expect(page.locator(".cw-standing")).to_contain_text("Restricted by IP rule")
    page.locator(".cw-toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".cw-toast")).to_have_text("Undone")
    expect(page.locator(".cw-standing")).to_contain_text("Cleared by IP rule")
    assert crowd.in_force() == before
    crowd.open(page, "-ip")
    expect(page.locator(".cw-standing")).to_contain_text("Cleared by IP rule")


def test_undo_is_a_key_away(page: Page, crowd: Crowd) -> None:
    dialog = ask(crowd.open(page))
    dialog.get_by_label("Reason").fill("u is but a letter here")
    dialog.get_by_role("button", name="Restrict Session").click()
    expect(page.locator(".cw-toast")).to_contain_text("Session restricted")
    expect(dialog).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(".cw-toast")).to_have_text("Undone")
    expect(page.locator(".cw-standing")).to_have_count(0)


def test_one_session_is_cleared_of_a_wider_rule_or_the_rule_is_lifted(page: Page, crowd: Crowd) -> None:
    crowd.rule(Target.NETWORK, crowd.network)
    dialog = ask(crowd.open(page), "Clear Restriction")
    expect(dialog).to_contain_text("The rule that stands goes on for all other sessions.")
    dialog.get_by_label("Reason").fill("A known customer")
    dialog.get_by_role("button", name="Clear Restriction").click()
    expect(page.locator(".cw-standing")).to_contain_text("Cleared, this session alone")
    crowd.open(page, "-ip")
    expect(badge(page)).to_have_text("Restricted")
    dialog = ask(page, "Clear Restriction")
    choose(dialog, "Lift the rule for its network")
    expect(dialog).to_contain_text("It decides 2 active sessions.")
    expect(dialog.get_by_role("group", name="How long")).to_be_hidden()
    dialog.get_by_label("Reason").fill("They were shoppers")
    dialog.get_by_role("button", name="Lift rule").click()
    expect(page.locator(".cw-standing")).to_have_count(0)
    page.locator(".cw-toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".cw-standing")).to_contain_text("Restricted by network rule")


def test_a_rule_runs_out_and_the_page_says_so(page: Page, crowd: Crowd) -> None:
    crowd.rule(Target.DEVICE, crowd.device, until=datetime.now(UTC) + timedelta(seconds=4))
    crowd.open(page)
    expect(page.locator(".cw-standing")).to_contain_text(re.compile(r"Restricted by device rule · ends in 0:0\d"))
    # Then the sweep and the page have their turn.
    expect(page.locator(".cw-standing")).to_have_count(0, timeout=15_000)
    expect(page.get_by_role("button", name="Restrict Session")).to_be_visible()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Its time was over.")


def test_the_line_leads_to_the_rule_and_back(page: Page, crowd: Crowd) -> None:
    crowd.rule(Target.IP, crowd.ip)
    crowd.open(page)
    page.get_by_role("link", name="Restricted by IP rule").click()
    expect(page).to_have_url(re.compile(r"/rules\?.*q=203\.0\.\d+\.7$"))
    expect(page.get_by_text(crowd.ip).first).to_be_visible()
    page.go_back()
    expect(page.locator(".cw-standing")).to_contain_text("Restricted by IP rule")


def test_it_is_all_done_by_the_keyboard(page: Page, crowd: Crowd) -> None:
    crowd.open(page)
    page.locator(".cw-session-header").get_by_role("button", name="Restrict Session").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Restrict Session")).to_be_focused()
    page.keyboard.press("Space")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(dialog.get_by_role("radio", name="Until lifted")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(dialog.get_by_role("radio", name="1 day")).to_be_checked()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("radio", name="Its IP")).to_be_checked()
    confirm = dialog.get_by_role("button", name="Restrict 2 sessions")
    expect(confirm).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Typed")
    page.keyboard.press("Enter")
    expect(badge(page)).to_have_text("Restricted")
    expect(page.get_by_role("button", name="Clear Restriction")).to_be_focused()
    [(target, *_, until)] = crowd.in_force()
    assert target == "ip"
    assert until is not None
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    for _ in range(12):  # Tab goes round and never leaves it
        page.keyboard.press("Tab")
        assert page.evaluate("Boolean(document.activeElement.closest('.q-dialog'))")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_hostile_reason_stays_a_text(page: Page, crowd: Crowd) -> None:
    reason = "<img src=x onerror=alert(1)><script>alert(2)</script> \u202edesrever {{7*7}} <b>bold</b>"
    page.on("dialog", lambda _: pytest.fail("a script ran"))
    dialog = ask(crowd.open(page))
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name="Restrict Session").click()
    below = page.locator(".cw-standing")
    expect(below).to_contain_text("<img src=x onerror=alert(1)><script>alert(2)</script>  desrever {{7*7}} <b>bold</b>")
    assert page.locator("img[src=x], b").count() == 0
    dialog = ask(page, "Clear Restriction")
    expect(dialog.locator(".cw-preview-replaced")).to_contain_text("<b>bold</b>")
    assert page.locator("img[src=x], b").count() == 0


def test_what_somebody_else_decides_meanwhile_is_told_and_not_run_over(page: Page, crowd: Crowd) -> None:
    dialog = ask(crowd.open(page))
    choose(dialog, "Its device")
    dialog.get_by_label("Reason").fill("Mine")
    expect(dialog.get_by_role("button", name="Restrict 2 sessions")).to_be_visible()
    crowd.rule(Target.DEVICE, crowd.device, CLEARED)
    expect(page.locator(".cw-standing")).to_contain_text("Cleared by device rule")  # the page goes on behind it
    dialog.get_by_role("button", name="Restrict 2 sessions").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody has decided this otherwise meanwhile.")
    expect(dialog.locator(".cw-preview-replaced")).to_contain_text("Cleared until lifted (Another's)")
    expect(dialog.get_by_label("Reason")).to_have_value("Mine")
    assert [reason for *_, reason, _ in crowd.in_force()] == ["Another's"]
    dialog.get_by_role("button", name="Restrict 2 sessions").click()
    expect(badge(page)).to_have_text("Restricted")
    assert [reason for *_, reason, _ in crowd.in_force()] == ["Mine"]


def test_a_busy_database_is_said_in_plain_words_and_nothing_is_lost(page: Page, crowd: Crowd, shop: Shop) -> None:
    dialog = ask(crowd.open(page))
    choose(dialog, "Its network")
    choose(dialog, "1 day")
    dialog.get_by_label("Reason").fill("Holds it all")
    confirm = dialog.get_by_role("button", name="Restrict 3 sessions")
    expect(confirm).to_be_visible()
    with locked(shop):
        confirm.click()
        expect(dialog.get_by_role("alert")).to_contain_text("is locked by another program", timeout=15_000)
        choose(dialog, "Its IP")  # reading goes on
        expect(dialog.get_by_role("button", name="Restrict 2 sessions")).to_be_visible()
        choose(dialog, "Its network")
        expect(confirm).to_be_visible()
    assert crowd.in_force() == []
    expect(dialog.get_by_label("Reason")).to_have_value("Holds it all")
    expect(dialog.get_by_role("radio", name="1 day")).to_be_checked()
    confirm.click()
    expect(dialog).to_be_hidden()
    expect(badge(page)).to_have_text("Restricted")
    assert len(crowd.in_force()) == 1


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["wide-light", "narrow-dark"])
def test_axe_finds_nothing_and_everything_fits(open_page: OpenPage, crowd: Crowd, width: int, dark: bool) -> None:
    page = crowd.open(open_page(width, 900 if width > 700 else 844, dark=dark))
    dialog = ask(page)
    for choice, button in (("Its network", "Restrict 3 sessions"), ("Its device", "Restrict 2 sessions")):
        choose(dialog, choice)
        confirm = dialog.get_by_role("button", name=button)
        expect(confirm).to_be_visible()
        assert_nothing_found(page)
    confirm = dialog.get_by_role("button", name="Restrict 2 sessions")
    confirm.click()
    expect(dialog.get_by_role("alert")).to_have_text("A reason is needed.")
    assert_nothing_found(page)
    confirm.scroll_into_view_if_needed()
    box, screen = confirm.bounding_box(), page.viewport_size
    assert box is not None
    assert screen is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= screen["height"]
    card = page.locator(".cw-rule-dialog")
    assert card.evaluate("box => box.scrollWidth <= box.clientWidth")
    dialog.get_by_label("Reason").fill("Holds it all " * 30)
    confirm.click()
    expect(page.locator(".cw-standing")).to_contain_text("Restricted by device rule")
    page.mouse.move(0, 0)  # else what lies below the dialog explains itself
    expect(page.get_by_role("tooltip")).to_be_hidden()
    assert_nothing_found(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    dialog = ask(page, "Clear Restriction")
    choose(dialog, "Lift the rule for its device")
    expect(dialog.get_by_role("button", name="Lift rule")).to_be_visible()
    assert_nothing_found(page)
    assert card.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_the_choices_stay_under_the_hand(page: Page, crowd: Crowd) -> None:
    dialog = ask(crowd.open(page))
    places = []
    for choice, button in (("This session", "Restrict Session"), ("Its network", "Restrict 3 sessions")):
        choose(dialog, choice)
        expect(dialog.get_by_role("button", name=button)).to_be_visible()
        places.append(dialog.get_by_role("radio", name="Its IP").bounding_box())
    assert places[0] == places[1]
