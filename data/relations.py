"""What sessions can have in common with one another, and how those turned out that have it in common with one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from data.filters import SessionFilter
from data.levels import RiskLevel
from data.status import Status


class Shared(StrEnum):
    """What two sessions have in common, the narrowest first."""

    DEVICE = "device"
    IP = "ip"
    NETWORK = "network"
    CART = "cart"


@dataclass(frozen=True, slots=True)
class RelatedSession:
    """Another session in short; ``status`` is the one to show."""

    cart_token: str
    status: Status
    risk_level: RiskLevel
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Relation:
    """The other sessions that share one thing with a session.

    ``value`` is what is shared: the device id, the address, the network; the session's own cart token where it is the
    cart. ``total`` counts them all, or as far as was counted (``capped``); ``statuses`` and ``levels`` are of those
    that were counted, the newest. ``wanted`` is the list that shows them.
    """

    shared: Shared
    value: str
    total: int
    capped: bool
    statuses: dict[Status, int]
    levels: dict[RiskLevel, int]
    newest: tuple[RelatedSession, ...]
    wanted: SessionFilter
