"""Deciding on the details page: what is asked, what is shown before, what is done, and what is said afterwards."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from nicegui.testing import User

from data import audit, retention, rules, settling
from data.lapsing import lapse
from data.levels import Decision
from data.problems import Busy
from data.records import StoreRecord
from data.rule_records import RuleRecord
from data.rule_targets import RuleAction, Target
from tests.console import NOW, Site, a_site
from tests.factories import TOKEN, after, event, line, tell, the_session
from tests.merchant import everything, form, press, until, words
from tests.payloads import PAYLOADS
from ui.text import Text

IP, NETWORK, DEVICE = "203.0.113.7", "203.0.113.0/24", "phone-1"
SHOPPER = {"ip": IP, "device_id": DEVICE, "lines": [line(1, 2, "10.00")]}
RESTRICTED, CLEARED = Decision.RESTRICTED, Decision.CLEARED


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def shown(site: Site, *others: dict[str, Any], **known: Any) -> StoreRecord:
    """The details of a session of a store, which has other sessions too."""
    store = await site.store()
    await tell(site.database, store, event(**(SHOPPER | known)), *others, now=NOW)
    await site.user.open(f"/sessions/{TOKEN}")
    await see(site, "Technical details")
    return store


def choose(site: Site, about: str, lasting: str = "open") -> None:
    form(site.user, "reason").trigger("input", {"about": about, "lasting": lasting, "reason": ""})


def confirm(site: Site, about: str, reason: str = "Holds it all", lasting: str = "open") -> None:
    form(site.user, "reason").trigger("submit", {"about": about, "lasting": lasting, "reason": reason})


def on_the_button(site: Site) -> str:
    """The words on the button that confirms; none before it is there."""
    assert site.user.client is not None
    elements = site.user.client.elements.values()
    buttons = [one for one in elements if one.tag == "button" and one.props.get("type") == "submit"]
    return next((inside.text for one in buttons for inside in one.descendants() if isinstance(inside, Text)), "")


async def seen(site: Site, button: str) -> None:
    """Wait until what a choice would do is shown."""
    await until(lambda: on_the_button(site) == button)


async def ask(site: Site, button: str) -> None:
    """Press one of the page's two buttons, and wait for its dialog with what its first choice would do."""
    press(site.user, button)
    await seen(site, button)


async def see(site: Site, text: str) -> None:
    """Wait until the page says it."""
    await until(lambda: any(text in one for one in words(site.user)))


async def gone(site: Site, text: str) -> None:
    """Wait until the page does not say it any more."""
    await until(lambda: not any(text in one for one in words(site.user)))


async def in_force(site: Site, store: StoreRecord) -> list[RuleRecord]:
    return list((await rules.of_store(site.database, store.id)).rules)


async def decided(site: Site, store: StoreRecord, token: str = TOKEN) -> Decision | None:
    return (await the_session(site.database, store, token)).decision


def choices(site: Site) -> list[str]:
    """What can be chosen, as the form sends it."""
    assert site.user.client is not None
    props = [one.props for one in site.user.client.elements.values()]
    return [known["value"] for known in props if known.get("name") == "about"]


async def test_only_what_is_known_of_a_session_can_be_chosen(site: Site) -> None:
    store = await shown(site, event(token="bare"), event(token="old", minutes=-45 * 24 * 60, ip="198.51.100.9"))
    press(site.user, "Restrict Session")
    await see(site, "For")
    assert choices(site) == ["session", "ip", "network", "device"]
    for value in (IP, NETWORK, DEVICE):
        assert value in words(site.user)
    await site.user.open("/sessions/bare")
    press(site.user, "Restrict Session")
    await see(site, "For")
    assert choices(site) == ["session"]
    await retention.tidy(site.database, NOW)
    await site.user.open("/sessions/old")
    press(site.user, "Restrict Session")
    await see(site, "Its IP is not kept.")
    assert choices(site) == ["session", "network"]
    assert not await in_force(site, store)


