"""All that is known of one session, and its neighbours in every order of the list."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio

from data import addresses, details
from data.assessment import Assessment, Cause, Origin
from data.database import Database
from data.details import detail, neighbours
from data.events import CartLine, TimelineKind
from data.filters import SessionFilter, Sort
from data.levels import RiskLevel
from data.models import CartSession, LineItem, RiskAssessment, TimelineEvent
from data.records import Neighbours, StoreRecord
from data.status import Status
from tests.factories import NOON, TOKEN, a_store, event, opened, tell
from tests.many_sessions import listed, many_sessions


@dataclass(frozen=True)
class World:
    db: Database
    store: StoreRecord
    sessions: list[CartSession]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with opened(tmp_path_factory.mktemp("world")) as db:
        store, other = await a_store(db), await a_store(db, "other.example")
        sessions = await many_sessions(db, store, 90)
        await many_sessions(db, other, 60, seed=2)
        yield World(db, store, sessions)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("q", ["", "a"])
async def test_neighbours_are_those_of_the_list(world: World, sort: Sort, q: str) -> None:
    token_of = {str(one.id): one.cart_token for one in world.sessions}
    for wanted in (
        SessionFilter(q=q, sort=sort),
        SessionFilter(q=q, status=Status.ACTIVE, sort=sort),
        SessionFilter(q=q, not_status=(Status.EXPIRED,), not_risk=(RiskLevel.REVIEW,), sort=sort),
        SessionFilter(q=q, not_country=("DE",), sort=sort),
    ):
        tokens = [token_of[one] for one in listed(world.sessions, wanted)]
        assert len(tokens) > 5
        for place, one in enumerate(listed(world.sessions, wanted)):
            found = await neighbours(world.db, world.store.id, wanted, int(one), now=NOON)
            before = tokens[place - 1] if place else None
            assert found == Neighbours(before, tokens[place + 1] if place + 1 < len(tokens) else None)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_session_that_has_left_the_list_still_has_neighbours_there(world: World) -> None:
    wanted = SessionFilter(status=Status.CONVERTED)
    cancelled = next(one for one in world.sessions if one.status is Status.CANCELLED)
    converted = sorted((one.id, one.cart_token) for one in world.sessions if one.status is Status.CONVERTED)
    found = await neighbours(world.db, world.store.id, wanted, cancelled.id, now=NOON)
    assert found.previous == min((one for one in converted if one[0] > cancelled.id), default=(0, None))[1]
    assert found.next == max((one for one in converted if one[0] < cancelled.id), default=(0, None))[1]


@pytest.mark.asyncio(loop_scope="module")
async def test_no_neighbours_where_the_session_is_of_another_store_or_beyond_what_is_searched(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = Neighbours(None, None)
    own = world.sessions[0].id
    assert await neighbours(world.db, world.store.id + 1, SessionFilter(), own, now=NOON) == nobody
    assert await neighbours(world.db, world.store.id, SessionFilter(), 5, now=NOON) == nobody
    monkeypatch.setattr(details, "MOST_HITS", 3)
    last = int(listed(world.sessions, SessionFilter(q="a"))[-1])
    assert await neighbours(world.db, world.store.id, SessionFilter(q="a"), last, now=NOON) == nobody


async def test_everything_known_of_a_session(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        [cart] = await many_sessions(db, store, 1)
        later, latest = NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)
        async with db.writing() as session:
            for position, title in ((1, "Second"), (0, "First")):
                session.add(
                    LineItem(
                        store_id=store.id,
                        session_id=cart.id,
                        position=position,
                        title=title,
                        quantity=2,
                        unit_price=500,
                    )
                )
            for kind, at in ((TimelineKind.RENEWED, later), (TimelineKind.STARTED, NOON)):
                session.add(
                    TimelineEvent(
                        store_id=store.id,
                        session_id=cart.id,
                        kind=kind,
                        occurred_at=at,
                        received_at=latest,
                        source="api",
                        changes='{"n": 1}',
                    )
                )
            for score, at in ((70, later), (20, NOON)):
                session.add(
                    RiskAssessment(
                        store_id=store.id,
                        session_id=cart.id,
                        assessed_at=at,
                        score=score,
                        level=RiskLevel.REVIEW,
                        model_version="1",
                        reasons='[{"signal": "pace", "sentence": "Fast.", "contribution": 1.5}]',
                        unknown='["age"]',
                    )
                )
        found = await detail(db, store.id, cart.cart_token, NOON)
        assert found is not None
        assert found.store == store
        assert found.token_hash == sha256(cart.cart_token.encode()).hexdigest()
        assert (found.id, found.status, found.value, found.started_at) == (
            cart.id,
            cart.status,
            cart.value,
            cart.started_at.replace(microsecond=0),
        )
        assert cart.ip is not None
        assert (found.ip, found.network) == (addresses.unpack(cart.ip), addresses.network(cart.ip))
        assert found.lines == (
            CartLine(None, None, "First", None, None, 2, 500),
            CartLine(None, None, "Second", None, None, 2, 500),
        )
        assert [(entry.kind, entry.occurred_at) for entry in found.timeline] == [("started", NOON), ("renewed", later)]
        assert found.timeline[0].changes == {"n": 1}
        assert found.assessment == Assessment(
            later,
            70,
            RiskLevel.REVIEW,
            "1",
            Origin.IMPORTED,
            causes=(Cause("pace", "Fast.", {}, 1.5, hard=False),),
            unknown=("age",),
        )
        assert not found.score_hidden


async def test_a_session_without_lines_events_or_assessment_and_one_that_is_not_there(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store, other = await a_store(db), await a_store(db, "other.example")
        [cart] = await many_sessions(db, store, 1)
        found = await detail(db, store.id, cart.cart_token, NOON)
        assert found is not None
        assert (found.lines, found.timeline, found.assessment) == ((), (), None)
        assert await detail(db, other.id, cart.cart_token, NOON) is None
        assert await detail(db, store.id, "nothing\x00' OR 1=1 --", NOON) is None


async def test_of_a_very_long_life_the_latest_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(details, "MOST_ENTRIES", 2)
    async with opened(tmp_path) as db:
        store = await a_store(db)
        [cart] = await many_sessions(db, store, 1)
        async with db.writing() as session:
            for minute in range(4):
                at = NOON + timedelta(minutes=minute)
                session.add(
                    TimelineEvent(
                        store_id=store.id,
                        session_id=cart.id,
                        kind=TimelineKind.RENEWED,
                        occurred_at=at,
                        received_at=at,
                        source="api",
                    )
                )
        found = await detail(db, store.id, cart.cart_token, NOON)
        assert found is not None
        assert [entry.occurred_at.minute for entry in found.timeline] == [2, 3]


async def test_of_the_same_moment_the_timeline_has_the_order_in_which_it_was_judged(tmp_path: Path) -> None:
    """Shopify tells a cart's time to the second, and its deliveries come in any order."""
    reported = [
        event("checkout.completed", id="1"),
        event("cart.updated", id="10"),
        event("cart.updated", id="9"),
        event("session.started", id="2"),
    ]
    async with opened(tmp_path) as db:
        store = await a_store(db)
        for one in reported:
            await tell(db, store, one)
        found = await detail(db, store.id, TOKEN, NOON)
        assert found is not None
        assert [entry.source_id for entry in found.timeline] == ["2", "9", "10", "1"]
