"""The support bundle of a session: enough to see what went wrong, without what identifies the shopper. Pure."""

import json
from datetime import datetime
from typing import Any

from data.records import SessionDetail, TimelineEntry


def bundle(session: SessionDetail, now: datetime) -> str:
    """The bundle as indented JSON.

    Left out: cart and checkout tokens (a hash stands for the cart's), the full IP address (its network stays), device
    and order ids, reasons typed by the merchant, the figures of the score's reasons, and the raw events.
    """
    known: dict[str, Any] = {
        "made_at": now,
        "store": session.store.domain,
        "session": {
            "id": str(session.id),
            "token_hash": session.token_hash,
            "status": session.status,
            "risk_level": session.risk_level,
            "risk_score": session.risk_score,
            "decision": session.decision,
            "started_at": session.started_at,
            "expires_at": session.expires_at,
            "last_activity_at": session.last_activity_at,
            "ended_at": session.ended_at,
            "currency": session.currency,
            "value_minor": session.value,
            "item_count": session.item_count,
            "product_count": session.product_count,
            "cart_updates": session.cart_updates,
            "renewals": session.renewals,
            "max_renewals": session.max_renewals,
            "manual_extends": session.manual_extends,
            "network": session.network,
            "country": session.country,
            "user_agent": session.user_agent,
            "device": session.device,
        },
        "timer_minutes": session.store.timer_minutes,
        "assessment": None
        if session.assessment is None
        else {
            "score": session.assessment.score,
            "level": session.assessment.level,
            "model_version": session.assessment.model_version,
            "assessed_at": session.assessment.assessed_at,
            "log_odds": session.assessment.total and session.assessment.total.log_odds,
            "reasons": {cause.signal: cause.contribution for cause in session.assessment.causes},
        },
        "timeline": [_entry(entry) for entry in session.timeline],
    }
    return json.dumps(known, indent=2, ensure_ascii=False, default=_plain)


def _entry(entry: TimelineEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "occurred_at": entry.occurred_at,
        "received_at": entry.received_at,
        "source": entry.source,
        "applied": entry.applied,
    }


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
