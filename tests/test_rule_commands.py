"""``cartwatch rules`` as it is typed: lists are made, shown, lifted, carried over, and audited."""

import asyncio
import re
from pathlib import Path

import pytest

from data import audit, rules, stores
from data.levels import Decision
from data.rule_records import AuditRecord, RuleRecord
from data.rule_targets import RuleAction, Target
from tests.command_line import Cartwatch, added, cells, changed, said, said_only, typed_in
from tests.factories import TOKEN, event, opened, tell

HEADER = "decision,target,value,until,reason\n"


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    return typed_in(tmp_path, monkeypatch)


@pytest.fixture
def shop(cartwatch: Cartwatch, tmp_path: Path) -> str:
    """A store with one active session."""
    domain = added(cartwatch)

    async def begin() -> None:
        async with opened(tmp_path) as db:
            [store] = await stores.every(db)
            await tell(db, store, event(ip="203.0.113.7", device_id="phone"))

    asyncio.run(begin())
    return domain


def stored(folder: Path, *, ended: bool = False) -> tuple[RuleRecord, ...]:
    async def ask() -> tuple[RuleRecord, ...]:
        async with opened(folder) as db:
            [store] = await stores.every(db)
            return (await rules.of_store(db, store.id, ended=ended)).rules

    return asyncio.run(ask())


def audited(folder: Path) -> tuple[AuditRecord, ...]:
    async def ask() -> tuple[AuditRecord, ...]:
        async with opened(folder) as db:
            [store] = await stores.every(db)
            return await audit.of_store(db, store.id)

    return asyncio.run(ask())


def block(cartwatch: Cartwatch, shop: str, target: str, value: str, *options: str) -> str:
    return said(cartwatch("rules", "add", shop, "block", target, value, "--reason", "hoards", *options))


