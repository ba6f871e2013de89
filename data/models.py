"""The tables. Every row belongs to exactly one store.

Those of connections and the inbox are in ``data.intake_models``, those of security in ``data.risk_models``.
Counting tables, their triggers and the search index are SQL of their own: see ``data/migrations``.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from data.columns import Moment, SessionId, named
from data.events import TimelineKind
from data.levels import Decision, RiskLevel
from data.status import Status
from data.timer import USUAL_EXTENSION, USUAL_MINUTES, USUAL_RENEWALS

USUAL_IP_DAYS = 30
"""Days after which addresses are shortened, where the merchant has not said otherwise."""

USUAL_CAPACITY = 20
"""Sessions that a merchant can look into in a day, where the merchant has not said otherwise."""


class Store(SQLModel, table=True):
    """One shop. ``revision`` moves with every write that changes what its pages show."""

    id: int | None = Field(default=None, primary_key=True)
    domain: str = Field(unique=True, max_length=255)
    name: str = Field(max_length=255)
    currency: str = Field(max_length=3)
    timer_minutes: int = USUAL_MINUTES
    max_renewals: int = USUAL_RENEWALS
    extension_minutes: int = Field(
        default=USUAL_EXTENSION, sa_column_kwargs={"server_default": text(str(USUAL_EXTENSION))}
    )
    ip_days: int = Field(default=USUAL_IP_DAYS, sa_column_kwargs={"server_default": text(str(USUAL_IP_DAYS))})
    # Sessions with ids below this have no full address any more.
    shortened_below: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    # Sessions that the merchant can look into in a day.
    review_capacity: int = Field(default=USUAL_CAPACITY, sa_column_kwargs={"server_default": text(str(USUAL_CAPACITY))})
    revision: int = Field(default=0, sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Moment)


class ApiKey(SQLModel, table=True):
    """A key of the events API. Only its SHA-256 is kept; ``hint`` is its last four characters."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id", index=True)
    digest: str = Field(unique=True, max_length=64)
    hint: str = Field(max_length=4)
    created_at: datetime = Field(sa_type=Moment)


class CartSession(SQLModel, table=True):
    """One shopper's visit with a cart. ``id`` grows with the start time, so newest first is ``id`` descending."""

    __tablename__ = "session"
    __table_args__ = (
        UniqueConstraint("store_id", "cart_token"),
        Index("session_by_status", "store_id", "status"),
        Index("session_by_risk", "store_id", "risk_level"),
        Index("session_by_status_risk", "store_id", "status", "risk_level"),
        Index("session_by_country", "store_id", "country"),
        Index("session_by_ip", "store_id", "ip"),
        # The orders of the list. With id, status and level in the index, rows that a filter leaves out and rows that a
        # deep jump passes over are never fetched from the table.
        Index("session_by_value", "store_id", "value", "id", "status", "risk_level"),
        Index("session_by_score", "store_id", "risk_score", "id", "status", "risk_level"),
        # Small, as few sessions are active. SQLite uses them only where the query says status = 'active' in so many
        # words: a bound parameter is not looked into.
        Index("session_by_left", "store_id", "expires_at", sqlite_where=text("status = 'active'")),
        Index("session_to_expire", "expires_at", sqlite_where=text("status = 'active'")),
        # Orders and checkouts name their session by these; and whoever wants their data erased, by orders.
        Index("session_by_order", "store_id", "order_id", sqlite_where=text("order_id IS NOT NULL")),
        Index("session_by_checkout", "store_id", "checkout_token", sqlite_where=text("checkout_token IS NOT NULL")),
        Index("session_by_device", "store_id", "device_id", sqlite_where=text("device_id IS NOT NULL")),
        Index("session_by_kind", "store_id", "device"),
        Index("session_by_rule", "rule_id", sqlite_where=text("rule_id IS NOT NULL")),
        Index("session_by_former_rule", "former_rule_id", sqlite_where=text("former_rule_id IS NOT NULL")),
    )

    id: int = Field(primary_key=True, sa_type=SessionId, sa_column_kwargs={"autoincrement": False})
    store_id: int = Field(foreign_key="store.id", index=True)
    cart_token: str = Field(max_length=255)
    status: Status = Field(sa_type=named(Status))
    risk_level: RiskLevel = Field(default=RiskLevel.NORMAL, sa_type=named(RiskLevel))
    risk_score: int | None = None
    assessed_level: RiskLevel = Field(default=RiskLevel.NORMAL, sa_type=named(RiskLevel))
    decision: Decision | None = Field(default=None, sa_type=named(Decision))
    rule_id: int | None = None
    former_rule_id: int | None = None
    started_at: datetime = Field(sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)
    last_activity_at: datetime = Field(sa_type=Moment)
    cart_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    end_reason: str | None = Field(default=None, max_length=255)
    currency: str = Field(max_length=3)
    value: int = Field(default=0, sa_type=BigInteger)
    item_count: int = Field(default=0, sa_type=BigInteger)
    product_count: int = 0
    cart_updates: int = 0
    renewals: int = 0
    max_renewals: int = 20
    manual_extends: int = 0
    ip: bytes | None = Field(default=None, sa_type=LargeBinary)
    country: str | None = Field(default=None, max_length=2)
    user_agent: str | None = Field(default=None, max_length=1024)
    device: str = Field(default="unknown", max_length=10)
    accept_language: str | None = Field(default=None, max_length=255)
    device_id: str | None = Field(default=None, max_length=255)
    checkout_token: str | None = Field(default=None, max_length=255)
    order_id: str | None = Field(default=None, max_length=255)