@pytest.mark.parametrize(
    ("about", "value", "button"),
    [
        ("session", TOKEN, "Restrict Session"),
        ("ip", IP, "Restrict 2 sessions"),
        ("network", NETWORK, "Restrict 3 sessions"),
        ("device", DEVICE, "Restrict 1 session"),
    ],
)
async def test_each_target_says_what_it_hits_and_hits_it(site: Site, about: str, value: str, button: str) -> None:
    others = [
        event(token="same-ip", minutes=1, ip=IP, lines=[line(1, 1, "5.00")]),
        event(token="same-network", minutes=2, ip="203.0.113.99"),
        event(token="elsewhere", minutes=3, ip="198.51.100.1"),
    ]
    store = await shown(site, *others)
    await ask(site, "Restrict Session")
    choose(site, about)
    await seen(site, button)
    confirm(site, about)
    await see(site, "Clear Restriction")
    [made] = await in_force(site, store)
    assert (made.target, made.value, made.decision, made.until) == (Target(about), value, RESTRICTED, None)
    assert (made.reason, made.actor) == ("Holds it all", "merchant")
    hit = [token for token in (TOKEN, "same-ip", "same-network", "elsewhere") if await decided(site, store, token)]
    assert len(hit) == {"session": 1, "ip": 2, "network": 3, "device": 1}[about]
    assert "Holds it all" in words(site.user)


@pytest.mark.parametrize(("lasting", "minutes"), [("quarter", 15), ("hour", 60), ("day", 24 * 60), ("open", None)])
async def test_each_length_ends_the_rule_when_it_says(site: Site, lasting: str, minutes: int | None) -> None:
    store = await shown(site)
    await ask(site, "Restrict Session")
    confirm(site, "session", lasting=lasting)
    await see(site, "Clear Restriction")
    [made] = await in_force(site, store)
    assert made.until == (None if minutes is None else after(10 + minutes))
    shown_now = words(site.user)
    assert ("until lifted" in shown_now) is (minutes is None)


async def test_the_preview_tells_sessions_worth_units_and_shoppers_who_have_bought(site: Site) -> None:
    bought = [event(token=f"b{n}", minutes=-60 + n, ip=IP if n < 2 else "198.51.100.1") for n in range(5)]
    done = [event("checkout.completed", -50 + n, f"b{n}", order_id=str(n)) for n in range(5)]
    await shown(site, event(token="t1", minutes=1, ip=IP, lines=[line(1, 3, "1000.25")]), *bought, *done)
    press(site.user, "Restrict Session")
    await see(site, "Only this session · 20.00\u00a0USD · 2 units freed")
    choose(site, "ip")
    await see(site, "2 active sessions · 3,020.75\u00a0USD · 5 units freed")
    await see(site, "2 of 5 sessions that bought in the last 30 days would have been hit too.")
    await see(site, "Later ones are restricted as they begin.")
    assert "/sessions/t1?store=shop.example" in everything(site.user)
    choose(site, "device")
    await see(site, "1 active session · 20.00\u00a0USD · 2 units freed")
    await see(site, "None of the 5 purchases of the last 30 days would have been hit.")


async def test_without_a_reason_nothing_is_done(site: Site) -> None:
    store = await shown(site)
    await ask(site, "Restrict Session")
    needed = "A reason is needed."
    for reason, words_of_it in (("", needed), ("   ", needed), ("\u202e\u200b", needed), ("x" * 501, "at most 500")):
        confirm(site, "session", reason)
        await see(site, words_of_it)
        form(site.user, "reason").trigger("input", None)  # as soon as it is being put right
        await gone(site, words_of_it)
    assert not await in_force(site, store)
    confirm(site, "session")
    await see(site, "Clear Restriction")


async def test_what_the_browser_sends_is_never_more_than_a_choice(site: Site) -> None:
    store = await shown(site, event(token="other", ip="198.51.100.1"))
    await ask(site, "Restrict Session")
    for about in ("other", "198.51.100.1", "lift", "", "ip\u00a0x", "session\0"):
        confirm(site, about)
        await asyncio.sleep(0.01)
    confirm(site, "session", lasting="year")
    await see(site, "Choose how long.")
    form(site.user, "reason").trigger("submit", "no form at all")
    form(site.user, "reason").trigger("input", ["nothing"])
    await asyncio.sleep(0.05)
    assert not await in_force(site, store)


async def test_nobody_confirms_what_was_not_shown(site: Site) -> None:
    store = await shown(site)
    await ask(site, "Restrict Session")
    confirm(site, "network")  # as if the choice had never been heard of
    await see(site, "See what this would do, then confirm again.")
    await seen(site, "Restrict 1 session")
    assert not await in_force(site, store)
    confirm(site, "network")
    await see(site, "Added to the block list")


async def test_what_is_sent_twice_is_done_once(site: Site) -> None:
    store = await shown(site)
    await ask(site, "Restrict Session")
    confirm(site, "session", lasting="hour")
    confirm(site, "session", lasting="hour")
    await see(site, "Clear Restriction")
    confirm(site, "session", lasting="hour")  # while the dialog closes
    await asyncio.sleep(0.05)
    assert len(await in_force(site, store)) == 1
    assert [one.action for one in await audit.of_store(site.database, store.id)] == [RuleAction.ADDED]


