"""Erases what identifies a shopper, wherever it is kept. What a session was worth and how it ended stays.

Gone are the cart's, checkout's and order's names, the address, the program, the languages, the device, everything that
was typed or reported as text, and the stored events. ``scrub`` takes it out of the file as well: deleted is not erased
as long as the search index and the write-ahead log still hold it.
"""

import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from data import audit
from data.addresses import pack, unpack
from data.audit import SYSTEM, AuditLine
from data.columns import in_chunks, literally
from data.database import Database
from data.deliveries import DeliveryState, completed_event, for_cart, for_checkout
from data.intake_models import DELIVERY
from data.models import METADATA
from data.risk_models import NOTICE, RISK_LABEL, RISK_MODEL, RULE, SESSION_RISK
from data.rule_targets import RuleAction, Target
from data.shopify_csv import order_event
from data.stores import touched

BATCH = 500
"""Sessions dealt with in one transaction: other writers wait no longer than that takes."""

ERASED = "erased-"
"""How the cart tokens begin that stand for erased ones."""

_MERGED = 500  # pages of the search index in one step
_LONGEST_MERGE = 100_000  # steps; a merge that is not done by then is none
_SAID = ("reason", "end_reason", "order_id")
"""What an entry of a timeline may repeat of others' words."""

_ERASED_RULE = {
    "low": None,
    "high": None,
    "reason": "",
    "ending": RuleAction.ERASED,
    "end_reason": "A shopper's data were erased.",
}

_SESSION: Any = METADATA.tables["session"]
_EVENT: Any = METADATA.tables["event"]
_LINE: Any = METADATA.tables["line_item"]
_RISK: Any = METADATA.tables["risk_assessment"]


async def sessions_of_orders(session: AsyncSession, store_id: int, orders: Iterable[str]) -> list[int]:
    """The sessions that became one of these orders: a cart may have become several, of which it names the last."""
    found: set[int] = set()
    for some in in_chunks(orders):
        told = [*map(completed_event, some), *map(order_event, some)]
        for query in (
            select(_SESSION.c.id).where(_SESSION.c.store_id == store_id, _SESSION.c.order_id.in_(some)),
            select(_EVENT.c.session_id).where(_EVENT.c.store_id == store_id, _EVENT.c.source_id.in_(told)),
        ):
            found |= set((await (await session.connection()).execute(query)).scalars())
    return sorted(found)


async def erase_sessions(session: AsyncSession, store_id: int, session_ids: Iterable[int], now: datetime) -> None:
    """Erase the shoppers of these sessions of the store, in the caller's write transaction."""
    connection = await session.connection()
    known = select(*(_SESSION.c[name] for name in ("id", "cart_token", "checkout_token", "ip", "device_id")))
    known = known.where(_SESSION.c.store_id == store_id, _SESSION.c.id.in_(list(session_ids)))
    found = (await connection.execute(known)).all()
    if not found:
        return
    names = [for_cart(one.cart_token) for one in found]
    names += [for_checkout(one.checkout_token) for one in found if one.checkout_token]
    unmatched = literally(DELIVERY.c.state, DeliveryState.UNMATCHED)
    await connection.execute(
        delete(DELIVERY).where(DELIVERY.c.store_id == store_id, unmatched, DELIVERY.c.waits_for.in_(names))
    )
    await _erase_rules(session, store_id, await _named(connection, found), now)
    nothing = dict.fromkeys(
        ("ip", "user_agent", "accept_language", "device_id", "checkout_token", "order_id", "end_reason")
    )
    await connection.execute(
        update(_SESSION).where(_SESSION.c.id == bindparam("of")).values(nothing | {"cart_token": bindparam("name")}),
        [{"of": one.id, "name": _stand_in()} for one in found],
    )
    await _erase_timelines(session, [one.id for one in found])
    ids = [one.id for one in found]
    await connection.execute(update(_RISK).where(_RISK.c.session_id.in_(ids)).values(reasons="[]", unknown="[]"))
    await connection.execute(update(SESSION_RISK).where(SESSION_RISK.c.session_id.in_(ids)).values(memory=None))
    await connection.execute(delete(NOTICE).where(NOTICE.c.session_id.in_(ids)))
    session.info["lookouts"].forget()
    await touched(session, store_id)


