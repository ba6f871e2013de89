"""A store full of made-up sessions, stored directly, and the list that plain Python makes of them."""

import random
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import insert

from data import addresses
from data.countries import codes_matching
from data.database import Database
from data.filters import NOWHERE, DeviceKind, SessionFilter, Sort
from data.levels import RiskLevel
from data.models import CartSession
from data.records import StoreRecord
from data.session_ids import first_id
from data.status import Status
from tests.factories import NOON

_TOKENS = "aAbBcC%_\\\"'é-1"


async def many_sessions(db: Database, store: StoreRecord, count: int, seed: int = 1) -> list[CartSession]:
    """``count`` sessions of the last ten days, often alike in what the list sorts and filters by."""
    dice = random.Random(seed)
    made = [_session(dice, store, number) for number in range(count)]
    async with db.writing() as session:
        await (await session.connection()).execute(insert(CartSession), [one.model_dump() for one in made])
    return made


def _session(dice: random.Random, store: StoreRecord, number: int) -> CartSession:
    started = NOON - timedelta(seconds=dice.randint(0, 10 * 24 * 3600))
    status = dice.choice(list(Status))
    active = status is Status.ACTIVE
    return CartSession(
        id=first_id(started) + store.id * 10_000 + number,
        store_id=store.id,
        cart_token="".join(dice.choices(_TOKENS, k=dice.randint(1, 12))) + f"~{number}",
        status=status,
        risk_level=dice.choice(list(RiskLevel)),
        risk_score=dice.choice([None, 5, 40, 40, 90]),
        started_at=started,
        expires_at=NOON + timedelta(minutes=dice.randint(1, 9)) if not active or dice.random() < 0.8 else None,
        last_activity_at=started,
        currency=store.currency,
        value=dice.choice([0, 100, 100, 2_500, 99_999]),
        ip=addresses.pack(dice.choice(["185.22.1.7", "185.22.1.8", "185.220.0.1", "10.0.0.1", "2001:db8::5"])),
        country=dice.choice([None, "CZ", "DE", "US"]),
        device=list(DeviceKind)[number % 5].value,
        device_id=f"device-{number % 7}" if number % 3 else None,
    )


def listed(sessions: Sequence[CartSession], wanted: SessionFilter, until: int | None = None) -> list[str]:
    """The ids of the list, as text, found without any database."""
    kept = [
        one
        for one in sessions
        if (wanted.status is None or one.status is wanted.status)
        and (wanted.risk is None or one.risk_level is wanted.risk)
        and wanted.like is None  # their carts are empty
        and one.status not in wanted.not_status
        and one.risk_level not in wanted.not_risk
        and (wanted.device is None or one.device == wanted.device)
        and (wanted.country is None or (one.country or NOWHERE) == wanted.country)
        and (wanted.device_id is None or one.device_id == wanted.device_id)
        and (wanted.ip is None or _inside(one, wanted.ip))
        and (one.country or NOWHERE) not in wanted.not_country
        and one.device not in wanted.not_device
        and not any(_inside(one, network) for network in wanted.not_ip)
        and (until is None or one.id <= until)
        and (not wanted.q or _found(one, wanted.q))
    ]
    return [str(one.id) for one in sorted(kept, key=lambda one: _key(one, wanted.sort))]


def _found(session: CartSession, text: str) -> bool:
    if text.lower() in session.cart_token.lower() or session.country in codes_matching(text, "en"):
        return True
    return any(first <= (session.ip or b"") <= last for first, last in addresses.ranges(text))


def _inside(session: CartSession, network: str) -> bool:
    return session.ip is not None and ip_address(addresses.unpack(session.ip)) in ip_network(network)


def _key(session: CartSession, sort: Sort) -> tuple[float, ...]:
    down = -1 if sort.value.startswith("-") else 1
    match sort:
        case Sort.NEWEST | Sort.OLDEST:
            return (down * session.id,)
        case Sort.DEAREST | Sort.CHEAPEST:
            return (down * session.value, down * session.id)
        case Sort.RISKIEST | Sort.SAFEST:
            if session.risk_score is None:
                return (1, -session.id)
            return (0, down * session.risk_score, down * session.id)
        case _:
            if session.status is not Status.ACTIVE:
                return (2, -session.id)
            if session.expires_at is None:
                return (1, -session.id)
            return (0, down * session.expires_at.timestamp(), down * session.id)