async def test_undo_puts_back_what_stood_before(site: Site) -> None:
    store = await shown(site, event(token="same-ip", minutes=1, ip=IP))
    until_then = after(100)
    before = await rules.add(
        site.database, store.id, Target.IP, IP, CLEARED, reason="Our office", until=until_then, now=NOW
    )
    await site.console.live.look()
    await see(site, "Cleared by IP rule")
    await ask(site, "Restrict Session")
    choose(site, "ip")
    await see(site, "Replaces what stands now: Cleared until Mar 1, 2026")
    confirm(site, "ip", "No office at all")
    await see(site, "Restricted by IP rule")
    assert [await decided(site, store, token) for token in (TOKEN, "same-ip")] == [RESTRICTED, RESTRICTED]
    press(site.user, "Undo")
    await see(site, "Undone")
    await see(site, "Cleared by IP rule")
    [back] = await in_force(site, store)
    kept = ("target", "value", "decision", "reason", "until", "actor", "created_at")
    assert [getattr(back, name) for name in kept] == [getattr(before, name) for name in kept]
    assert [await decided(site, store, token) for token in (TOKEN, "same-ip")] == [CLEARED, CLEARED]
    actions = [one.action for one in await audit.of_store(site.database, store.id)]
    assert actions[:2] == [RuleAction.RESTORED, RuleAction.UNDONE]


async def test_one_session_is_cleared_of_a_wider_rule_that_goes_on(site: Site) -> None:
    store = await shown(site, event(token="same-ip", minutes=1, ip=IP))
    await rules.add(site.database, store.id, Target.NETWORK, NETWORK, RESTRICTED, reason="Bots", until=None, now=NOW)
    await site.console.live.look()
    await see(site, "Restricted by network rule")
    press(site.user, "Clear Restriction")
    await see(site, "The rule that stands goes on for all other sessions.")
    assert choices(site)[:2] == ["session", "lift"]
    confirm(site, "session", "A known customer")
    await see(site, "Cleared, this session alone")
    assert [await decided(site, store, token) for token in (TOKEN, "same-ip")] == [CLEARED, RESTRICTED]
    press(site.user, "Undo")
    await see(site, "Restricted by network rule")
    assert await decided(site, store) is RESTRICTED


async def test_the_wider_rule_is_lifted_instead(site: Site) -> None:
    store = await shown(site, event(token="same-ip", minutes=1, ip=IP))
    await rules.add(site.database, store.id, Target.NETWORK, NETWORK, RESTRICTED, reason="Bots", until=None, now=NOW)
    await site.console.live.look()
    await see(site, "Restricted by network rule")
    await ask(site, "Clear Restriction")
    choose(site, "lift")
    await see(site, "It decides 2 active sessions. What remains decides then: other rules, or the score.")
    await seen(site, "Lift rule")
    confirm(site, "lift", "They were shoppers")
    await see(site, "Rule lifted")
    await see(site, "Restrict Session")
    assert [await decided(site, store, token) for token in (TOKEN, "same-ip")] == [None, None]
    press(site.user, "Undo")
    await see(site, "Restricted by network rule")
    assert [await decided(site, store, token) for token in (TOKEN, "same-ip")] == [RESTRICTED, RESTRICTED]


async def test_what_somebody_else_has_decided_meanwhile_is_not_run_over(site: Site) -> None:
    store = await shown(site)
    await ask(site, "Restrict Session")
    choose(site, "ip")
    await seen(site, "Restrict 1 session")
    await rules.add(
        site.database, store.id, Target.IP, IP, CLEARED, reason="Our office", until=None, now=NOW, actor="Ben"
    )
    confirm(site, "ip")
    await see(site, "Somebody has decided this otherwise meanwhile.")
    await see(site, "Replaces what stands now: Cleared until lifted")
    assert [one.reason for one in await in_force(site, store)] == ["Our office"]
    confirm(site, "ip")
    await see(site, "Added to the block list")
    assert [one.reason for one in await in_force(site, store)] == ["Holds it all"]


