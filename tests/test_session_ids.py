"""Ids grow with the start of a session and are never given twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data import session_ids
from data.models import CartSession
from data.session_ids import first_id, next_id
from data.status import Status
from tests.factories import NOON, a_store, opened


def test_a_later_start_has_a_larger_id_and_every_start_fits() -> None:
    moments = [datetime(1, 1, 1, tzinfo=UTC), NOON, NOON + timedelta(milliseconds=1), datetime(9999, 1, 1, tzinfo=UTC)]
    ids = [first_id(moment) for moment in moments]
    assert ids == sorted(set(ids))
    assert ids[0] >= 0
    assert ids[-1] < 2**63


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        first_id(datetime(2026, 1, 1))  # noqa: DTZ001  # the very mistake that is refused


async def test_sessions_of_one_millisecond_run_over_into_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_ids, "SEQUENCE_BITS", 1)  # two sessions a millisecond
    first = first_id(NOON)
    async with opened(tmp_path) as db:
        store = await a_store(db)
        for number in range(5):
            async with db.writing() as session:
                given = await next_id(session, NOON)
                assert given == first + number
                session.add(
                    CartSession(
                        id=given,
                        store_id=store.id,
                        cart_token=str(number),
                        status=Status.ACTIVE,
                        started_at=NOON,
                        last_activity_at=NOON,
                        currency="USD",
                    )
                )