class LineItem(SQLModel, table=True):
    """One line of a session's cart as it is now; ``unit_price`` in minor units of the session's currency."""

    __tablename__ = "line_item"
    __table_args__ = (
        Index("line_by_variant", "store_id", "variant_id", "session_id", sqlite_where=text("variant_id IS NOT NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    session_id: int = Field(foreign_key="session.id", index=True, sa_type=BigInteger)
    position: int
    product_id: str | None = Field(default=None, max_length=255)
    variant_id: str | None = Field(default=None, max_length=255)
    title: str = Field(max_length=500)
    variant_title: str | None = Field(default=None, max_length=500)
    sku: str | None = Field(default=None, max_length=255)
    quantity: int = Field(sa_type=BigInteger)
    unit_price: int = Field(sa_type=BigInteger)


class TimelineEvent(SQLModel, table=True):
    """One event of a session, kept for ever, also when it changed nothing (``applied`` false, ``note`` says why).

    ``score`` (0 to 100) and ``log_odds`` are what was thought of the session after it, by ``model_version``.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("store_id", "source_id"),
        Index("event_of_session", "session_id", "occurred_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    session_id: int = Field(foreign_key="session.id", sa_type=BigInteger)
    kind: TimelineKind = Field(sa_type=named(TimelineKind))
    occurred_at: datetime = Field(sa_type=Moment)
    received_at: datetime = Field(sa_type=Moment)
    source: str = Field(max_length=20)
    source_id: str | None = Field(default=None, max_length=255)
    applied: bool = True
    changes: str | None = Field(default=None, sa_type=Text)
    note: str | None = Field(default=None, max_length=500)
    raw: str | None = Field(default=None, sa_type=Text)
    score: int | None = None
    log_odds: float | None = Field(default=None, sa_type=Float)
    model_version: str | None = Field(default=None, max_length=50)


class RiskAssessment(SQLModel, table=True):
    """A stored risk score; ``reasons`` and ``unknown`` are JSON texts. The newest one of a session is shown."""

    __tablename__ = "risk_assessment"

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    session_id: int = Field(foreign_key="session.id", index=True, sa_type=BigInteger)
    assessed_at: datetime = Field(sa_type=Moment)
    score: int
    level: RiskLevel = Field(sa_type=named(RiskLevel))
    model_version: str = Field(max_length=50)
    reasons: str = Field(sa_type=Text)
    unknown: str = Field(sa_type=Text)


METADATA: Any = SQLModel.metadata
