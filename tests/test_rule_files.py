"""Allow and block lists go out as a file and come in again: nothing lost, nothing doubled, nothing executed."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import audit, rule_files, rules
from data.csv_lines import CsvProblem
from data.database import Database
from data.levels import Decision
from data.records import StoreRecord
from data.rule_files import FIELDS, read, write
from data.rule_records import ImportedRules, RejectedRule
from data.rule_targets import RuleAction, Target
from tests.factories import TOKEN, a_store, after, event, tell, the_session

NOW = after(2)
NO_MOMENT = "The end must be a date and time with an offset, as in 2026-12-31T18:00:00Z."


def file(*rows: str, header: str = "decision,target,value,until,reason") -> bytes:
    return "\r\n".join((header, *rows)).encode()


async def stored(db: Database, store: StoreRecord) -> list[tuple[object, ...]]:
    found = await rules.of_store(db, store.id)
    return [(one.decision.value, one.target.value, one.value, one.until, one.reason) for one in reversed(found.rules)]


async def test_a_list_becomes_rules_that_decide(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(ip="203.0.113.7"), now=after(1))
    content = file(
        "restricted,ip,203.0.113.7,,hoards",
        'Cleared, NETWORK ,198.51.100.77/24,2026-03-01T15:00:00+02:00,"the office, upstairs"',
        "",
        "restricted,device,phone-1,2026-03-01T13:00:00.25Z,=odd",
        f"cleared,session,{TOKEN},,a friend",
    )
    assert await read(db, store.id, content, now=NOW, actor="Ana") == ImportedRules(4, 0, ())
    assert await stored(db, store) == [
        ("restricted", "ip", "203.0.113.7", None, "hoards"),
        ("cleared", "network", "198.51.100.0/24", after(60), "the office, upstairs"),
        ("restricted", "device", "phone-1", after(60 + 0.25 / 60), "=odd"),
        ("cleared", "session", TOKEN, None, "a friend"),
    ]
    assert (await the_session(db, store)).decision is Decision.CLEARED
    lines = await audit.of_store(db, store.id)
    assert {(line.actor, line.action) for line in lines} == {("Ana", RuleAction.IMPORTED)}
    assert len(lines) == 4


async def test_the_same_file_twice_is_as_good_as_once(db: Database, store: StoreRecord) -> None:
    content = file("restricted,ip,203.0.113.7,,hoards", "cleared,device,phone-1,2026-03-02T00:00:00Z,known")
    await read(db, store.id, content, now=NOW)
    assert await read(db, store.id, content, now=after(3)) == ImportedRules(0, 2, ())
    assert len(await audit.of_store(db, store.id)) == 2
    changed = file("cleared,ip,203.0.113.7,,hoards")
    assert await read(db, store.id, changed, now=after(4)) == ImportedRules(1, 0, ())
    assert len(await stored(db, store)) == 2


async def test_what_goes_out_comes_in_again_as_it_was(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(token="=1+1"), now=after(1))
    for target, value, reason in (
        (Target.DEVICE, "@SUM(A1)", "=HYPERLINK(1)"),
        (Target.DEVICE, "'=quoted", "'tis"),
        (Target.DEVICE, '+1,5;"x"', "-2"),
        (Target.SESSION, "=1+1", "ünïcode 日本"),
        (Target.NETWORK, "2001:db8::/32", "plain"),
    ):
        await rules.add(db, store.id, target, value, Decision.RESTRICTED, reason=reason, until=after(90.001), now=NOW)
    before = await stored(db, store)
    content = await write(db, store.id, now=after(3), actor="Ana")
    cells = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert tuple(cells[0]) == FIELDS
    assert not [cell for row in cells for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    [line] = [line for line in await audit.of_store(db, store.id) if line.action is RuleAction.EXPORTED]
    assert (line.actor, line.after) == ("Ana", {"rules": 5})
    assert await read(db, store.id, content, now=after(3)) == ImportedRules(0, 5, ())
    other = await a_store(db, "other.example")
    await tell(db, other, event(token="=1+1"), now=after(1))
    assert await read(db, other.id, content, now=after(3)) == ImportedRules(5, 0, ())
    assert await stored(db, other) == before


@given(st.text())
def test_no_cell_is_a_formula_and_each_is_read_as_it_was(cell: str) -> None:
    written = rule_files.safe(cell)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert rule_files.plain(written) == cell


async def test_ended_rules_are_not_written(db: Database, store: StoreRecord) -> None:
    made = await rules.add(db, store.id, Target.IP, "203.0.113.7", Decision.RESTRICTED, reason="r", until=None, now=NOW)
    await rules.lift(db, store.id, made.id, reason="enough", now=after(3))
    assert await write(db, store.id, now=after(4)) == b"decision,target,value,until,reason\r\n"


async def test_a_row_that_is_no_rule_is_told_and_costs_only_itself(db: Database, store: StoreRecord) -> None:
    content = file(
        "restricted,ip,203.0.113.7,,hoards",
        "blocked,ip,203.0.113.8,,x",
        "restricted,planet,203.0.113.8,,x",
        "restricted,ip,203.0.113.999,,x",
        '"restricted",network,"0.0.0.0/0",,"wide',
        'and over two lines"',
        "restricted,ip,203.0.113.8,,",
        "restricted,ip,203.0.113.8,tomorrow,x",
        "restricted,ip,203.0.113.8,2026-03-02,x",
        "restricted,ip,203.0.113.8,2026-01-01T00:00:00Z,x",
        "restricted,ip,203.0.113.8,0001-01-01T00:00:00+14:00,x",
        "restricted,session,nobody,,x",
        "restricted,ip,203.0.113.8,,one, two",
        "restricted",
        "cleared,ip,203.0.113.7,,the same",
        f"restricted,ip,203.0.113.8,,{'x' * 501}",
        "restricted,ip,203.0.113.9,,last",
    )
    found = await read(db, store.id, content, now=NOW)
    assert (found.made, found.same) == (2, 0)
    assert found.rejected == (
        RejectedRule(3, "decision", "The decision must be restricted or cleared."),
        RejectedRule(4, "target", "The target must be session, device, ip or network."),
        RejectedRule(5, "value", "'203.0.113.999' is not an IP address. Give one as in 203.0.113.7 or 2001:db8::7."),
        RejectedRule(6, "value", found.rejected[3].message),
        RejectedRule(8, "reason", "A reason is needed."),
        *(RejectedRule(n, "until", NO_MOMENT) for n in (9, 10)),
        *(RejectedRule(n, "until", "The end of a rule must be in the future.") for n in (11, 12)),
        RejectedRule(13, "value", "There is no such session in this store."),
        RejectedRule(14, None, "The row has more cells than the first line. Put a cell with commas into quotes."),
        RejectedRule(15, "target", "The target must be session, device, ip or network."),
        RejectedRule(16, "value", "Line 2 is about the same."),
        RejectedRule(17, "reason", "The reason must have at most 500 characters."),
    )
    assert "too wide" in found.rejected[3].message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (file(header="decision,target,value"), "reason is missing"),
        (file(header="decision,target,value,reason,value"), "twice"),
        (b"decision,target,value,until,reason\r\n\xff\xfe", "UTF-8"),
        ("decision,target,value,until,reason\r\n".encode("utf-16"), "UTF-8"),
        (file("x" * 200_000), "Line 2 is not CSV"),
        (b"x" * 5_000_001, "larger than 5 MB"),
        (file(*["restricted,ip,203.0.113.7,,r"] * 10_001), "more than 10,000 rows"),
    ],
)
async def test_a_file_that_cannot_be_read_makes_nothing(
    db: Database, store: StoreRecord, content: bytes, said: str
) -> None:
    with pytest.raises(CsvProblem, match=said):
        await read(db, store.id, content, now=NOW)
    assert await stored(db, store) == []
    assert await audit.of_store(db, store.id) == ()


async def test_files_of_spreadsheets_are_read_too(db: Database, store: StoreRecord) -> None:
    header = "\ufeffReason;Value;Target;Decision"
    content = file("hoards;203.0.113.7;ip;restricted", "'=x;203.0.113.8;ip;restricted", header=header)
    assert (await read(db, store.id, content, now=NOW)).made == 2
    assert [row[4] for row in await stored(db, store)] == ["hoards", "=x"]


async def test_what_does_not_fit_any_more_is_rejected(
    db: Database, store: StoreRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_RULES", 3)
    monkeypatch.setattr(rule_files, "BATCH", 2)
    found = await read(db, store.id, file(*(f"restricted,ip,203.0.113.{number},,r" for number in range(1, 6))), now=NOW)
    assert found.made == 3
    assert [(one.line, one.message[:26]) for one in found.rejected] == [
        (5, "A store can have 3 rules i"),
        (6, "A store can have 3 rules i"),
    ]
