"""The statuses of a session and the moves between them. Pure: knows no clock and no storage."""

from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a session stands in its life."""

    ACTIVE = "active"
    CONVERTED = "converted"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


# A completed checkout is a fact of the shop, whatever was believed before: conversion wins over every other ending,
# and nothing undoes it. The other two endings are final between themselves.
_MOVES: dict[Status, frozenset[Status]] = {
    Status.ACTIVE: frozenset({Status.CONVERTED, Status.EXPIRED, Status.CANCELLED}),
    Status.EXPIRED: frozenset({Status.CONVERTED}),
    Status.CANCELLED: frozenset({Status.CONVERTED}),
    Status.CONVERTED: frozenset(),
}


def may_become(current: Status, target: Status) -> bool:
    """Whether a session may move from ``current`` to ``target``; staying put is not a move."""
    return target in _MOVES[current]


def shown(status: Status, expires_at: datetime | None, now: datetime) -> Status:
    """The status to show: an active session whose time is over is expired, even before the sweep has stored it."""
    if status is Status.ACTIVE and expires_at is not None and expires_at <= now:
        return Status.EXPIRED
    return status
