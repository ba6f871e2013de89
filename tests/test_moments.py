"""Moments: written for people, and never a negative timer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.moments import clock, milliseconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0:00"),
        (9.99, "0:09"),
        (60, "1:00"),
        (843, "14:03"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (100 * 3600 + 61, "100:01:01"),
        (-1, "0:00"),
        (-86400, "0:00"),
    ],
)
def test_a_clock_counts_minutes_and_seconds(seconds: float, words: str) -> None:
    assert clock(seconds) == words


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_a_clock_never_runs_below_zero_or_past_sixty(seconds: float) -> None:
    parts = [int(part) for part in clock(seconds).split(":")]
    assert all(part >= 0 for part in parts)
    assert all(part < 60 for part in parts[1:])
    assert sum(part * 60**place for place, part in enumerate(reversed(parts))) == max(0, int(seconds))


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis wants its limits without a zone
def test_milliseconds_lose_less_than_one(moment: datetime) -> None:
    back = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds(moment))
    assert abs(back - moment) <= timedelta(milliseconds=0.5)
