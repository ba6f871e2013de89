"""Allow and block lists as CSV files: ``decision,target,value,until,reason``, out and in again.

What is written is safe to open in a spreadsheet: a cell that one would take for a formula begins with an apostrophe
(https://owasp.org/www-community/attacks/CSV_Injection), which is taken off again when the file is read. A row that
cannot be read is told with its line and costs nothing but itself.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from data import audit, rule_rows, rule_values, rules, settling, stores
from data.audit import MERCHANT, AuditLine
from data.csv_lines import CsvProblem, csv_lines, text_of
from data.database import Database
from data.levels import Decision
from data.risk_models import RULE
from data.rule_records import ImportedRules, RejectedRule, RuleRecord
from data.rule_rows import COLUMNS, IN_FORCE, Wanted
from data.rule_targets import RuleAction, Target
from data.rule_values import RuleProblem

FIELDS = ("decision", "target", "value", "until", "reason")
"""The columns, in the order in which they are written; a file may have them in any."""

MOST_ROWS = 10_000
LARGEST = 5 * 1000 * 1000
"""Bytes of a file."""

BATCH = 100
"""Rules made in one transaction: other writers wait no longer than that takes."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_APOSTROPHE = "'"


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: dict[str, str]
    too_long: bool


async def write(db: Database, store_id: int, *, now: datetime, actor: str = MERCHANT) -> bytes:
    """All rules in force as a CSV file in UTF-8, the oldest first; the audit tells of it. Raises Busy."""
    query = select(*COLUMNS).where(RULE.c.store_id == store_id, IN_FORCE).order_by(RULE.c.id)
    async with db.writing() as session:
        found = [RuleRecord(*row) for row in await (await session.connection()).execute(query)]
        line = AuditLine(now, actor, RuleAction.EXPORTED, after={"rules": len(found)})
        await audit.write(session, store_id, line)
        await stores.touched(session, store_id)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(FIELDS)
    for rule in found:
        until = _written(rule.until) if rule.until else ""
        writer.writerow(map(safe, (rule.decision.value, rule.target.value, rule.value, until, rule.reason)))
    return text.getvalue().encode()


async def read(db: Database, store_id: int, content: bytes, *, now: datetime, actor: str = MERCHANT) -> ImportedRules:
    """Make the rules of a file; what is in force already in the same words is left alone, so twice is as good as once.

    A row about a value that has another rule replaces that one. Raises CsvProblem when the file cannot be read at
    all, Busy; what was made until then stays so, and the same file can be imported again.
    """
    wanted, rejected = _all_wanted(_rows(content), now, actor)
    made = same = 0
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        async with db.writing() as session:
            newest = await rule_rows.newest_id(session)
            answers = await rules.put(session, store_id, [one for _, one in batch], now, action=RuleAction.IMPORTED)
            ids = []
            for (line, _), answer in zip(batch, answers, strict=True):
                if isinstance(answer, RuleProblem):
                    rejected.append(_rejected(line, answer))
                elif answer.id <= newest:
                    same += 1
                else:
                    made += 1
                    ids += rules.of(answer)
            if ids:
                await settling.settle_some(session, ids, now)
                await stores.touched(session, store_id)
        await settling.go_on(db, now)
    return ImportedRules(made, same, tuple(sorted(rejected, key=lambda one: one.line)))


def _all_wanted(rows: Iterable[_Row], now: datetime, actor: str) -> tuple[list[tuple[int, Wanted]], list[RejectedRule]]:
    """What the rows ask for, with their lines, and those that cannot be read. All are read before anything is made."""
    wanted: dict[tuple[Target, str], tuple[int, Wanted]] = {}
    rejected = []
    for row in rows:
        try:
            one = _wanted(row, now, actor)
            # Else one would replace the other, each time that the file is imported.
            first = wanted.setdefault((one.about.target, one.about.value), (row.line, one))
            if first[0] != row.line:
                raise RuleProblem(f"Line {first[0]} is about the same.", "value")
        except RuleProblem as problem:
            rejected.append(_rejected(row.line, problem))
    return list(wanted.values()), rejected


def _rejected(line: int, problem: RuleProblem) -> RejectedRule:
    return RejectedRule(line, problem.field, str(problem))


def _rows(content: bytes) -> Iterator[_Row]:
    lines = csv_lines(text_of(content, LARGEST), MOST_ROWS)
    first = next(lines, None)
    if first is None:
        raise CsvProblem("The file is empty.")
    names = [name.strip().casefold() for name in first[1]]
    if len(set(names)) < len(names):
        raise CsvProblem("The first line names a column twice.")
    missing = [name for name in ("decision", "target", "value", "reason") if name not in names]
    if missing:
        raise CsvProblem(f"The first line must name the columns {', '.join(FIELDS)}; {missing[0]} is missing.")
    for line, cells in lines:
        yield _Row(line, dict(zip(names, map(plain, cells), strict=False)), too_long=len(cells) > len(names))


def _wanted(row: _Row, now: datetime, actor: str) -> Wanted:
    cells = row.cells
    if row.too_long:
        raise RuleProblem("The row has more cells than the first line. Put a cell with commas into quotes.")
    target = _target(cells.get("target", ""))
    try:
        decision = Decision(cells.get("decision", "").strip().casefold())
    except ValueError:
        raise RuleProblem("The decision must be restricted or cleared.", "decision") from None
    return Wanted(
        about=rule_values.read(target, cells.get("value", "")),
        decision=decision,
        reason=rule_values.reason(cells.get("reason", "")),
        until=rule_values.until(_moment(cells.get("until", "")), now),
        actor=actor,
    )


def _target(text: str) -> Target:
    try:
        return Target(text.strip().casefold())
    except ValueError:
        raise RuleProblem("The target must be session, device, ip or network.", "target") from None


def _moment(text: str) -> datetime | None:
    """A moment of RFC 3339; None for an empty cell."""
    if not text.strip():
        return None
    try:
        moment: datetime | None = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RuleProblem("The end must be a date and time with an offset, as in 2026-12-31T18:00:00Z.", "until")
    return moment


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def safe(cell: str) -> str:
    """A cell as it is written: with an apostrophe before what could be a formula, or begins with one itself."""
    return _APOSTROPHE + cell if cell.startswith((*_FORMULA, _APOSTROPHE)) else cell


def plain(cell: str) -> str:
    """A cell as it is meant: without the apostrophe of ``safe``."""
    return cell[1:] if cell.startswith(_APOSTROPHE) and cell[1:].startswith((*_FORMULA, _APOSTROPHE)) else cell
