"""The page of the audit: who did what and why, in words, page by page, and what is left of what was emptied."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from data import audit, rules, stores
from data.audit import AuditLine
from data.database import Busy
from data.levels import Decision
from data.records import StoreRecord
from data.rule_records import AuditRecord, RuleRecord
from data.rule_targets import RuleAction, Target
from pages.audit import PAGE
from tests.console import NOW, Site, a_site, break_reading
from tests.merchant import until, words
from tests.payloads import PAYLOADS
from ui.audit_words import change_words, changes
from ui.language import Language

IP = "203.0.113.7"
ENGLISH = Language.choose("en", None)


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def a_rule(
    site: Site, store: StoreRecord, decision: Decision = Decision.RESTRICTED, *, reason: str = "hoards", hours: int = 0
) -> RuleRecord:
    end = NOW + timedelta(hours=hours) if hours else None
    return await rules.add(site.database, store.id, Target.IP, IP, decision, reason=reason, until=end, now=NOW)


async def told(site: Site, store: StoreRecord) -> list[str]:
    """What each line tells of before and after, the oldest first."""
    lines = reversed(await audit.of_store(site.database, store.id))
    return [change_words(change) for line in lines for change in changes(line, ENGLISH)]


async def sees(site: Site, said: str) -> None:
    """Wait for words on the page, for as long as a busy machine may take."""
    await site.user.should_see(said, retries=100)


def addresses(user: User) -> list[str]:
    assert user.client is not None
    return [str(element.props["href"]) for element in user.client.elements.values() if "href" in element.props]


async def test_each_line_says_who_did_what_why_and_what_became_of_it(site: Site) -> None:
    store = await site.store()
    rule = await a_rule(site, store)
    await rules.lift(site.database, store.id, rule.id, reason="the office", now=NOW, actor="command line")
    await stores.change(site.database, store.id, {"review_capacity": 1500, "timer_minutes": 20}, now=NOW)
    await site.user.open("/audit")
    await sees(site, "Rule added")
    shown = words(site.user)
    start = shown.index("Before and after") + 1
    assert shown[start : start + 22] == [
        *("just now", "merchant", "Settings changed"),
        *("Timer, minutes: ", "15", "→", "became", "20", "Reviews a day: ", "20", "→", "became", "1,500"),
        *("just now", "command line", "Rule lifted", "IP ", IP, "the office", "Restricted until lifted", "→", "became"),
    ]
    assert shown[start + 22 : start + 29] == [
        *("ended", "just now", "merchant", "Rule added", "IP ", IP, "hoards"),
    ]
    assert addresses(site.user).count(f"/?store=shop.example&ip={IP}") == 2
    assert "/rules?store=shop.example" in addresses(site.user)


async def test_what_was_before_and_after_is_in_words(site: Site) -> None:
    store = await site.store()
    await a_rule(site, store)
    again = await a_rule(site, store, Decision.CLEARED, hours=1)
    await rules.undo(site.database, store.id, again.id, now=NOW)
    moment = "Mar 1, 2026, 1:10:00\u202fPM UTC"
    assert await told(site, store) == [
        "Restricted until lifted",
        "Restricted until lifted → ended",
        f"Restricted until lifted → Cleared until {moment}",
        f"Cleared until {moment} → ended",
        "ended → Restricted until lifted",
    ]
    line = AuditRecord(1, NOW, "Ana", RuleAction.SETTINGS, None, None, "x", None, {"model": "rules-1"}, {"model": "m2"})
    assert [change_words(change) for change in changes(line, ENGLISH)] == ["Scores by: rules-1 → m2"]


async def test_a_store_in_which_nothing_was_done_says_so(site: Site) -> None:
    await site.store()
    await site.user.open("/audit")
    await sees(site, "Nothing was done yet.")
    await site.user.open("/audit?action=lifted")
    await sees(site, "There is nothing of this kind here.")


async def test_lines_come_in_pages_and_by_what_was_done(site: Site) -> None:
    store = await site.store()
    async with site.database.writing() as session:
        lines = [AuditLine(NOW, "Ana", RuleAction.EXPORTED, reason=f"line {n}") for n in range(PAGE)]
        lines.append(AuditLine(NOW, "Ana", RuleAction.SETTINGS, reason="the newest"))
        await audit.write(session, store.id, *lines)
    await site.user.open("/audit")
    await sees(site, "the newest")
    assert "line 0" not in words(site.user)
    [older] = [address for address in addresses(site.user) if "before=" in address]
    await site.user.open(older)
    await sees(site, "line 0")
    assert "line 1" not in words(site.user)
    assert "/audit?store=shop.example" in addresses(site.user)
    await site.user.open("/audit?action=settings")
    await sees(site, "the newest")
    assert not [text for text in words(site.user) if text.startswith("line ")]
    choose(site.user, "exported")
    choose(site.user, "nonsense")
    for odd in ("before=x", "before=-1", "before=99999999999999999999", "action=nonsense"):
        await site.user.open(f"/audit?{odd}")
        await sees(site, "the newest")


async def test_what_is_done_meanwhile_comes_first(site: Site) -> None:
    store = await site.store()
    await a_rule(site, store, reason="the first")
    await site.user.open("/audit")
    await sees(site, "the first")
    await a_rule(site, store, Decision.CLEARED, reason="the second")
    await site.console.live.look()
    await until(lambda: "the second" in words(site.user))
    assert site.user.client is not None
    [table] = [element for element in site.user.client.elements.values() if "cw-audit-table" in element.classes]
    rows = [row for row in table.descendants() if row.tag == "tr"][1:]
    order = [row.parent_slot.children.index(row) for row in rows if row.parent_slot]
    assert sorted(order) == [0, 1, 2]
    lowest = rows[order.index(2)]
    assert "the first" in [getattr(inside, "text", "") for inside in lowest.descendants()]


async def test_what_was_emptied_is_said_to_be_no_longer_kept(site: Site) -> None:
    store = await site.store()
    await a_rule(site, store, reason="Jane Doe hoards")
    await site.user.open("/audit")
    await sees(site, "Jane Doe hoards")
    async with site.database.writing() as session:
        await audit.forget(await session.connection(), store.id, [IP])
        await stores.touched(session, store.id)
    await site.console.live.look()
    await until(lambda: "No longer kept" in words(site.user))
    assert "Jane Doe hoards" not in words(site.user)
    assert IP not in words(site.user)
    assert {"Rule added", "IP", "merchant"} <= set(words(site.user))


async def test_one_store_s_audit_is_not_another_s(site: Site) -> None:
    store = await site.store()
    await site.store("other.example")
    await a_rule(site, store, reason="theirs alone")
    await site.user.open("/audit?store=other.example")
    await sees(site, "Nothing was done yet.")
    assert "theirs alone" not in words(site.user)
    assert (await site.client.get("/audit?store=nobody.example")).status_code == 404


async def test_nothing_in_the_audit_becomes_markup(site: Site) -> None:
    store = await site.store()
    async with site.database.writing() as session:
        lines = [
            AuditLine(NOW, text[:100], RuleAction.SETTINGS, reason=text[:500], before={text: text}, after={text: 1})
            for text in PAYLOADS
            if text.isprintable()
        ]
        await audit.write(session, store.id, *lines)
    answer = (await site.client.get("/audit")).text
    for written in ("<script>alert", "<iframe", "<img src=x"):
        assert written not in answer
    await site.user.open("/audit")
    assert site.user.client is not None
    assert not [element for element in site.user.client.elements.values() if "innerHTML" in element.props]


async def test_a_busy_database_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await site.store()
    await site.user.open("/audit")
    break_reading(monkeypatch, Busy("The disk is full. Free some space."))
    answer = await site.client.get("/audit")
    assert answer.status_code == 503
    assert "The disk is full. Free some space." in answer.text


def choose(user: User, action: str) -> None:
    """Choose what is shown; what is no choice is passed over."""
    assert user.client is not None
    boxes = [
        element
        for element in user.client.elements.values()
        if element.tag == "select" and any(inside.props.get("value") == "exported" for inside in element.descendants())
    ]
    UserInteraction(user, set(boxes), None).trigger("change", action)
