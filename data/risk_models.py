"""The tables of security: what is known of each session's risk, rules and their audit, notices, labels, models."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Float, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from data.columns import Moment, SessionId, named
from data.levels import Decision
from data.rule_targets import RuleAction, Target


class LabelSource(StrEnum):
    """Who said whether a session was good or bad."""

    DECISION = "decision"
    DISPUTE = "dispute"
    ORDER_RISK = "order_risk"
    FILE = "file"


class ModelState(StrEnum):
    """What a learned model is used for."""

    SHADOW = "shadow"
    ACTIVE = "active"
    RETIRED = "retired"


class SessionRisk(SQLModel, table=True):
    """What the risk of a session was judged by, last: one row for each session that was scored.

    ``readings`` are the values of the signals (JSON, in the order of ``data.risk.readings.READINGS``) and ``memory``
    what is needed to go on with them (JSON; None once its shopper was erased or its addresses shortened).
    ``review_at`` and ``monitored_at`` are the log-odds from which a session was in review or monitored at that moment.
    ``sampled`` is the probability with which it was drawn for the random check, None for one that was not; the
    session's own ``risk_score`` stays empty until somebody has decided about it. ``shadow_log_odds`` is what the model
    says that is being tried. ``taken_back`` are the expiries that Cartwatch had concluded and that turned out wrong
    (JSON: the numbers that their lines had, milliseconds, log-odds), since what was scored meanwhile knew of them.
    """

    __tablename__ = "session_risk"
    __table_args__ = (
        Index("session_risk_of_store", "store_id", "session_id"),
        Index("session_sampled", "store_id", "session_id", sqlite_where=text("sampled IS NOT NULL")),
        Index("session_taken_back", "store_id", "session_id", sqlite_where=text("taken_back IS NOT NULL")),
    )

    session_id: int = Field(
        primary_key=True, foreign_key="session.id", sa_type=SessionId, sa_column_kwargs={"autoincrement": False}
    )
    store_id: int = Field(foreign_key="store.id")
    assessed_at: datetime = Field(sa_type=Moment)
    model_version: str = Field(max_length=50)
    log_odds: float = Field(sa_type=Float)
    score: int
    review_at: float | None = Field(default=None, sa_type=Float)
    monitored_at: float | None = Field(default=None, sa_type=Float)
    sampled: float | None = Field(default=None, sa_type=Float)
    shadow_log_odds: float | None = Field(default=None, sa_type=Float)
    readings: str = Field(sa_type=Text)
    memory: str | None = Field(default=None, sa_type=Text)
    taken_back: str | None = Field(default=None, sa_type=Text)


class Rule(SQLModel, table=True):
    """A merchant's decision about a session, an IP, a network or a device, in force until ``until`` or ``ended_at``.

    ``value`` is the cart token, the address, the network as CIDR, or the device id; ``low`` and ``high`` are the first
    and last address of an IP or network, 16 bytes each. An ``id`` is never used again.

    Where several speak of one session, that of the lowest ``rank`` counts (see ``data.rule_values``). ``ending`` and
    ``end_reason`` are how and why it ended, ``replaces`` is the rule about the same value that it ended. ``pending``:
    not all of its sessions are decided again since it began or ended.
    """

    __tablename__ = "rule"
    __table_args__ = (
        Index("rule_in_force", "store_id", "id", sqlite_where=text("ended_at IS NULL")),
        Index("rule_by_value", "store_id", "value"),
        Index("rule_ended", "store_id", "ended_at", sqlite_where=text("ended_at IS NOT NULL")),
        Index("rule_of_value", "store_id", "target", "value", unique=True, sqlite_where=text("ended_at IS NULL")),
        Index("rule_pending", "id", sqlite_where=text("pending = 1")),
        Index("rule_to_lapse", "until", sqlite_where=text("ended_at IS NULL AND until IS NOT NULL")),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    decision: Decision = Field(sa_type=named(Decision))
    target: Target = Field(sa_type=named(Target))
    value: str = Field(max_length=255)
    low: bytes | None = Field(default=None, sa_type=LargeBinary)
    high: bytes | None = Field(default=None, sa_type=LargeBinary)
    rank: int
    reason: str = Field(max_length=500)
    actor: str = Field(max_length=100)
    created_at: datetime = Field(sa_type=Moment)
    until: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    ending: RuleAction | None = Field(default=None, sa_type=named(RuleAction))
    end_reason: str | None = Field(default=None, max_length=500)
    replaces: int | None = None
    pending: bool = Field(default=False, sa_column_kwargs={"server_default": text("0")})


class Audit(SQLModel, table=True):
    """Who did what, to whom, why, and what was so before and after (JSON). The database refuses to change a line.

    All that may happen to one is that ``value``, ``reason``, ``before`` and ``after`` are emptied, when a shopper's
    data are erased.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_of_store", "store_id", "id"),
        Index("audit_of_value", "store_id", "value", sqlite_where=text("value IS NOT NULL")),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    at: datetime = Field(sa_type=Moment)
    actor: str = Field(max_length=100)
    action: str = Field(max_length=30)
    target: str | None = Field(default=None, max_length=20)
    value: str | None = Field(default=None, max_length=255)
    reason: str | None = Field(default=None, max_length=500)
    rule_id: int | None = None
    before: str | None = Field(default=None, sa_type=Text)
    after: str | None = Field(default=None, sa_type=Text)


