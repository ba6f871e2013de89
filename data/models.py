"""The tables. Every row belongs to exactly one store.

Moments are stored as integer milliseconds UTC: they sort, compare and serialise without conversion, in every database.
Counting tables, their triggers and the search index are SQL of their own: see ``data/migrations``.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Enum, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from data.deliveries import ConnectionKind, DeliveryState, PrivacyKind, Source
from data.events import TimelineKind
from data.levels import Decision, RiskLevel
from data.status import Status
from data.timer import USUAL_EXTENSION, USUAL_MINUTES, USUAL_RENEWALS

USUAL_IP_DAYS = 30
"""Days after which addresses are shortened, where the merchant has not said otherwise."""

FULL_IP = """
    ip IS NOT NULL AND CASE WHEN substr(ip, 1, 12) = x'00000000000000000000ffff' THEN substr(ip, 16) <> x'00'
    ELSE substr(ip, 7) <> x'00000000000000000000' END
"""
"""The addresses that are not shortened yet: to /24 for IPv4, to /48 for IPv6 (see data.addresses)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC. Refuses naive datetimes: their meaning depends on the machine."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware datetime in Python, milliseconds since 1970 UTC in the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To milliseconds."""
        return None if value is None else milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Back to an aware datetime."""
        return None if value is None else _EPOCH + timedelta(milliseconds=value)


# SQLite keeps a table in the order of its key only where the key is called INTEGER; it has 64 bits there all the same.
_SessionId = BigInteger().with_variant(Integer, "sqlite")


def _named(kind: type[StrEnum]) -> Enum:
    # By value, as text: readable in any SQL shell, and the same in SQLite and PostgreSQL.
    return Enum(kind, native_enum=False, length=20, values_callable=lambda e: [member.value for member in e])


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


class StoreConnection(SQLModel, table=True):
    """A way in that a store was given beside the events API. ``address`` is the last part of its web address.

    For Shopify ``shop`` is the domain in its headers and ``secret`` what it signs with; while it is being changed
    ``former_secret`` counts until ``former_until``. A storefront beacon has neither: its address is public.
    """

    __tablename__ = "connection"
    __table_args__ = (UniqueConstraint("store_id", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    kind: ConnectionKind = Field(sa_type=_named(ConnectionKind))
    address: str = Field(unique=True, max_length=64)
    shop: str | None = Field(default=None, max_length=255)
    secret: str | None = Field(default=None, max_length=255)
    former_secret: str | None = Field(default=None, max_length=255)
    former_until: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)


class StoredDelivery(SQLModel, table=True):
    """One delivery in the inbox, written before it is acknowledged and applied afterwards.

    ``body`` is what was sent, until it has been applied. ``waits_for`` names what an unmatched one needs, as
    ``cart:TOKEN`` or ``checkout:TOKEN``; ``problem`` says why one is in quarantine.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("store_id", "source", "delivery_id"),
        UniqueConstraint("store_id", "source", "digest"),
        Index("delivery_to_apply", "id", sqlite_where=text("state = 'waiting'")),
        Index("delivery_unmatched", "store_id", "waits_for", sqlite_where=text("state = 'unmatched'")),
        Index("delivery_in_quarantine", "store_id", "id", sqlite_where=text("state = 'quarantined'")),
    )

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    source: Source = Field(sa_type=_named(Source))
    topic: str = Field(max_length=50)
    delivery_id: str | None = Field(default=None, max_length=255)
    digest: bytes = Field(sa_type=LargeBinary)
    triggered_at: datetime | None = Field(default=None, sa_type=Moment)
    received_at: datetime = Field(sa_type=Moment)
    state: DeliveryState = Field(sa_type=_named(DeliveryState))
    problem: str | None = Field(default=None, max_length=500)
    waits_for: str | None = Field(default=None, max_length=300)
    body: bytes | None = Field(default=None, sa_type=LargeBinary)


class Intake(SQLModel, table=True):
    """What a store has received of one topic: all that was accepted, how much of it had come before, and refusals."""

    __tablename__ = "intake"

    store_id: int = Field(foreign_key="store.id", primary_key=True)
    source: Source = Field(sa_column=Column(_named(Source), primary_key=True, nullable=False))
    topic: str = Field(max_length=50, primary_key=True)
    received: int = 0
    repeated: int = 0
    refused: int = 0
    last_at: datetime | None = Field(default=None, sa_type=Moment)
    last_refused_at: datetime | None = Field(default=None, sa_type=Moment)


class PrivacyRequest(SQLModel, table=True):
    """What a shop's platform asked for on behalf of a customer, or for the whole shop.

    ``orders`` are the order ids it names, as JSON; erased with what they named. ``sessions`` is how many were found.
    """

    __tablename__ = "privacy_request"

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id", index=True)
    kind: PrivacyKind = Field(sa_type=_named(PrivacyKind))
    received_at: datetime = Field(sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment)
    orders: str | None = Field(default=None, sa_type=Text)
    sessions: int = 0


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
        Index("session_with_full_ip", "store_id", sqlite_where=text(FULL_IP)),
    )

    id: int = Field(primary_key=True, sa_type=_SessionId, sa_column_kwargs={"autoincrement": False})
    store_id: int = Field(foreign_key="store.id", index=True)
    cart_token: str = Field(max_length=255)
    status: Status = Field(sa_type=_named(Status))
    risk_level: RiskLevel = Field(default=RiskLevel.NORMAL, sa_type=_named(RiskLevel))
    risk_score: int | None = None
    assessed_level: RiskLevel = Field(default=RiskLevel.NORMAL, sa_type=_named(RiskLevel))
    decision: Decision | None = Field(default=None, sa_type=_named(Decision))
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
    """One event of a session, kept for ever, also when it changed nothing (``applied`` false, ``note`` says why)."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("store_id", "source_id"),
        Index("event_of_session", "session_id", "occurred_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    session_id: int = Field(foreign_key="session.id", sa_type=BigInteger)
    kind: TimelineKind = Field(sa_type=_named(TimelineKind))
    occurred_at: datetime = Field(sa_type=Moment)
    received_at: datetime = Field(sa_type=Moment)
    source: str = Field(max_length=20)
    source_id: str | None = Field(default=None, max_length=255)
    applied: bool = True
    changes: str | None = Field(default=None, sa_type=Text)
    note: str | None = Field(default=None, max_length=500)
    raw: str | None = Field(default=None, sa_type=Text)


class RiskAssessment(SQLModel, table=True):
    """A stored risk score; ``reasons`` and ``unknown`` are JSON texts. The newest one of a session is shown."""

    __tablename__ = "risk_assessment"

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    session_id: int = Field(foreign_key="session.id", index=True, sa_type=BigInteger)
    assessed_at: datetime = Field(sa_type=Moment)
    score: int
    level: RiskLevel = Field(sa_type=_named(RiskLevel))
    model_version: str = Field(max_length=50)
    reasons: str = Field(sa_type=Text)
    unknown: str = Field(sa_type=Text)


METADATA: Any = SQLModel.metadata
