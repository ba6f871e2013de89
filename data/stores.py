"""Stores and the keys of their events API."""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, update
from sqlalchemy import select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import audit, domains, money
from data.audit import MERCHANT, AuditLine
from data.database import Database
from data.models import ApiKey, Store
from data.records import KeyRecord, StoreRecord
from data.rule_targets import RuleAction
from data.timer import USUAL_EXTENSION, USUAL_MINUTES, USUAL_RENEWALS, Timer, TimerProblem

MOST_IP_DAYS = 365
"""Days; whoever needs full addresses for longer than a year has no use for a retention time."""

MOST_CAPACITY = 10_000
"""Sessions a day that a store's people can look into; more than that is no review."""

SETTINGS = ("timer_minutes", "max_renewals", "extension_minutes", "ip_days", "review_capacity")
"""What can be changed of a store, all of it whole numbers."""

_PREFIX = "cw_"  # so that a key found in a log or a repository can be told for what it is

_COLUMNS = (
    col(Store.id),
    col(Store.domain),
    col(Store.name),
    col(Store.currency),
    col(Store.timer_minutes),
    col(Store.max_renewals),
    col(Store.extension_minutes),
    col(Store.ip_days),
    col(Store.review_capacity),
    col(Store.revision),
)


class StoreProblem(ValueError):
    """Why a store cannot be added: one sentence for the person who tried, and the ``field`` that it is about."""

    def __init__(self, words: str, field: str | None = None) -> None:
        super().__init__(words)
        self.field = field


async def add(
    db: Database,
    domain: str,
    *,
    name: str,
    currency: str,
    now: datetime,
    timer_minutes: int = USUAL_MINUTES,
    max_renewals: int = USUAL_RENEWALS,
    extension_minutes: int = USUAL_EXTENSION,
) -> StoreRecord:
    """Add a store. ``domain`` is its address, as in ``shop.example`` or as it is pasted; ``currency`` of ISO 4217.

    Raises StoreProblem when either is unreadable or the domain is taken.
    """
    domain = _host(domain)
    currency = currency.strip().upper()
    if not currency:
        raise StoreProblem("Choose the store's currency, as in EUR.", "currency")
    if not money.known(currency):
        raise StoreProblem(f"{currency[:80]!r} is not a currency. Give an ISO 4217 code, as in EUR.", "currency")
    _check_timer(timer_minutes, max_renewals, extension_minutes)
    store = Store(
        domain=domain,
        name=name.strip()[:255] or domain,
        currency=currency,
        timer_minutes=timer_minutes,
        max_renewals=max_renewals,
        extension_minutes=extension_minutes,
        created_at=now,
    )
    async with db.writing() as session:
        if (await session.exec(select(Store.id).where(Store.domain == domain))).first():
            raise StoreProblem(f"There is already a store {domain}.", "domain")
        session.add(store)
        await session.flush()
    return StoreRecord(**{name: getattr(store, name) for name in StoreRecord.__dataclass_fields__})


async def change(
    db: Database, store_id: int, settings: Mapping[str, int], *, now: datetime, actor: str = MERCHANT
) -> None:
    """Change some of a store's SETTINGS; running holds keep what they were granted. Raises StoreProblem.

    The audit tells of those that are not as they were.
    """
    async with db.writing() as session:
        [store] = await known(session, [store_id])
        stored = {name: getattr(store, name) for name in SETTINGS}
        _check_settings(**{**stored, **settings})
        after = {name: settings[name] for name in SETTINGS if settings.get(name, stored[name]) != stored[name]}
        if not after:
            return
        await session.exec(update(Store).where(col(Store.id) == store_id).values(**after))
        before = {name: stored[name] for name in after}
        line = AuditLine(now, actor, RuleAction.SETTINGS, before=before, after=after)
        await audit.write(session, store_id, line)
        await touched(session, store_id)


