"""What the ``rules`` commands print: rules, what became of a file, the audit."""

from collections.abc import Iterator, Mapping, Sequence

from data import rule_counts
from data.levels import Decision
from data.rule_records import AuditRecord, ImportedRules, RuleRecord
from data.rule_targets import Target
from pages.store_report import moment, plain, print_table
from ui.audit_words import change_words, changes, emptied
from ui.language import Language
from ui.rule_words import action_words, ending_words

_SHOWN = 100  # rejected lines that are told one by one
_WORDS = {Decision.RESTRICTED: "restricted", Decision.CLEARED: "cleared"}


def rules_table(rules: Sequence[RuleRecord], sessions: Mapping[int, int]) -> None:
    """Rules with how many active sessions each decides; ended ones with how and why they ended."""
    ended = any(rule.ended_at for rule in rules)
    headings = ["Number", "Decision", "Target", "Value", "Since", "Until", "By", "Reason"]
    rows = [_cells(rule, sessions) for rule in rules]
    print_table([*headings, "Ended" if ended else "Active sessions"], rows, numbers=[0] if ended else [0, 8])


def _cells(rule: RuleRecord, sessions: Mapping[int, int]) -> tuple[str, ...]:
    last = f"{sessions.get(rule.id, 0):,}{'+' if sessions.get(rule.id, 0) >= rule_counts.MOST else ''}"
    if rule.ended_at is not None:
        ending = ending_words(rule, Language.choose("en", None))
        last = f"{ending} {moment(rule.ended_at)}: {rule.end_reason or ''}"
    return (
        str(rule.id),
        _WORDS[rule.decision],
        rule.target.value,
        rule.value,
        moment(rule.created_at),
        moment(rule.until) if rule.until else "lifted",
        rule.actor,
        rule.reason,
        last,
    )


def made(rule: RuleRecord, decided: int) -> str:
    """What a new rule does."""
    does = "restricts" if rule.decision is Decision.RESTRICTED else "clears"
    until = f"until {moment(rule.until)}" if rule.until else "until lifted"
    about = f"{rule.target.value} {plain(rule.value)}"
    if rule.target is Target.SESSION:
        return f"Rule {rule.id} {does} {about} {until}."
    sessions = f"{decided:,} active session{'' if decided == 1 else 's'}"
    more = " or more" if decided >= rule_counts.MOST else ""
    return f"Rule {rule.id} {does} {about} {until}: {sessions}{more} now, and later ones as they begin."


def imported(done: ImportedRules) -> str:
    """``3 rules added, 1 was there already, 2 lines rejected.``"""
    said = [f"{done.made:,} rule{'' if done.made == 1 else 's'} added"]
    if done.same:
        said.append(f"{done.same:,} {'was' if done.same == 1 else 'were'} there already")
    if done.rejected:
        said.append(f"{len(done.rejected):,} line{'' if len(done.rejected) == 1 else 's'} rejected")
    return ", ".join(said) + "."


def rejected(done: ImportedRules) -> Iterator[str]:
    """Why lines were rejected, one by one."""
    for one in done.rejected[:_SHOWN]:
        where = f"Line {one.line:,}, {one.field}" if one.field else f"Line {one.line:,}"
        yield f"{where}: {plain(one.message)}"
    if len(done.rejected) > _SHOWN:
        yield f"{len(done.rejected) - _SHOWN:,} more lines were rejected."


def audit_table(lines: Sequence[AuditRecord]) -> None:
    """Lines of the audit."""
    language = Language.choose("en", None)
    rows = []
    for line in lines:
        about = f"{line.target.value} {line.value or ''}" if line.target else ""
        reason = "no longer kept" if emptied(line) else line.reason or ""
        changed = "; ".join(change_words(change) for change in changes(line, language))
        rows.append((moment(line.at), line.actor, action_words(line.action, language), about, reason, changed))
    print_table(("When", "By", "What was done", "About", "Reason", "Before and after"), rows)
