"""What a storefront or a checkout is answered that asks whether a cart may go on. One look-up, made to be quick."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from data.columns import milliseconds, moment
from data.database import Database
from data.levels import Decision, RiskLevel, effective


class Action(StrEnum):
    """What the shop is to do with a cart."""

    ALLOW = "allow"
    REVIEW = "review"
    BLOCK = "block"

    @classmethod
    def of(cls, level: RiskLevel) -> "Action":
        """What a level amounts to."""
        if level is RiskLevel.RESTRICTED:
            return cls.BLOCK
        return cls.REVIEW if level is RiskLevel.REVIEW else cls.ALLOW


@dataclass(frozen=True, slots=True)
class Verdict:
    """What counts for a cart at one moment. ``score`` is 0 to 100; ``reason`` and ``until`` are of the ``decision``."""

    known: bool = False
    level: RiskLevel = RiskLevel.NORMAL
    score: int | None = None
    decision: Decision | None = None
    reason: str | None = None
    until: datetime | None = None
    assessed_at: datetime | None = None

    @property
    def action(self) -> Action:
        """What the shop is to do."""
        return Action.of(self.level)


_QUESTION = """
SELECT CASE WHEN session_risk.sampled IS NOT NULL AND session.risk_score IS NULL AND session.decision IS NULL
        THEN session.assessed_level ELSE session.risk_level END,
    session.assessed_level, session.risk_score, session.decision, rule.reason, rule.until, session_risk.assessed_at
FROM session
    LEFT JOIN rule ON rule.id = session.rule_id
    LEFT JOIN session_risk ON session_risk.session_id = session.id
WHERE session.store_id = ? AND session.cart_token = ?
"""


async def of_cart(db: Database, store_id: int, cart_token: str, now: datetime) -> Verdict:
    """What counts for the store's cart now; a cart that is not known may go on. Raises DatabaseProblem.

    A decision whose time is over counts no more, whether it has been taken off the session yet or not. A session that
    the merchant is to check at random, without its score, is told of by what was found: the shopper has done nothing
    for which the shop should hold it up. Its score is not told here either.
    """

    def find(connection: sqlite3.Connection) -> Verdict:
        row = connection.execute(_QUESTION, (store_id, cart_token)).fetchone()
        return Verdict() if row is None else _verdict(row, milliseconds(now.astimezone(UTC)))

    return await db.ask(find)


def _verdict(row: tuple[str, str, int | None, str | None, str | None, int | None, int | None], now: int) -> Verdict:
    level, assessed, score, decided, reason, until, assessed_at = row
    if until is not None and until <= now:
        level, decided, reason, until = effective(RiskLevel(assessed), None), None, None, None
    decision = Decision(decided) if decided else None
    return Verdict(
        known=True,
        level=RiskLevel(level),
        score=score,
        decision=decision,
        reason=reason if decision else None,
        until=moment(until) if decision else None,
        assessed_at=moment(assessed_at),
    )