async def _named(connection: AsyncConnection, sessions: Sequence[Any]) -> dict[Target, set[str]]:
    """All that rules may have called these shoppers by: also what their sessions have told and no longer know."""
    ips = {one.ip for one in sessions if one.ip}
    devices = {one.device_id for one in sessions if one.device_id}
    told = select(_EVENT.c.raw).where(_EVENT.c.session_id.in_([one.id for one in sessions]), _EVENT.c.raw.is_not(None))
    for raw in (await connection.execute(told)).scalars():
        document = json.loads(raw)
        ips |= {packed for packed in [pack(str(document.get("ip")))] if packed}
        devices |= {device for device in [document.get("device_id")] if isinstance(device, str)}
    tokens = {one.cart_token for one in sessions}
    return {Target.SESSION: tokens, Target.DEVICE: devices, Target.IP: set(map(unpack, ips))}


async def _erase_rules(session: AsyncSession, store_id: int, named: dict[Target, set[str]], now: datetime) -> None:
    """End the rules that name a shopper, and take what names them out of these and of the audit.

    A network is nobody's name. What such a rule had decided is decided again by the rules that remain.
    """
    connection = await session.connection()
    for target, values in named.items():
        for some in in_chunks(values):
            about = (RULE.c.store_id == store_id, RULE.c.target == target, RULE.c.value.in_(some))
            rules = (await connection.execute(select(RULE.c.id, RULE.c.ended_at).where(*about))).all()
            if rules:
                erased = (
                    update(RULE).where(RULE.c.id == bindparam("of")).values(value=bindparam("name"), **_ERASED_RULE)
                )
                changed = erased.values(ended_at=func.coalesce(RULE.c.ended_at, literal(now, RULE.c.ended_at.type)))
                await connection.execute(changed, [{"of": one.id, "name": _stand_in()} for one in rules])
                ended = [one.id for one in rules if one.ended_at is None]
                lines = [AuditLine(now, SYSTEM, RuleAction.ERASED, target, rule_id=number) for number in ended]
                await audit.write(session, store_id, *lines)
                await connection.execute(update(RULE).where(RULE.c.id.in_(ended)).values(pending=True))
        await audit.forget(connection, store_id, values)


def _stand_in() -> str:
    return ERASED + secrets.token_hex(12)


async def _erase_timelines(session: AsyncSession, session_ids: list[int]) -> None:
    connection = await session.connection()
    its_own = _EVENT.c.session_id.in_(session_ids)
    entries = (await connection.execute(select(_EVENT.c.id, _EVENT.c.changes).where(its_own))).all()
    cleaned = [{"of": one.id, "changes": _without_words(one.changes)} for one in entries if one.changes]
    await connection.execute(update(_EVENT).where(its_own).values(raw=None, source_id=None))
    if cleaned:
        statement = update(_EVENT).where(_EVENT.c.id == bindparam("of")).values(changes=bindparam("changes"))
        await connection.execute(statement, cleaned)


def _without_words(changes: str) -> str:
    return json.dumps({name: value for name, value in json.loads(changes).items() if name not in _SAID})


async def erase_everything(db: Database, store_id: int) -> int:
    """Delete all that a store has but its name and its settings; how many sessions that were."""
    gone = 0
    while True:
        async with db.writing() as session:
            connection = await session.connection()
            # The ways in first, each time: nothing may come in behind what is deleted already.
            for name in ("connection", "api_key", "delivery", "intake", "notice_address"):
                table = METADATA.tables[name]
                await connection.execute(delete(table).where(table.c.store_id == store_id))
            for table in (RULE, NOTICE, RISK_MODEL):
                await connection.execute(delete(table).where(table.c.store_id == store_id))
            await audit.forget_everything(connection, store_id)
            some = select(_SESSION.c.id).where(_SESSION.c.store_id == store_id).limit(BATCH)
            ids = list((await connection.execute(some)).scalars())
            for table in (_LINE, _EVENT, _RISK, SESSION_RISK, RISK_LABEL):
                await connection.execute(delete(table).where(table.c.session_id.in_(ids)))
            await connection.execute(delete(_SESSION).where(_SESSION.c.id.in_(ids)))
            session.info["lookouts"].forget()
            await touched(session, store_id)
        if not ids:
            return gone
        gone += len(ids)


async def scrub(db: Database) -> bool:
    """Take what was erased out of the search index and the write-ahead log; whether that was possible just now.

    The index keeps deleted words until its parts are merged (https://www.sqlite.org/fts5.html, 6.7): step by step, so
    that others can write in between.
    """
    amount = -_MERGED  # negative: begin to merge all parts into one
    for _ in range(_LONGEST_MERGE):
        async with db.writing() as session:
            connection = await session.connection()
            before = (await connection.execute(text("SELECT total_changes()"))).scalar_one()
            merge = "INSERT INTO session_search (session_search, rank) VALUES ('merge', :amount)"
            await connection.execute(text(merge), {"amount": amount})
            after = (await connection.execute(text("SELECT total_changes()"))).scalar_one()
        if after - before < 2:
            break
        amount = _MERGED
    return await db.fold()
