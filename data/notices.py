"""What a shop is told when a session is restricted, or is so no longer: written with the change itself.

A notice is a row in the transaction that changes the session, so it is there if and only if the change is. Sending is
another matter. Its body is complete when it is written: it tells of that moment, not of a later one.
"""

import hmac
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from data.columns import in_chunks
from data.levels import Decision, RiskLevel
from data.models import CartSession, Store
from data.risk_models import NOTICE, NoticeAddress

RESTRICTED, CLEARED, TEST = "session.restricted", "session.cleared", "test"
"""The types of notices: a session is restricted, it is not (or no longer), and one that only tries the way."""

SIGNATURE, ID = "Cartwatch-Signature", "Cartwatch-Notice-Id"
"""The headers that a notice is sent with."""


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A session whose level or decision has changed, and why; ``level`` and ``decision`` are those that count now.

    ``rule_id`` is the merchant's rule that did it, also by ending; ``until`` is how long it stands.
    """

    session_id: int
    cart_token: str
    level_before: RiskLevel
    level: RiskLevel
    decision: Decision | None
    reason: str
    rule_id: int | None
    until: datetime | None

    @property
    def is_told(self) -> bool:
        """Whether the shop hears of it: it restricts or lifts a restriction, or a merchant's decision is behind it."""
        restricts = self.level is RiskLevel.RESTRICTED
        lifts = self.level_before is RiskLevel.RESTRICTED
        return restricts is not lifts or self.decision is not None or self.rule_id is not None


async def write(session: AsyncSession, store_id: int, changes: Sequence[LevelChange], now: datetime) -> None:
    """Write a notice for each change that is told, in the caller's transaction and in their order.

    Costs nothing where there is none, and one look-up where the store has no address for notices.
    """
    told = [change for change in changes if change.is_told]
    if not told:
        return
    query = select(col(Store.domain)).join(NoticeAddress, col(NoticeAddress.store_id) == col(Store.id))
    connection = await session.connection()
    domain = (await connection.execute(query.where(col(Store.id) == store_id))).scalar_one_or_none()
    if domain is None:
        return
    await session.flush()  # what the caller has only changed is what the shop is told
    known = await _orders(connection, {change.session_id for change in told})
    rows = [
        {
            "store_id": store_id,
            "session_id": change.session_id,
            "created_at": now,
            "due_at": now,
            "attempts": 0,
            "body": _body(domain, change, *known.get(change.session_id, (None, None)), now),
        }
        for change in told
    ]
    await connection.execute(insert(NOTICE), rows)


def trial_body(domain: str, now: datetime) -> str:
    """The body of a notice that tells of nothing."""
    return json.dumps(_head(TEST, domain, now), ensure_ascii=False)


def signature(secret: str, body: bytes, now: datetime) -> str:
    """The header that says a body is Cartwatch's, and when it was sent: ``t=<unix seconds>,v1=<hex HMAC-SHA256>``.

    Signed is ``<t>.<body>``, so that nobody can send an old notice as a new one.
    """
    seconds = int(now.timestamp())
    return f"t={seconds},v1={hmac.digest(secret.encode(), b'%d.' % seconds + body, 'sha256').hex()}"


async def _orders(connection: AsyncConnection, ids: set[int]) -> dict[int, tuple[str | None, str | None]]:
    """Checkout token and order of each session."""
    found: dict[int, tuple[str | None, str | None]] = {}
    for chunk in in_chunks(sorted(ids)):
        query = select(col(CartSession.id), col(CartSession.checkout_token), col(CartSession.order_id))
        for session_id, checkout, order in await connection.execute(query.where(col(CartSession.id).in_(chunk))):
            found[session_id] = checkout, order
    return found


def _head(kind: str, domain: str, now: datetime) -> dict[str, Any]:
    # Random, not the row's number: numbers come again when a backup is restored, and receivers go by the id.
    return {"id": str(uuid.uuid4()), "type": kind, "store": domain, "created_at": _text(now)}


def _body(domain: str, change: LevelChange, checkout: str | None, order: str | None, now: datetime) -> str:
    kind = RESTRICTED if change.level is RiskLevel.RESTRICTED else CLEARED
    known = {
        "cart_token": change.cart_token,
        "checkout_token": checkout,
        "order_id": order,
        "level": change.level.value,
        "level_before": change.level_before.value,
        "decision": change.decision.value if change.decision else None,
        "reason": change.reason,
        "until": _text(change.until) if change.until else None,
    }
    return json.dumps(_head(kind, domain, now) | known, ensure_ascii=False)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
