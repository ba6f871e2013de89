"""Rules: a merchant's decisions about sessions, IPs, networks and devices, made, lifted and undone.

The block list is the rules that restrict, the allow list those that clear. What a rule does to sessions is settled with
it (``data.settling``), and everything is in the audit.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import audit, rule_rows, rule_values, rulings, settling, stores
from data.audit import MERCHANT, AuditLine
from data.database import Database
from data.levels import Decision
from data.models import METADATA
from data.risk_models import RULE
from data.rule_records import RuleList, RuleRecord, Standing
from data.rule_rows import COLUMNS, IN_FORCE, Wanted
from data.rule_targets import RuleAction, Target
from data.rule_values import Changed, RuleProblem

MOST_RULES = 10_000
"""Rules of a store that may be in force at a time."""

MOST_SHOWN = 1_000
"""Rules on one page of a list."""

UNDOABLE = timedelta(days=1)
"""How long something can be undone; full addresses are kept for longer."""

_SESSION: Any = METADATA.tables["session"]


async def add(
    db: Database,
    store_id: int,
    target: Target,
    value: str,
    decision: Decision,
    *,
    reason: str,
    until: datetime | None,
    now: datetime,
    actor: str = MERCHANT,
    expected: Standing | None = None,
) -> RuleRecord:
    """Make a rule and decide the sessions that it reaches: the active ones, and a session's own whatever its status.

    Another one about the same value is ended by it; the same one again changes nothing. ``expected`` is what was seen
    to stand about the value before; where it is something else by now, nothing is done. Raises RuleProblem for that
    (Changed), for what cannot be a rule and for a session that there is not; Busy when nothing was stored.
    """
    wanted = Wanted(
        rule_values.read(target, value), decision, rule_values.reason(reason), rule_values.until(until, now), actor
    )
    async with db.writing() as session:
        if expected is not None:
            found = await rule_rows.in_force(session, store_id, [wanted.about.value])
            if found.get((wanted.about.target, wanted.about.value)) != expected.rule:
                raise Changed
        [made] = await put(session, store_id, [wanted], now)
        if isinstance(made, RuleProblem):
            raise made
        await settling.settle_some(session, of(made), now)
        await stores.touched(session, store_id)
    await settling.go_on(db, now)
    return made


async def put(
    session: AsyncSession,
    store_id: int,
    wanted: Sequence[Wanted],
    now: datetime,
    *,
    action: RuleAction = RuleAction.ADDED,
) -> list[RuleRecord | RuleProblem]:
    """Make rules, each about something else, in the caller's transaction: for each the rule, or why there is none.

    What is in force already in the same words is left as it is. The caller settles what was made (``of``) and moves the
    store's revision.
    """
    sessions = [one.about.value for one in wanted if one.about.target is Target.SESSION]
    there = await rule_rows.existing(session, store_id, sessions)
    known = await rule_rows.in_force(session, store_id, [one.about.value for one in wanted])
    room = MOST_RULES - await rule_rows.count(session, store_id)
    answers: list[RuleRecord | RuleProblem | None] = []
    new: list[tuple[Wanted, RuleRecord | None]] = []
    for one in wanted:
        former = known.get((one.about.target, one.about.value))
        if one.about.target is Target.SESSION and one.about.value not in there:
            answers.append(RuleProblem("There is no such session in this store.", "value"))
        elif former is not None and (former.decision, former.reason, former.until) == (
            one.decision,
            one.reason,
            one.until,
        ):
            answers.append(former)
        elif former is None and room <= 0:
            answers.append(RuleProblem(f"A store can have {MOST_RULES:,} rules in force. Lift some of them first."))
        else:
            if former is None:
                room -= 1
            else:
                # First: of a value there is never more than one in force.
                await rule_rows.end(session, store_id, former, RuleAction.REPLACED, one.reason, one.actor, now)
            answers.append(None)
            new.append((one, former))
    made = iter(await rule_rows.insert(session, store_id, new, now, action))
    return [next(made) if answer is None else answer for answer in answers]


def of(made: RuleRecord) -> list[int]:
    """What is to be settled once a rule is made: itself, and the one that it has replaced."""
    return [made.id, made.replaces] if made.replaces else [made.id]


async def lift(
    db: Database, store_id: int, rule_id: int, *, reason: str, now: datetime, actor: str = MERCHANT
) -> RuleRecord:
    """End a rule; its sessions are decided by those that remain. Raises RuleProblem when it is not in force."""
    said = rule_values.reason(reason)
    async with db.writing() as session:
        rule = await rule_rows.one(session, store_id, rule_id)
        if rule.ended_at is not None:
            raise RuleProblem("This rule has ended already.")
        ended = await rule_rows.end(session, store_id, rule, RuleAction.LIFTED, said, actor, now)
        await settling.settle_some(session, [rule_id], now)
        await stores.touched(session, store_id)
    await settling.go_on(db, now)
    return ended


async def undo(
    db: Database, store_id: int, rule_id: int, *, now: datetime, reason: str = "Undo", actor: str = MERCHANT
) -> RuleRecord | None:
    """Take back what was done last with a rule, so that what stood before stands again; the rule that does, if any.

    One in force was made by mistake: it ends, and the one that it had replaced comes back. One that was lifted comes
    back itself. What comes back has a number of its own. Raises RuleProblem when it cannot be undone any more.
    """
    said = rule_values.reason(reason)
    async with db.writing() as session:
        rule = await rule_rows.one(session, store_id, rule_id)
        if (rule.ended_at or rule.created_at) < now - UNDOABLE:
            raise RuleProblem("This cannot be undone any more.")
        if rule.ended_at is None:
            await rule_rows.end(session, store_id, rule, RuleAction.UNDONE, said, actor, now)
            former = await rule_rows.one(session, store_id, rule.replaces) if rule.replaces else None
        elif rule.ending is RuleAction.LIFTED:
            if (rule.target, rule.value) in await rule_rows.in_force(session, store_id, [rule.value]):
                raise RuleProblem("There is a newer rule about the same by now.")
            former = rule
        else:
            raise RuleProblem("This cannot be undone any more.")
        back = await _restore(session, store_id, former, said, actor, now) if former else None
        if back is None and rule.ended_at is not None:
            raise RuleProblem("The time of this rule is over.")
        await settling.settle_some(session, [rule_id] + ([back.id] if back else []), now)
        await stores.touched(session, store_id)
    await settling.go_on(db, now)
    return back


async def of_store(
    db: Database,
    store_id: int,
    *,
    ended: bool = False,
    decision: Decision | None = None,
    targets: Collection[Target] | None = None,
    part: str = "",
    limit: int = 100,
    offset: int = 0,
) -> RuleList:
    """A store's rules, the newest first: those in force or the ended ones, of one decision or both, of some targets.

    ``part`` is to be in their value or reason.
    """
    conditions = [RULE.c.store_id == store_id, RULE.c.ended_at.is_not(None) if ended else IN_FORCE]
    if decision is not None:
        conditions.append(RULE.c.decision == decision)
    if targets is not None:
        conditions.append(RULE.c.target.in_(list(targets)))
    if part:
        conditions.append(or_(*(RULE.c[name].contains(part, autoescape=True) for name in ("value", "reason"))))
    newest = RULE.c.ended_at.desc() if ended else RULE.c.id.desc()
    query = select(*COLUMNS).where(*conditions).order_by(newest, RULE.c.id.desc())
    async with db.reading() as connection:
        total = (await connection.execute(select(func.count()).select_from(RULE).where(*conditions))).scalar_one()
        rows = await connection.execute(query.limit(min(limit, MOST_SHOWN)).offset(offset))
        return RuleList(tuple(RuleRecord(*row) for row in rows), total)


async def about(db: Database, store_id: int, target: Target, value: str) -> RuleRecord | None:
    """The rule in force about a value as it is stored; None where there is none."""
    async with db.reading() as connection, AsyncSession(connection) as reader:
        return (await rule_rows.in_force(reader, store_id, [value])).get((target, value))


async def that_decided(db: Database, store_id: int, session_id: int) -> RuleRecord | None:
    """The rule that has decided a session; None where none has."""
    query = select(*COLUMNS).join(_SESSION, _SESSION.c.rule_id == RULE.c.id)
    query = query.where(_SESSION.c.id == session_id, _SESSION.c.store_id == store_id)
    async with db.reading() as connection:
        row = (await connection.execute(query)).first()
        return RuleRecord(*row) if row else None


async def _restore(
    session: AsyncSession, store_id: int, rule: RuleRecord, reason: str, actor: str, now: datetime
) -> RuleRecord | None:
    """Make an ended rule again as it was; None where its time is over or its value erased."""
    if rule.ending is RuleAction.ERASED or (rule.until is not None and rule.until <= now):
        return None
    wanted = Wanted(rule_values.read(rule.target, rule.value), rule.decision, rule.reason, rule.until, rule.actor)
    [back] = await rule_rows.insert(session, store_id, [(wanted, None)], rule.created_at, None)
    before, after = rule_rows.told(rule), rule_rows.told(back)
    line = AuditLine(now, actor, RuleAction.RESTORED, back.target, back.value, reason, back.id, before, after)
    await audit.write(session, store_id, line)
    await rulings.hand_over(session, rule.id, back.id)
    return back
