"""Frozen records that ``queries`` returns and ``ui`` sees. No ORM object leaves ``data``."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from data.assessment import Assessment
from data.deliveries import ConnectionKind, PrivacyKind, Source
from data.events import CartLine, TimelineKind
from data.levels import Decision, RiskLevel
from data.status import Status
from data.timer import Timer


class SessionRow(TypedDict):
    """One row of the list, as it is serialised: flat, typed, these keys only.

    ``id`` is text because it passes 2^53. ``value`` is in minor units of ``currency``; moments are milliseconds UTC.
    ``status`` is the one to show (see ``status.shown``). ``expires_at`` is null unless the session is active.
    """

    id: str
    cart_token: str
    device: str
    country: str | None
    item_count: int
    value: int
    currency: str
    status: str
    risk_level: str
    risk_score: int | None
    started_at: int
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class Block:
    """A range of rows. ``total`` counts every row of the filter; ``capped`` says that there are more than that."""

    rows: list[SessionRow]
    total: int
    capped: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What a page that is already open needs to follow along: the rows it named, as they are now, and the counts."""

    rows: list[SessionRow]
    total: int
    capped: bool
    everything: int
    newer: int
    revision: int


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """A store as the pages see it."""

    id: int
    domain: str
    name: str
    currency: str
    timer_minutes: int
    max_renewals: int
    extension_minutes: int
    ip_days: int
    review_capacity: int
    revision: int

    @property
    def timer(self) -> Timer:
        """How long its carts hold stock."""
        return Timer(
            timedelta(minutes=self.timer_minutes), self.max_renewals, timedelta(minutes=self.extension_minutes)
        )


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event of a session: ``changes`` tells what it changed, ``note`` why it changed nothing (not ``applied``).

    ``score`` is the session's score after it, ``score_before`` the one before; None where there was none yet.
    """

    id: int
    kind: TimelineKind
    occurred_at: datetime
    received_at: datetime
    source: str
    source_id: str | None
    applied: bool
    changes: dict[str, str | int | None]
    note: str | None
    raw: str | None
    score_before: int | None = None
    score: int | None = None


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """All that is known of one session. ``value`` and prices are in minor units of ``currency``.

    ``score_hidden``: it is to be judged by itself, so nothing is said of its risk until somebody has decided.
    """

    id: int
    store: StoreRecord
    cart_token: str
    token_hash: str
    status: Status
    risk_level: RiskLevel
    risk_score: int | None
    decision: Decision | None
    started_at: datetime
    expires_at: datetime | None
    last_activity_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    currency: str
    value: int
    item_count: int
    product_count: int
    cart_updates: int
    renewals: int
    max_renewals: int
    manual_extends: int
    ip: str | None
    network: str | None
    country: str | None
    user_agent: str | None
    device: str
    accept_language: str | None
    device_id: str | None
    checkout_token: str | None
    order_id: str | None
    lines: tuple[CartLine, ...]
    timeline: tuple[TimelineEntry, ...]
    assessment: Assessment | None
    score_hidden: bool


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The sessions before and after one in the list's order, by cart token."""

    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key of a store's events API, by what may be shown of it: its last four characters."""

    id: int
    hint: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """A way in, as the merchant sees it. Of the secret only the end is shown (``hint``)."""

    kind: ConnectionKind
    address: str
    shop: str | None
    hint: str | None
    former_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TopicRecord:
    """What came of one topic: how much in all, how much of it had come before, how much was refused, and when last."""

    source: Source
    topic: str
    received: int
    repeated: int
    refused: int
    last_at: datetime | None
    last_refused_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A delivery that was signed but not understood. ``size`` in bytes; 0 when its content is not kept any more."""

    id: int
    source: Source
    topic: str
    received_at: datetime
    problem: str
    size: int


@dataclass(frozen=True, slots=True)
class IntakeRecord:
    """A store's intake: ``quarantined`` are the oldest of ``in_quarantine``, ``unmatched`` wait for a session."""

    topics: tuple[TopicRecord, ...]
    quarantined: tuple[QuarantinedRecord, ...]
    in_quarantine: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class PrivacyRecord:
    """What a platform asked for on a customer's behalf. ``sessions`` is how many were found.

    ``orders`` are those that a data request names, by the platform's ids, until it is done; of others, none are kept.
    """

    id: int
    kind: PrivacyKind
    received_at: datetime
    done_at: datetime | None
    sessions: int
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """Where a store's notices go, and how many wait. Of the secret only the end is shown (``hint``).

    ``sent_at`` is when one was last taken, ``failed_at`` and ``problem`` when and why one last was not.
    """

    url: str
    hint: str
    created_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    problem: str | None
    waiting: int