def test_a_rule_says_what_it_does_and_is_listed(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    told = block(cartwatch, shop, "network", "203.0.113.7/24", "--for", "1h")
    assert re.fullmatch(
        r"Rule 1 restricts network 203\.0\.113\.0/24 until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: "
        r"1 active session now, and later ones as they begin\.\n",
        told,
    )
    assert block(cartwatch, shop, "session", TOKEN) == f"Rule 2 restricts session {TOKEN} until lifted.\n"
    allowed = said(cartwatch("rules", "add", shop, "allow", "device", "tablet", "--reason", "ours"))
    assert allowed == "Rule 3 clears device tablet until lifted: 0 active sessions now, and later ones as they begin.\n"
    table = said(cartwatch("rules", "list", shop))
    assert [cells(table, line)[:4] for line in (1, 2, 3)] == [
        ["3", "cleared", "device", "tablet"],
        ["2", "restricted", "session", TOKEN],
        ["1", "restricted", "network", "203.0.113.0/24"],
    ]
    assert cells(table, 1)[5:] == ["lifted", "command line", "ours", "0"]
    assert cells(said(cartwatch("rules", "list", shop, "--find", "tabl")), -1)[0] == "3"
    assert said(cartwatch("rules", "list", shop, "--find", "nobody")) == "There are no such rules.\n"
    assert {rule.decision for rule in stored(tmp_path)} == {Decision.RESTRICTED, Decision.CLEARED}


def test_a_lifted_rule_is_listed_among_the_ended_ones(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    block(cartwatch, shop, "ip", "203.0.113.7")
    assert said(cartwatch("rules", "lift", shop, "1", "--reason", "the office")) == "Rule 1 is lifted.\n"
    assert stored(tmp_path) == ()
    table = said(cartwatch("rules", "list", shop, "--ended"))
    assert cells(table, 0)[-1] == "Ended"
    assert re.fullmatch(r"Lifted .* UTC: the office", cells(table, 1)[-1])
    assert said_only(cartwatch("rules", "lift", shop, "1", "--reason", "again"), 2) == "This rule has ended already."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("block", "ip", "999.0.0.1", "--reason", "x"), "'999.0.0.1' is not an IP address."),
        (("block", "network", "0.0.0.0/0", "--reason", "x"), "0.0.0.0/0 is too wide for a rule."),
        (("block", "session", "nobody", "--reason", "x"), "There is no such session in this store."),
        (("block", "ip", "203.0.113.7", "--reason", " "), "A reason is needed."),
        (("block", "ip", "203.0.113.7", "--reason", "x", "--for", "soon"), "'soon' is no time."),
        (("block", "ip", "203.0.113.7", "--reason", "x", "--for", "0h"), "'0h' is no time."),
        (("block", "ip", "203.0.113.7", "--reason", "x", "--for", "9999d"), "The end is more than ten years away."),
    ],
)
def test_what_cannot_be_a_rule_is_a_sentence(
    cartwatch: Cartwatch, shop: str, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    assert said_only(cartwatch("rules", "add", shop, *words), 2).startswith(sentence)
    assert stored(tmp_path) == ()
    assert audited(tmp_path) == ()


def test_another_store_s_rule_is_out_of_reach(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    block(cartwatch, shop, "ip", "203.0.113.7")
    other = added(cartwatch, "other.example")
    assert said(cartwatch("rules", "list", other)) == "There are no such rules.\n"
    wanted = "There is no such rule in this store."
    assert said_only(cartwatch("rules", "lift", other, "1", "--reason", "x"), 2) == wanted
    assert said_only(cartwatch("rules", "list", "nobody.example"), 2).startswith("There is no store nobody.example.")


def test_lists_are_carried_over_as_files_and_nothing_is_made_twice(
    cartwatch: Cartwatch, shop: str, tmp_path: Path
) -> None:
    block(cartwatch, shop, "device", "=1+1")
    assert said(cartwatch("rules", "export", shop, "lists.csv")) == "1 rule is in lists.csv.\n"
    exported = said(cartwatch("rules", "export", shop))
    assert (tmp_path / "lists.csv").read_bytes().decode().replace("\r\n", "\n") == exported
    assert exported.splitlines()[1] == "restricted,device,'=1+1,,hoards"
    other = added(cartwatch, "other.example")
    assert said(cartwatch("rules", "import", other, "lists.csv")) == "1 rule added.\n"
    piped = cartwatch("rules", "import", other, "-", given=exported)
    assert said(piped) == "0 rules added, 1 was there already.\n"


def test_each_rejected_line_is_told_with_its_reason(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    rows = "restricted,ip,203.0.113.7,,bad\nrestricted,ip,no\x1b[2J,,bad\nmaybe,ip,203.0.113.8,,bad\n"
    (tmp_path / "some.csv").write_text(HEADER + rows)
    result = cartwatch("rules", "import", shop, "some.csv")
    assert (result.exit_code, result.stdout) == (0, "1 rule added, 2 lines rejected.\n")
    assert result.stderr.splitlines() == [
        r"Line 3, value: 'no\x1b[2J' is not an IP address. Give one as in 203.0.113.7 or 2001:db8::7.",
        "Line 4, decision: The decision must be restricted or cleared.",
    ]
    (tmp_path / "none.csv").write_text(HEADER + "maybe,ip,203.0.113.8,,bad\n" * 150)
    nothing = cartwatch("rules", "import", shop, "none.csv")
    assert (nothing.exit_code, nothing.stdout) == (1, "0 rules added, 150 lines rejected.\n")
    assert nothing.stderr.splitlines()[100:] == ["50 more lines were rejected."]
    assert said_only(cartwatch("rules", "import", shop, "gone.csv"), 2) == "There is no file gone.csv."
    (tmp_path / "empty.csv").write_text("")
    assert said_only(cartwatch("rules", "import", shop, "empty.csv"), 1) == "The file is empty."


def test_the_audit_tells_when_a_rule_was_to_end(cartwatch: Cartwatch, shop: str) -> None:
    block(cartwatch, shop, "ip", "203.0.113.7", "--for", "1d")
    table = said(cartwatch("rules", "audit", shop))
    assert "Restricted until" in table
    assert "�" not in table


def test_the_audit_tells_who_did_what_and_why(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    assert said(cartwatch("rules", "audit", shop)) == "Nothing was done yet.\n"
    block(cartwatch, shop, "ip", "203.0.113.7")
    said(cartwatch("rules", "lift", shop, "1", "--reason", "the office"))
    said(cartwatch("store", "set", shop, "--review-capacity", "50"))
    said(cartwatch("rules", "export", shop))
    table = said(cartwatch("rules", "audit", shop))
    assert [cells(table, line)[1:] for line in range(1, 5)] == [
        ["command line", "Lists exported", "Rules: 0"],
        ["command line", "Settings changed", "Reviews a day: 20 → 50"],
        ["command line", "Rule lifted", "ip 203.0.113.7", "the office", "Restricted until lifted → ended"],
        ["command line", "Rule added", "ip 203.0.113.7", "hoards", "Restricted until lifted"],
    ]
    only = said(cartwatch("rules", "audit", shop, "--action", "lifted"))
    assert len(only.splitlines()) == 2
    assert len(said(cartwatch("rules", "audit", shop, "--limit", "1")).splitlines()) == 2
    changed(tmp_path, "UPDATE audit SET value = NULL, reason = NULL, before = NULL, after = NULL WHERE rule_id = 1")
    assert cells(said(cartwatch("rules", "audit", shop)), 4)[2:] == ["Rule added", "ip", "no longer kept"]
    lines = audited(tmp_path)
    assert (lines[0].action, lines[-1].target) == (RuleAction.EXPORTED, Target.IP)