class NoticeAddress(SQLModel, table=True):
    """Where a store's notices go, what they are signed with, and how the last one went."""

    __tablename__ = "notice_address"

    store_id: int = Field(foreign_key="store.id", primary_key=True)
    url: str = Field(max_length=1000)
    secret: str = Field(max_length=255)
    created_at: datetime = Field(sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
    failed_at: datetime | None = Field(default=None, sa_type=Moment)
    problem: str | None = Field(default=None, max_length=500)


class Notice(SQLModel, table=True):
    """Something the shop is to be told, written with what it tells of, and deleted once it was taken. ``body`` is JSON.

    ``session_id`` is set where it tells of one session.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_due", "due_at"),
        Index("notice_of_session", "session_id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    session_id: int | None = Field(default=None, foreign_key="session.id", sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Moment)
    due_at: datetime = Field(sa_type=Moment)
    attempts: int = 0
    body: str = Field(sa_type=Text)


class RiskLabel(SQLModel, table=True):
    """Whether a session was bad, by whom; the last word of each source counts.

    ``probability`` is the one with which the session came to be looked at: 1 for the top of the review queue and for
    chargebacks, that of the draw for a random check.
    """

    __tablename__ = "risk_label"
    __table_args__ = (
        UniqueConstraint("session_id", "source"),
        Index("risk_label_of_store", "store_id", "session_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    session_id: int = Field(foreign_key="session.id", sa_type=BigInteger)
    source: LabelSource = Field(sa_type=named(LabelSource))
    bad: bool
    probability: float = Field(default=1.0, sa_type=Float)
    labelled_at: datetime = Field(sa_type=Moment)


class RiskModel(SQLModel, table=True):
    """A model that was learned for a store: its table (``document``, JSON) and the report of how it did."""

    __tablename__ = "risk_model"
    __table_args__ = (
        UniqueConstraint("store_id", "version"),
        Index("risk_model_active", "store_id", unique=True, sqlite_where=text("state = 'active'")),
        Index("risk_model_shadow", "store_id", unique=True, sqlite_where=text("state = 'shadow'")),
    )

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    version: str = Field(max_length=50)
    state: ModelState = Field(sa_type=named(ModelState))
    created_at: datetime = Field(sa_type=Moment)
    document: str = Field(sa_type=Text)
    report: str = Field(sa_type=Text)


SESSION_RISK: Any = SessionRisk.__table__  # type: ignore[attr-defined]  # SQLModel adds it when the class is made
RULE: Any = Rule.__table__  # type: ignore[attr-defined]  # the same
AUDIT: Any = Audit.__table__  # type: ignore[attr-defined]  # the same
NOTICE: Any = Notice.__table__  # type: ignore[attr-defined]  # the same
RISK_LABEL: Any = RiskLabel.__table__  # type: ignore[attr-defined]  # the same
RISK_MODEL: Any = RiskModel.__table__  # type: ignore[attr-defined]  # the same
