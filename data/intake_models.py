"""The tables of what arrives: connections, the inbox, what each topic has received, and privacy requests."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from data.columns import Moment, named
from data.deliveries import ConnectionKind, DeliveryState, PrivacyKind, Source


class StoreConnection(SQLModel, table=True):
    """A way in that a store was given beside the events API. ``address`` is the last part of its web address.

    For Shopify ``shop`` is the domain in its headers and ``secret`` what it signs with; while it is being changed
    ``former_secret`` counts until ``former_until``. A storefront beacon has neither: its address is public.
    """

    __tablename__ = "connection"
    __table_args__ = (UniqueConstraint("store_id", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    kind: ConnectionKind = Field(sa_type=named(ConnectionKind))
    address: str = Field(unique=True, max_length=64)
    shop: str | None = Field(default=None, max_length=255)
    secret: str | None = Field(default=None, max_length=255)
    former_secret: str | None = Field(default=None, max_length=255)
    former_until: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)


class StoredDelivery(SQLModel, table=True):
    """One delivery in the inbox, written before it is acknowledged and applied afterwards.

    ``body`` is what was sent, until it has been applied. ``waits_for`` names what an unmatched one needs (see
    ``for_cart`` and ``for_checkout`` in data.deliveries); ``problem`` says why one is in quarantine. An ``id`` is never
    used again.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("store_id", "source", "delivery_id"),
        UniqueConstraint("store_id", "source", "digest"),
        Index("delivery_to_apply", "id", sqlite_where=text("state = 'waiting'")),
        Index("delivery_unmatched", "store_id", "waits_for", sqlite_where=text("state = 'unmatched'")),
        Index("delivery_by_age", "received_at"),
        Index("delivery_in_quarantine", "store_id", "id", sqlite_where=text("state = 'quarantined'")),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id")
    source: Source = Field(sa_type=named(Source))
    topic: str = Field(max_length=50)
    delivery_id: str | None = Field(default=None, max_length=255)
    digest: bytes = Field(sa_type=LargeBinary)
    triggered_at: datetime | None = Field(default=None, sa_type=Moment)
    received_at: datetime = Field(sa_type=Moment)
    state: DeliveryState = Field(sa_type=named(DeliveryState))
    problem: str | None = Field(default=None, max_length=500)
    waits_for: str | None = Field(default=None, max_length=300)
    body: bytes | None = Field(default=None, sa_type=LargeBinary)


class Intake(SQLModel, table=True):
    """What a store has received of one topic: all that was accepted, how much of it had come before, and refusals."""

    __tablename__ = "intake"

    store_id: int = Field(foreign_key="store.id", primary_key=True)
    source: Source = Field(sa_column=Column(named(Source), primary_key=True, nullable=False))
    topic: str = Field(max_length=50, primary_key=True)
    received: int = 0
    repeated: int = 0
    refused: int = 0
    last_at: datetime | None = Field(default=None, sa_type=Moment)
    last_refused_at: datetime | None = Field(default=None, sa_type=Moment)


class PrivacyRequest(SQLModel, table=True):
    """What a shop's platform asked for on behalf of a customer, or for the whole shop.

    ``subject`` is whom it names, as JSON (``orders``, ``names``), until it is done; ``sessions`` how many were found.
    """

    __tablename__ = "privacy_request"

    id: int | None = Field(default=None, primary_key=True)
    store_id: int = Field(foreign_key="store.id", index=True)
    kind: PrivacyKind = Field(sa_type=named(PrivacyKind))
    received_at: datetime = Field(sa_type=Moment)
    done_at: datetime | None = Field(default=None, sa_type=Moment)
    subject: str | None = Field(default=None, sa_type=Text)
    sessions: int = 0


DELIVERY: Any = StoredDelivery.__table__  # type: ignore[attr-defined]  # SQLModel adds it when the class is made
INTAKE: Any = Intake.__table__  # type: ignore[attr-defined]  # the same
PRIVACY_REQUEST: Any = PrivacyRequest.__table__  # type: ignore[attr-defined]  # the same
