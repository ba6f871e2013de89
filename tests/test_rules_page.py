"""The page of rules: its lists, what is done there, what it hears, and what never gets there."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from data import audit, rule_files, rules
from data.database import Busy, Database
from data.lapsing import lapse
from data.levels import Decision
from data.records import StoreRecord
from data.rule_records import RuleRecord
from data.rule_targets import RuleAction, Target
from tests.console import NOW, Site, a_site, break_reading
from tests.factories import event, tell, the_session
from tests.merchant import everything, form, press, until, words
from tests.payloads import PAYLOADS
from ui.rule_lists import PAGE

HEADER = "decision,target,value,until,reason\n"
IP = "203.0.113.7"


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def a_rule(
    site: Site,
    store: StoreRecord,
    value: str = IP,
    decision: Decision = Decision.RESTRICTED,
    target: Target = Target.IP,
    reason: str = "hoards",
    **known: Any,
) -> RuleRecord:
    given = {"until": None, "now": NOW} | known
    return await rules.add(site.database, store.id, target, value, decision, reason=reason, **given)


async def in_force(site: Site, store: StoreRecord) -> list[tuple[str, str, str]]:
    found = await rules.of_store(site.database, store.id)
    return [(rule.target.value, rule.value, rule.decision.value) for rule in found.rules]


async def sees(site: Site, said: str) -> None:
    """Wait for words on the page, for as long as a busy machine may take."""
    await site.user.should_see(said, retries=100)


def addresses(user: User) -> list[str]:
    assert user.client is not None
    return [str(element.props["href"]) for element in user.client.elements.values() if "href" in element.props]


def upload(user: User) -> str:
    """Where the page sends files to."""
    found = re.search(r"/rules/import/[\w-]+", everything(user))
    assert found
    return found[0]


def settle(user: User, **values: str) -> None:
    """What the browser says once something was typed into the dialog."""
    form(user, "value").trigger("input", {"target": "ip", "lasting": "open", "reason": ""} | values)


def send(user: User, **values: str) -> None:
    form(user, "value").trigger("submit", {"target": "ip", "lasting": "open", "reason": ""} | values)


async def test_each_list_shows_its_own_rules_and_how_many_the_others_have(site: Site) -> None:
    store = await site.store(sessions=2)
    await a_rule(site, store, "185.22.17.0/24", target=Target.NETWORK, until=NOW + timedelta(minutes=14))
    await a_rule(site, store, "phone", Decision.CLEARED, Target.DEVICE, reason="our own")
    await a_rule(site, store, "shop.example-1", target=Target.SESSION, reason="a reseller")
    await site.user.open("/rules")
    await sees(site, "185.22.17.0/24")
    shown = words(site.user)
    assert [shown[shown.index(name) + 1] for name in ("Block list", "Allow list", "Single sessions")] == ["1"] * 3
    assert {"hoards", "merchant", "ends in ", "14:00"} <= set(shown)
    assert "phone" not in shown
    sessions = addresses(site.user)
    assert "/?store=shop.example&ip=185.22.17.0%2F24" in sessions
    assert "/?store=shop.example&status=active&ip=185.22.17.0%2F24" in sessions  # the other one has a rule of its own
    await site.user.open("/rules?list=allow")
    await sees(site, "our own")
    assert "/?store=shop.example&device_id=phone" in addresses(site.user)
    assert "until lifted" in words(site.user)
    await site.user.open("/rules?list=sessions")
    await sees(site, "a reseller")
    assert "Restricted" in words(site.user)
    assert "/sessions/shop.example-1?store=shop.example" in addresses(site.user)


async def test_empty_lists_say_what_they_are_for(site: Site) -> None:
    await site.store()
    for listed, said in (
        ("block", "Nothing is on the block list."),
        ("allow", "Nothing is on the allow list."),
        ("sessions", "No single session is restricted or cleared."),
        ("nonsense", "Nothing is on the block list."),
    ):
        await site.user.open(f"/rules?list={listed}")
        await sees(site, said)


async def test_a_rule_is_added_once_its_effect_was_seen_and_a_reason_given(site: Site) -> None:
    store = await site.store(sessions=2)
    await site.user.open("/rules")
    press(site.user, "Add to block list")
    await sees(site, "What it would hit is shown here as you type.")
    settle(site.user, value="185.22.17")
    await sees(site, "'185.22.17' is not an IP address.")
    send(site.user, value="185.22.17.1", reason="hoards")
    await sees(site, "See what this would do, then confirm again.")
    await sees(site, "1 active session")
    await sees(site, "Restrict 1 session")
    assert await in_force(site, store) == []
    send(site.user, value="185.22.17.1")
    await sees(site, "A reason is needed.")
    send(site.user, value="185.22.17.1", reason="hoards", lasting="ever")
    await sees(site, "Choose how long.")
    send(site.user, value="185.22.17.1", reason="hoards", lasting="hour")
    await sees(site, "Added to the block list")
    assert await in_force(site, store) == [("ip", "185.22.17.1", "restricted")]
    assert "1:00:00" in words(site.user)
    assert (await the_session(site.database, store, "shop.example-1")).decision is Decision.RESTRICTED
    press(site.user, "Undo")
    await sees(site, "Undone")
    await until(lambda: "185.22.17.1" not in words(site.user))
    assert (await the_session(site.database, store, "shop.example-1")).decision is None
    [undone, added] = await audit.of_store(site.database, store.id)
    assert (undone.action, added.action, added.actor) == (RuleAction.UNDONE, RuleAction.ADDED, "merchant")


async def test_the_dialog_of_the_allow_list_clears(site: Site) -> None:
    store = await site.store(sessions=1)
    await site.user.open("/rules?list=allow")
    press(site.user, "Add to allow list")
    settle(site.user, target="network", value="185.22.17.0/24")
    await sees(site, "Clear 1 session")
    send(site.user, target="network", value="185.22.17.0/24", reason="our office")
    await sees(site, "Added to the allow list")
    assert await in_force(site, store) == [("network", "185.22.17.0/24", "cleared")]


async def test_nothing_else_can_be_put_on_a_list_by_a_forged_form(site: Site) -> None:
    store = await site.store(sessions=1)
    await site.user.open("/rules")
    press(site.user, "Add to block list")
    for target in ("session", "planet", ""):
        settle(site.user, target=target, value="shop.example-1")
        send(site.user, target=target, value="shop.example-1", reason="forged")
    form(site.user, "value").trigger("submit", ["no form at all"])
    form(site.user, "value").trigger("input", "no form at all")
    send(site.user, value="", reason="nothing")
    await sees(site, "Say which IP address the rule is about.")
    assert await in_force(site, store) == []


async def test_somebody_else_s_decision_in_between_is_not_replaced_unseen(site: Site) -> None:
    store = await site.store(sessions=1)
    await site.user.open("/rules")
    press(site.user, "Add to block list")
    settle(site.user, value=IP)
    await sees(site, "No active session now")
    await a_rule(site, store, decision=Decision.CLEARED, reason="a partner")
    send(site.user, value=IP, reason="hoards")
    await sees(site, "Somebody has decided this otherwise meanwhile.")
    await sees(site, "(a partner)")
    assert await in_force(site, store) == [("ip", IP, "cleared")]
    send(site.user, value=IP, reason="hoards")
    await sees(site, "Added to the block list")
    assert await in_force(site, store) == [("ip", IP, "restricted")]


async def test_a_rule_is_lifted_with_a_reason_and_brought_back(site: Site) -> None:
    store = await site.store()
    await a_rule(site, store)
    await site.user.open("/rules")
    press(site.user, "Lift")
    await sees(site, "It was made because")
    form(site.user, "reason").trigger("submit", {"reason": " "})
    await sees(site, "A reason is needed.")
    form(site.user, "reason").trigger("submit", {"reason": "the office"})
    await sees(site, "Rule lifted")
    await sees(site, "Nothing is on the block list.")
    press(site.user, "Undo")
    await sees(site, "Undone")
    await until(lambda: IP in words(site.user))
    assert await in_force(site, store) == [("ip", IP, "restricted")]


async def test_ended_rules_are_shown_when_they_are_asked_for(site: Site) -> None:
    store = await site.store()
    rule = await a_rule(site, store)
    await rules.lift(site.database, store.id, rule.id, reason="the office", now=NOW)
    await a_rule(site, store, "198.51.100.1", until=NOW + timedelta(minutes=1))
    await lapse(site.database, NOW + timedelta(minutes=2))
    await site.user.open("/rules")
    assert "the office" not in words(site.user)
    fold(site.user, opened=True)
    await sees(site, "the office")
    assert {"Lifted ", "Ran out ", "Its time was over."} <= set(words(site.user))
    await site.user.open("/rules?list=allow")
    fold(site.user, opened=True)
    await sees(site, "No rule of this list has ended yet.")


async def test_the_page_follows_what_others_do(site: Site) -> None:
    store = await site.store(sessions=1)
    await site.user.open("/rules")
    await sees(site, "Nothing is on the block list.")
    rule = await a_rule(site, store, "185.22.17.0/24", target=Target.NETWORK)
    await site.console.live.look()
    await until(lambda: "185.22.17.0/24" in words(site.user))
    assert words(site.user).count("1") == 2  # one rule, one session
    late = event(minutes=1, token="late", ip="185.22.17.9")
    await tell(site.database, store, late, now=NOW)
    await site.console.live.look()
    await until(lambda: "2" in words(site.user))
    await rules.lift(site.database, store.id, rule.id, reason="x", now=NOW)
    await site.console.live.look()
    await sees(site, "Nothing is on the block list.")


async def test_long_lists_come_in_pages_and_can_be_searched(site: Site) -> None:
    store = await site.store()
    rows = "".join(f"restricted,ip,10.0.{n // 250}.{n % 250},,bot {n}\n" for n in range(1, PAGE * 2 + 2))
    await import_(site, store, HEADER + rows)
    await site.user.open("/rules")
    assert f"1–{PAGE} of {PAGE * 2 + 1}" in words(site.user)
    assert "Newer" not in words(site.user)
    assert "/rules?store=shop.example&page=2" in addresses(site.user)
    await site.user.open("/rules?page=3")
    assert "bot 1" in words(site.user)
    assert "Older" not in words(site.user)
    for beyond in ("99999", "100000", "-1", "x", "0"):
        await site.user.open(f"/rules?page={beyond}")
        assert f" of {PAGE * 2 + 1}" in "".join(words(site.user))
    await site.user.open("/rules?q=bot+101")
    assert "10.0.0.101" in words(site.user)
    assert "10.0.0.100" not in words(site.user)
    await site.user.open("/rules?q=%25")
    await sees(site, "No rule of this list has “%” in its value or reason.")


# ---- files


async def test_a_file_is_imported_and_each_rejected_line_is_told(site: Site) -> None:
    store = await site.store()
    await site.user.open("/rules")
    bad = '<img src=x onerror="alert(1)">'
    content = HEADER + f'restricted,ip,{IP},,hoards\nrestricted,ip,"{bad.replace(chr(34), chr(34) * 2)}",,bad\n'
    answer = await site.client.post(upload(site.user), content=content.encode())
    assert answer.status_code == 204
    await sees(site, "1 rule added · 1 line rejected")
    [lines] = [text for text in words(site.user) if text.startswith("Line 3, value: ")]
    assert "is not an IP address" in lines
    assert await in_force(site, store) == [("ip", IP, "restricted")]
    assert IP in words(site.user)
    answer = await site.client.post(upload(site.user), content=(HEADER + f"restricted,ip,{IP},,hoards\n").encode())
    await sees(site, "0 rules added · 1 was there already")
    assert not [text for text in words(site.user) if text.startswith("Line 3")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"\xff\xfe", "The file is not in UTF-8."),
        (b"a,b\n", "The first line must name the columns"),
        (b"x" * 5_000_001, "The body must have at most 5000000 bytes."),
    ],
)
async def test_what_is_no_list_is_said(site: Site, content: bytes, said: str) -> None:
    await site.store()
    await site.user.open("/rules")
    await site.client.post(upload(site.user), content=content)
    await sees(site, said)


async def test_a_file_goes_only_where_an_open_page_takes_it(site: Site) -> None:
    store = await site.store()
    content = (HEADER + f"restricted,ip,{IP},,hoards\n").encode()
    assert (await site.client.post("/rules/import/guessed", content=content)).status_code == 404
    await site.user.open("/rules")
    address = upload(site.user)
    foreign = {"Origin": "https://evil.example"}
    assert (await site.client.post(address, content=content, headers=foreign)).status_code == 403
    assert site.user.client is not None
    site.user.client.delete()
    assert (await site.client.post(address, content=content)).status_code == 404
    assert await in_force(site, store) == []


async def test_what_the_browser_says_of_a_file_is_shown(site: Site) -> None:
    await site.store()
    await site.user.open("/rules")
    for told, said in (
        ("begin", "Importing…"),
        ("large", "The file is larger than 5 MB."),
        ("lost", "The file did not come through. Import it again."),
    ):
        choose(site.user, told)
        await sees(site, said)


async def test_lists_are_exported_for_this_store_alone_and_the_audit_tells_of_it(site: Site) -> None:
    store = await site.store()
    other = await site.store("other.example")
    await a_rule(site, store, reason="=cmd()")
    await a_rule(site, other, "198.51.100.1")
    answer = await site.client.get("/rules/export.csv?store=shop.example", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.headers["content-disposition"] == 'attachment; filename="rules-shop.example.csv"'
    assert answer.text.splitlines()[1:] == [f"restricted,ip,{IP},,'=cmd()"]
    [line] = await audit.of_store(site.database, store.id, action=RuleAction.EXPORTED)
    assert (line.actor, line.after) == ("merchant", {"rules": 1})
    assert (await site.client.get("/rules/export.csv?store=nobody.example")).status_code == 404
    elsewhere = await site.client.get("/rules/export.csv", headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403
    assert len(await audit.of_store(site.database, store.id, action=RuleAction.EXPORTED)) == 1


# ---- whom it is for, and what goes wrong


async def test_nothing_that_a_rule_holds_becomes_markup(site: Site) -> None:
    store = await site.store()
    for number, text in enumerate(PAYLOADS):
        said = "".join(c if c.isprintable() else " " for c in text).strip()[:500]
        if said:
            await a_rule(site, store, f"device-{number}"[:255], target=Target.DEVICE, reason=said)
    await a_rule(site, store, '<img src=x onerror="alert(1)">' + "d" * 225, target=Target.DEVICE)
    answer = (await site.client.get("/rules")).text
    for written in ("<script>alert", "<iframe", "<img src=x"):
        assert written not in answer
    await site.user.open("/rules")
    assert site.user.client is not None
    assert not [element for element in site.user.client.elements.values() if "innerHTML" in element.props]
    assert not [address for address in addresses(site.user) if address.startswith("javascript:")]


async def test_another_store_s_rules_are_not_shown_or_lifted(site: Site) -> None:
    store, other = await site.store(), await site.store("other.example")
    await a_rule(site, other)
    await site.user.open("/rules?store=shop.example")
    await sees(site, "Nothing is on the block list.")
    assert (await site.client.get("/rules?store=nobody.example")).status_code == 404
    await a_rule(site, store, "198.51.100.1")
    await site.user.open("/rules?store=other.example")
    assert "198.51.100.1" not in words(site.user)


async def test_a_rule_that_somebody_has_lifted_meanwhile_is_said(site: Site) -> None:
    store = await site.store()
    rule = await a_rule(site, store)
    await site.user.open("/rules")
    press(site.user, "Lift")
    await rules.lift(site.database, store.id, rule.id, reason="first", now=NOW)
    form(site.user, "reason").trigger("submit", {"reason": "second"})
    await sees(site, "This rule has ended already.")


async def test_a_busy_database_is_said_and_nothing_else_happens(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await site.store()
    await a_rule(site, store)
    await site.user.open("/rules")
    press(site.user, "Add to block list")
    await sees(site, "What it would hit")
    break_reading(monkeypatch, Busy("The disk is full. Free some space."))

    def fail(*_: object) -> None:
        raise Busy("The disk is full. Free some space.")

    monkeypatch.setattr(Database, "writing", fail)
    answer = await site.client.get("/rules")
    assert answer.status_code == 503
    assert "The disk is full. Free some space." in answer.text
    assert "Traceback" not in answer.text
    assert (await site.client.get("/rules/export.csv")).status_code == 503
    settle(site.user, value=IP)
    await sees(site, "The disk is full. Free some space.")
    fold(site.user, opened=True)
    await site.client.post(upload(site.user), content=(HEADER + "restricted,ip,198.51.100.1,,x\n").encode())
    await sees(site, "What was imported until then stays. Import the file again.")
    assert IP in words(site.user)  # what was shown stays


# ---- hands of the tests


def fold(user: User, *, opened: bool) -> None:
    _trigger(user, "details", "toggle", opened)


def choose(user: User, told: str) -> None:
    _trigger(user, "input", "change", told)


def _trigger(user: User, tag: str, event_type: str, told: object) -> None:
    assert user.client is not None
    found = [
        element
        for element in user.client.elements.values()
        if element.tag == tag and any(one.type == event_type for one in element._event_listeners.values())
    ]
    UserInteraction(user, set(found[-1:]), None).trigger(event_type, told)


async def import_(site: Site, store: StoreRecord, content: str) -> None:
    await rule_files.read(site.database, store.id, content.encode(), now=NOW)
