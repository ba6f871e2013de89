"""The moves between statuses, and the status to show."""

from datetime import timedelta

import pytest

from data.status import Status, may_become, shown
from tests.factories import NOON

ALLOWED = {
    (Status.ACTIVE, Status.CONVERTED),
    (Status.ACTIVE, Status.EXPIRED),
    (Status.ACTIVE, Status.CANCELLED),
    (Status.EXPIRED, Status.CONVERTED),
    (Status.CANCELLED, Status.CONVERTED),
}


@pytest.mark.parametrize("current", Status)
@pytest.mark.parametrize("target", Status)
def test_only_these_moves_are_made(current: Status, target: Status) -> None:
    assert may_become(current, target) == ((current, target) in ALLOWED)


@pytest.mark.parametrize(
    ("left", "status"), [(1, Status.ACTIVE), (0, Status.EXPIRED), (-1, Status.EXPIRED), (None, Status.ACTIVE)]
)
def test_an_active_session_shows_as_expired_from_the_moment_its_time_is_over(
    left: float | None, status: Status
) -> None:
    expires_at = None if left is None else NOON + timedelta(milliseconds=left)
    assert shown(Status.ACTIVE, expires_at, NOON) is status


@pytest.mark.parametrize("ended", [Status.CONVERTED, Status.EXPIRED, Status.CANCELLED])
@pytest.mark.parametrize("left", [-1, 1])
def test_what_has_ended_shows_its_ending_whatever_the_timer_says(ended: Status, left: float) -> None:
    assert shown(ended, NOON + timedelta(minutes=left), NOON) is ended
