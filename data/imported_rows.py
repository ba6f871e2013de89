"""What an imported session becomes in the tables: its row, the timeline's lines, and its risk score. No storage.

Values are as they are stored, so that the driver can take them as they are: converting a million sessions' worth of
objects on the way would cost a fifth of the time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from data.addresses import shortened
from data.columns import milliseconds
from data.devices import device
from data.event_format import raw_without_full_ip
from data.events import TimelineKind
from data.import_format import ImportedSession
from data.levels import RiskLevel
from data.records import StoreRecord
from data.status import Status

SOURCE = "import"
"""The source of every imported line of a timeline."""

MODEL_VERSION = "imported"
"""The model version of a risk score that came with an import."""

_ENDINGS = {
    Status.CONVERTED: TimelineKind.CONVERTED,
    Status.EXPIRED: TimelineKind.EXPIRED,
    Status.CANCELLED: TimelineKind.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class ImportedRows:
    """Stored values by column; ``timeline`` has the start and, for a session that is over, its ending."""

    session: dict[str, Any]
    timeline: list[dict[str, Any]]
    assessment: dict[str, Any] | None


def of(store: StoreRecord, session_id: int, imported: ImportedSession, now: datetime) -> ImportedRows:
    """The rows of one imported session."""
    expires_at, ended_at = imported.expires_at, _end(imported, now)
    old = imported.started_at < now - timedelta(days=store.ip_days)  # no full address of its time is kept any more
    if imported.status is Status.ACTIVE and expires_at is None:
        # As for an event that does not say: the store's timer decides.
        expires_at = imported.last_activity_at + timedelta(minutes=store.timer_minutes)
    level = imported.risk_level or RiskLevel.NORMAL
    session = {
        "id": session_id,
        "store_id": store.id,
        "cart_token": imported.cart_token,
        "status": imported.status,
        "risk_level": level,
        "risk_score": imported.risk_score,
        "assessed_level": level,
        "started_at": milliseconds(imported.started_at),
        "expires_at": expires_at and milliseconds(expires_at),
        "last_activity_at": milliseconds(imported.last_activity_at),
        "ended_at": ended_at and milliseconds(ended_at),
        "currency": imported.currency,
        "value": imported.value,
        "item_count": imported.item_count,
        "product_count": 0,
        "cart_updates": imported.cart_updates,
        "renewals": imported.renewals,
        "max_renewals": store.max_renewals if imported.max_renewals is None else imported.max_renewals,
        "manual_extends": imported.manual_extends,
        "ip": shortened(imported.ip) if imported.ip and old else imported.ip,
        "country": imported.country,
        "user_agent": imported.user_agent,
        "device": device(imported.user_agent),
    }

    received_at = milliseconds(now)

    def entry(kind: TimelineKind, at: datetime, raw: str | None) -> dict[str, Any]:
        return {
            "store_id": store.id,
            "session_id": session_id,
            "kind": kind,
            "occurred_at": milliseconds(at),
            "received_at": received_at,
            "source": SOURCE,
            "applied": True,
            "raw": raw,
        }

    extra = raw_without_full_ip(imported.extra) if imported.extra and old else imported.extra
    timeline = [entry(TimelineKind.STARTED, imported.started_at, extra)]
    if ended_at is not None:
        timeline.append(entry(_ENDINGS[imported.status], ended_at, None))
    return ImportedRows(session, timeline, _assessment(store, session_id, imported, level, now))


def _end(imported: ImportedSession, now: datetime) -> datetime | None:
    if imported.status is Status.ACTIVE or imported.ended_at is not None:
        return imported.ended_at
    if imported.status is Status.EXPIRED and imported.expires_at is not None and imported.expires_at <= now:
        return imported.expires_at
    return imported.last_activity_at


def _assessment(
    store: StoreRecord, session_id: int, imported: ImportedSession, level: RiskLevel, now: datetime
) -> dict[str, Any] | None:
    if imported.risk_score is None:
        # A level alone is shown as the session's; an assessment has a score, and none is made up here.
        return None
    return {
        "store_id": store.id,
        "session_id": session_id,
        "assessed_at": milliseconds(now),
        "score": imported.risk_score,
        "level": level,
        "model_version": MODEL_VERSION,
        "reasons": "[]",
        "unknown": "[]",
    }