async def test_a_rule_that_somebody_else_has_lifted_is_said_to_have_ended(site: Site) -> None:
    store = await shown(site)
    made = await rules.add(site.database, store.id, Target.IP, IP, RESTRICTED, reason="Bots", until=None, now=NOW)
    await site.console.live.look()
    await see(site, "Restricted by IP rule")
    await ask(site, "Clear Restriction")
    choose(site, "lift")
    await seen(site, "Lift rule")
    await rules.lift(site.database, store.id, made.id, reason="Enough", now=NOW)
    confirm(site, "lift")
    await see(site, "This rule has ended already.")


async def test_an_undo_that_comes_too_late_says_so(site: Site) -> None:
    store = await shown(site)
    await ask(site, "Restrict Session")
    confirm(site, "session")
    await see(site, "Session restricted")
    await rules.add(
        site.database, store.id, Target.SESSION, TOKEN, CLEARED, reason="No", until=None, now=after(11), actor="Ben"
    )
    press(site.user, "Undo")
    await see(site, "This cannot be undone any more.")
    assert [one.reason for one in await in_force(site, store)] == ["No"]


async def test_the_page_says_when_a_rule_has_run_out(site: Site) -> None:
    store = await shown(site)
    await rules.add(site.database, store.id, Target.DEVICE, DEVICE, RESTRICTED, reason="Bots", until=after(11), now=NOW)
    await site.console.live.look()
    await see(site, "Restricted by device rule")
    assert "1:00" in words(site.user)
    assert await lapse(site.database, after(11)) == 1
    await site.console.live.look()
    await gone(site, "Restricted by device rule")
    await see(site, "Restrict Session")
    await see(site, "Its time was over.")


async def test_what_a_merchant_might_not_expect_is_said_before(site: Site) -> None:
    store = await shown(site, event(token="over", ip=IP), event("session.cancelled", 1, "over"))
    await rules.add(site.database, store.id, Target.DEVICE, DEVICE, CLEARED, reason="Ours", until=None, now=NOW)
    await site.console.live.look()
    await see(site, "Cleared by device rule")
    await ask(site, "Restrict Session")
    choose(site, "network")
    await see(site, "This session stays as it is: a more particular rule decides it.")
    await seen(site, "Add to block list")
    await site.user.open("/sessions/over")
    await ask(site, "Restrict Session")
    choose(site, "ip")
    await see(site, "This session is over and stays as it is.")
    confirm(site, "ip")
    await see(site, "Added to the block list")
    assert await decided(site, store, "over") is None


async def test_a_busy_database_is_said_and_nothing_is_lost(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await shown(site)
    await ask(site, "Restrict Session")

    def fail(*_: object) -> None:
        raise Busy("The file is locked by another program.")

    with monkeypatch.context() as broken:
        broken.setattr(type(site.database), "writing", fail)
        confirm(site, "session")
        await see(site, "The file is locked by another program.")
    assert not await in_force(site, store)
    confirm(site, "session")
    await see(site, "Session restricted")


async def test_what_stands_is_shown_although_its_sessions_are_still_being_decided(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await shown(site)
    await ask(site, "Restrict Session")
    choose(site, "network")
    await seen(site, "Restrict 1 session")

    async def fail(*_: object) -> int:
        raise Busy("The file is locked by another program.")

    with monkeypatch.context() as broken:
        broken.setattr(settling, "settle", fail)
        confirm(site, "network")
        await see(site, "Added to the block list")
    assert len(await in_force(site, store)) == 1


@pytest.mark.parametrize("first", range(0, len(PAYLOADS), 9))
async def test_no_reason_becomes_markup(site: Site, first: int) -> None:
    store = await shown(site)
    hostile = " ".join(PAYLOADS[first : first + 9])
    await ask(site, "Restrict Session")
    confirm(site, "session", hostile)
    await see(site, "Session restricted")
    [made] = await in_force(site, store)
    assert words(site.user).count(made.reason) >= 1  # in the line below the header, as text
    for one in site.user.client.elements.values() if site.user.client else ():
        assert "innerHTML" not in one.props or "alert" not in str(one.props["innerHTML"])
    answer = (await site.client.get(f"/sessions/{TOKEN}")).text
    # What the page itself is made of comes as JSON in a script, in which every "<" of a text is written otherwise.
    assert "<script>alert" not in answer


async def test_the_line_leads_to_the_rule(site: Site) -> None:
    store = await shown(site)
    await rules.add(site.database, store.id, Target.NETWORK, NETWORK, RESTRICTED, reason="Bots", until=None, now=NOW)
    await site.console.live.look()
    await see(site, "Restricted by network rule")
    assert "/rules?store=shop.example&q=203.0.113.0%2F24" in everything(site.user)
