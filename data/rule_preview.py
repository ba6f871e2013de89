"""What a rule would hit, before it is made: active sessions with what they hold, and shoppers who have bought.

Counted by indexes and never farther than a fixed number of rows, so it takes the same time however large the store is.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest
from sqlite3 import Connection
from typing import Any

from data import rule_values, rules
from data.columns import milliseconds
from data.database import Database
from data.levels import Decision
from data.rule_reach import DECIDED, FREE, MANY, Reach, reach
from data.rule_records import Preview
from data.rule_targets import Target
from data.rule_values import RuleProblem, RuleValue
from data.session_ids import first_id

DAYS = 30
"""Days of purchases that are looked at; for a rule about addresses no more than those are kept in full for."""

_READ = "s.id, s.cart_token, s.currency, s.value, s.item_count, s.status, s.decision"
_EXAMPLES = 5
_BUCKET = 44  # bits of an id that the counting table leaves out, see the first migration
_NEWER_THAN_ALL = 2**63 - 1  # the number of a rule that is not made yet

# In the index alone.
_ACTIVE = """
    SELECT count(*) FROM (SELECT 1 FROM session WHERE store_id = :store AND status = 'active' LIMIT :many)
"""


@dataclass(frozen=True, slots=True)
class _Held:
    """The active sessions, as far as they were counted."""

    sessions: int
    more: bool
    values: tuple[tuple[str, int], ...]
    units: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Bought:
    """The purchases, as far as they were counted."""

    converted: int
    purchases: int
    more: bool
    days: int


async def preview(
    db: Database, store_id: int, target: Target, value: str, decision: Decision, now: datetime
) -> Preview:
    """What a rule would hit if it were made now. Raises RuleProblem for what cannot be one."""
    about = rule_values.read(target, value)
    held, bought = await db.ask(lambda connection: _look(connection, store_id, about, decision, now))
    return Preview(
        target=about.target,
        value=about.value,
        sessions=held.sessions,
        more=held.more,
        values=held.values,
        units=held.units,
        examples=held.examples,
        converted=bought.converted,
        purchases=bought.purchases,
        purchases_more=bought.more,
        days=bought.days,
        replaces=await rules.about(db, store_id, about.target, about.value),
    )


def _look(
    connection: Connection, store_id: int, about: RuleValue, decision: Decision, now: datetime
) -> tuple[_Held, _Bought]:
    store = connection.execute("SELECT ip_days FROM store WHERE id = ?", (store_id,)).fetchone()
    if store is None:
        raise RuleProblem("There is no such store.")
    reached = reach(store_id, about, ip_days=store[0], now=now)
    if about.target is Target.SESSION:
        held = _held(connection, reached, f"session AS s {DECIDED} WHERE s.store_id = :store", about, decision, now)
        if not held.sessions:
            raise RuleProblem("There is no such session in this store.", "value")
        return held, _Bought(0, 0, more=False, days=0)
    many = connection.execute(reached.counted, reached.values).fetchone()[0] >= MANY
    # Where an IP or a network has too many, the latest of all are looked at.
    source = (
        f"({_latest('active')}) AS s {DECIDED} WHERE true"
        if many
        else f"session AS s {reached.by} {DECIDED} WHERE s.store_id = :store AND s.status = 'active'"
    )
    days = min(DAYS, store[0]) if "whole" in reached.values else DAYS
    return (
        _held(connection, reached, source, about, decision, now),
        _bought(connection, reached, first_id(now - timedelta(days=days)), days, many=many),
    )


def _held(
    connection: Connection, reached: Reach, source: str, about: RuleValue, decision: Decision, now: datetime
) -> _Held:
    statement = f"""
        SELECT {_READ} FROM {source} AND {reached.condition} AND {FREE} LIMIT {MANY}
    """  # noqa: S608  # words of ours; all from outside is bound
    values: dict[str, Any] = dict(reached.values)
    values |= {"rank": about.rank, "rule": _NEWER_THAN_ALL, "now": milliseconds(now), "since": 0, "many": MANY}
    rows = connection.execute(statement, values).fetchall()
    worth: Counter[str] = Counter()
    units = 0
    for _, _, currency, value, items, status, decided in rows:
        worth[currency] += value
        if decision is Decision.RESTRICTED and decided != Decision.RESTRICTED and status == "active":
            units += items
    looked_at = connection.execute(_ACTIVE, values).fetchone()[0] if source.startswith("(") else 0
    return _Held(
        sessions=len(rows),
        more=MANY in (len(rows), looked_at),
        values=tuple(sorted(worth.items())),
        units=units,
        examples=tuple(row[1] for row in nlargest(_EXAMPLES, rows)),
    )


def _bought(connection: Connection, reached: Reach, since: int, days: int, *, many: bool) -> _Bought:
    values: dict[str, Any] = dict(reached.values) | {"since": since, "bucket": since >> _BUCKET}
    values["edge"] = ((since >> _BUCKET) + 1) << _BUCKET
    if many:
        statement = f"SELECT count(*), coalesce(sum({reached.condition}), 0) FROM ({_latest('converted')}) AS s"  # noqa: S608  # the same
        looked_at, hit = connection.execute(statement, values).fetchone()
        return _Bought(hit, looked_at, more=looked_at == MANY, days=days)
    statement = f"""
        SELECT count(*) FROM session AS s {reached.by}
        WHERE s.store_id = :store AND s.status = 'converted' AND s.id >= :since AND {reached.condition}
    """  # noqa: S608  # the same
    hit = connection.execute(statement, values).fetchone()[0]
    # All of them are counted already, but for those of the hours in which the time begins.
    purchases = connection.execute(
        """
        SELECT coalesce((
            SELECT sum(n) FROM session_rank
            WHERE store_id = :store AND status = 'converted' AND bucket > :bucket
        ), 0) + (
            SELECT count(*) FROM session
            WHERE store_id = :store AND status = 'converted' AND id >= :since AND id < :edge
        )
        """,
        values,
    ).fetchone()[0]
    return _Bought(hit, purchases, more=False, days=days)


def _latest(status: str) -> str:
    """The latest sessions of a status since ``:since``, no more of them than may be looked at."""
    return f"""
        SELECT {_READ}, s.ip, s.device_id, s.rule_id FROM session AS s INDEXED BY session_by_status
        WHERE s.store_id = :store AND s.status = '{status}' AND s.id >= :since ORDER BY s.id DESC LIMIT {MANY}
    """  # noqa: S608  # the same