def _check_settings(
    *, timer_minutes: int, max_renewals: int, extension_minutes: int, ip_days: int, review_capacity: int
) -> None:
    _check_timer(timer_minutes, max_renewals, extension_minutes)
    if not 1 <= ip_days <= MOST_IP_DAYS:
        raise StoreProblem(f"IP addresses can be kept in full for 1 to {MOST_IP_DAYS} days.", "ip_days")
    if not 1 <= review_capacity <= MOST_CAPACITY:
        raise StoreProblem(f"From 1 to {MOST_CAPACITY:,} sessions can be reviewed in a day.", "review_capacity")


def _host(typed: str) -> str:
    try:
        return domains.host(typed)
    except ValueError:
        words = f"{typed.strip()[:80]!r} is not a domain. Give the shop's address, as in shop.example."
        raise StoreProblem(words, "domain") from None


def _check_timer(minutes: int, max_renewals: int, extension_minutes: int) -> None:
    try:
        Timer.of(minutes=minutes, max_renewals=max_renewals, extension_minutes=extension_minutes)
    except TimerProblem as problem:
        raise StoreProblem(str(problem), problem.field) from None


async def add_key(db: Database, store_id: int, now: datetime) -> str:
    """Make a key for the store's events. It is returned this once; only its digest is kept."""
    key = _PREFIX + secrets.token_urlsafe(24)  # 24 bytes are 32 characters
    async with db.writing() as session:
        session.add(ApiKey(store_id=store_id, digest=_digest(key), hint=key[-4:], created_at=now))
        await touched(session, store_id)
    return key


async def by_key(db: Database, key: str) -> StoreRecord | None:
    """The store whose key this is. Looked up by digest, so the time taken tells nothing about a near miss."""
    query = select_columns(*_COLUMNS).join(ApiKey, col(ApiKey.store_id) == col(Store.id))
    async with db.reading() as connection:
        row = (await connection.execute(query.where(col(ApiKey.digest) == _digest(key)))).first()
    return _record(row) if row else None


async def keys(db: Database, store_id: int) -> tuple[KeyRecord, ...]:
    """The store's keys, in the order they were made."""
    query = select_columns(col(ApiKey.id), col(ApiKey.hint), col(ApiKey.created_at))
    async with db.reading() as connection:
        found: Iterable[Any] = await connection.execute(
            query.where(col(ApiKey.store_id) == store_id).order_by(col(ApiKey.id))
        )
        return tuple(KeyRecord(*row) for row in found)


async def remove_key(db: Database, store_id: int, key_id: int) -> bool:
    """Withdraw a key: from now on nothing is taken from whoever has it. Whether it was there."""
    async with db.writing() as session:
        gone = await session.exec(delete(ApiKey).where(col(ApiKey.store_id) == store_id, col(ApiKey.id) == key_id))
        if gone.rowcount:
            await touched(session, store_id)
        return bool(gone.rowcount)


async def every(db: Database) -> list[StoreRecord]:
    """All stores, in the order they were added."""
    async with db.reading() as connection:
        return [_record(row) for row in await connection.execute(select_columns(*_COLUMNS).order_by(col(Store.id)))]


async def known(session: AsyncSession, store_ids: Collection[int]) -> list[StoreRecord]:
    """These stores, as they are in the caller's transaction."""
    query = select_columns(*_COLUMNS).where(col(Store.id).in_(store_ids)).order_by(col(Store.id))
    return [_record(row) for row in await (await session.connection()).execute(query)]


async def revisions(db: Database) -> dict[int, int]:
    """The revision of every store by its id: it has moved when anything a page shows has."""
    async with db.reading() as connection:
        rows = await connection.execute(select(Store.id, Store.revision))
        return {store_id: revision for store_id, revision in rows if store_id is not None}


async def touched(session: AsyncSession, store_id: int) -> None:
    """Move the store's revision, in the write transaction that changes what its pages show."""
    await session.exec(
        update(Store).where(col(Store.id) == store_id).values(revision=col(Store.revision) + 1),
        execution_options={"synchronize_session": False},
    )


def _digest(key: str) -> str:
    # Keys are 192 random bits, so a plain hash cannot be turned back by trying.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _record(row: Row[*tuple[Any, ...]]) -> StoreRecord:
    return StoreRecord(*row)  # _COLUMNS are the record's fields, in their order
