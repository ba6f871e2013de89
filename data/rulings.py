"""What rules make of sessions: decides those that a rule reaches, again whenever a rule begins or ends.

A session has a decision exactly where a rule has decided it (``session.rule_id``); its level follows.
"""

import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, text, update
from sqlmodel.ext.asyncio.session import AsyncSession

from data import notices
from data.audit import MERCHANT
from data.columns import in_chunks, milliseconds
from data.events import TimelineKind
from data.levels import Decision, effective
from data.models import METADATA
from data.notices import LevelChange
from data.risk_models import RULE, SESSION_RISK
from data.rule_book import RuleBook, Ruling, Seen

_STORE: Any = METADATA.tables["store"]
_SESSION: Any = METADATA.tables["session"]
_EVENT: Any = METADATA.tables["event"]

_Known = Row[*tuple[Any, ...]]
_KNOWN = [
    _SESSION.c[name]
    for name in [
        *("id", "cart_token", "ip", "device_id", "started_at", "ended_at"),
        *("decision", "rule_id", "former_rule_id", "assessed_level", "risk_level"),
    ]
]
_SCORE = select(SESSION_RISK.c.score).where(SESSION_RISK.c.session_id == _SESSION.c.id).scalar_subquery()
_DECIDE = (
    update(_SESSION)
    .where(_SESSION.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("decision", "rule_id", "former_rule_id", "risk_level")})
    # Of a session that was to be checked without its score: who has decided may see it.
    .values(risk_score=func.coalesce(_SESSION.c.risk_score, _SCORE))
)
_IN_FORCE = select(*(RULE.c[name] for name in Ruling.__dataclass_fields__))
# Rules are never put back in force and numbers never given twice, so that the same count and the same last number mean
# the same rules.
_EDITION = text("SELECT count(*), max(id) FROM rule WHERE store_id = :store AND ended_at IS NULL")
_BOOKS = "rule_books"


async def book(session: AsyncSession, store_id: int) -> RuleBook:
    """The store's rules in force, as they are in this transaction."""
    query = _IN_FORCE.where(RULE.c.store_id == store_id, RULE.c.ended_at.is_(None))
    return RuleBook(Ruling(*row) for row in await (await session.connection()).execute(query))


async def decide_new(session: AsyncSession, store_id: int, seen: Collection[Seen], now: datetime) -> int:
    """Decide sessions that are new, or whose IP or device is, by the rules in force; how many changed.

    In the write transaction that begins them, so that no rule can be missed: one that is made meanwhile waits, and
    finds them. Costs one look where the store has no rules.
    """
    if not seen:
        return 0
    rules = await _known_book(session, store_id)
    if not rules:
        return 0
    reached = [one.session_id for one in seen if rules.deciding(one, now) is not None]
    return await decide(session, store_id, reached, rules, now)


async def decide(
    session: AsyncSession, store_id: int, ids: Iterable[int], rules: RuleBook, now: datetime, *, because: str = ""
) -> int:
    """Decide sessions by the rules that speak of them; how many changed. The caller moves the store's revision.

    Each change is told in the session's timeline and to the shop, with the reason of the rule that decides now; where
    none does any more, with ``because``.
    """
    connection = await session.connection()
    changed: list[tuple[_Known, Ruling | None]] = []
    for some in in_chunks(ids):
        query = select(*_KNOWN, _STORE.c.ip_days).join(_STORE, _STORE.c.id == _SESSION.c.store_id)
        for one in await connection.execute(query.where(_SESSION.c.store_id == store_id, _SESSION.c.id.in_(some))):
            ruling = rules.deciding(_seen(one, now), now)
            if (one.decision, one.rule_id) != (_decision(ruling), ruling and ruling.id):
                changed.append((one, ruling))
    if not changed:
        return 0
    await connection.execute(_DECIDE, [_row(one, ruling) for one, ruling in changed])
    told = [(one, ruling) for one, ruling in changed if one.decision is not _decision(ruling)]
    if told:
        await connection.execute(insert(_EVENT), [_entry(store_id, one, ruling, because, now) for one, ruling in told])
        await notices.write(session, store_id, [_change(one, ruling, because) for one, ruling in told], now)
    return len(changed)


async def hand_over(session: AsyncSession, rule: int, to: int) -> None:
    """Let a rule that comes back under another number speak again of all that it had decided before.

    Of those, too, that it would not find any more, as they have changed the network. They are still to be settled, but
    for those that were not yet when it ended: they stay as they are.
    """
    connection = await session.connection()
    for column in (_SESSION.c.former_rule_id, _SESSION.c.rule_id):
        await connection.execute(update(_SESSION).where(column == rule).values({column: to}))


async def _known_book(session: AsyncSession, store_id: int) -> RuleBook:
    """The store's rules in force, read again only when they have changed: ten thousand take too long for each event.

    Kept with the one connection that writes. Only for transactions that change no rule: what a transaction that fails
    has seen is not to be remembered.
    """
    connection = await session.connection()
    edition = tuple((await connection.execute(_EDITION, {"store": store_id})).one())
    books: dict[int, tuple[tuple[int, ...], RuleBook]] = connection.info.setdefault(_BOOKS, {})
    known, found = books.get(store_id, ((), None))
    if not edition[0]:
        books.pop(store_id, None)
        return RuleBook(())
    if found is None or known != edition:
        found = await book(session, store_id)
        books[store_id] = edition, found
    return found


def _decision(ruling: Ruling | None) -> Decision | None:
    return None if ruling is None else ruling.decision


def _seen(one: _Known, now: datetime) -> Seen:
    return Seen(
        one.id,
        one.cart_token,
        one.ip,
        one.device_id,
        one.ended_at,
        whole=one.started_at >= now - timedelta(days=one.ip_days),
        rule_id=one.rule_id,
        former_rule_id=one.former_rule_id,
    )


def _row(one: _Known, ruling: Ruling | None) -> dict[str, Any]:
    decision = _decision(ruling)
    level = effective(one.assessed_level, decision)
    return {
        "of": one.id,
        "decision": decision,
        "rule_id": ruling and ruling.id,
        "former_rule_id": one.rule_id,
        "risk_level": level,
    }


def _entry(store_id: int, one: _Known, ruling: Ruling | None, because: str, now: datetime) -> dict[str, Any]:
    decision = _decision(ruling)
    changes = {
        "decision_before": one.decision,
        "decision": decision,
        "level_before": one.risk_level,
        "level": effective(one.assessed_level, decision),
        "reason": ruling.reason if ruling else because,
        "target": ruling and ruling.target,
        "until": milliseconds(ruling.until) if ruling and ruling.until else None,
    }
    return {
        "store_id": store_id,
        "session_id": one.id,
        "kind": TimelineKind.RESTRICTED if decision is Decision.RESTRICTED else TimelineKind.CLEARED,
        "occurred_at": now,
        "received_at": now,
        "source": MERCHANT,
        "applied": True,
        "changes": json.dumps(changes, ensure_ascii=False),
    }


def _change(one: _Known, ruling: Ruling | None, because: str) -> LevelChange:
    decision = _decision(ruling)
    return LevelChange(
        session_id=one.id,
        cart_token=one.cart_token,
        level_before=one.risk_level,
        level=effective(one.assessed_level, decision),
        decision=decision,
        reason=ruling.reason if ruling else because,
        rule_id=ruling.id if ruling else one.rule_id,
        until=ruling.until if ruling else None,
    )
