"""Shoppers whose events are told to a watch, one by one, and what is read of each by the name of its reading."""

from data.addresses import pack
from data.events import TimelineKind
from data.risk.happening import Happening, milliseconds
from data.risk.readings import READINGS, Reading
from data.risk.visit import Visit
from data.risk.watch import Watch
from tests.factories import NOON

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
BEGIN = milliseconds(NOON)

STARTED, UPDATED, RENEWED, EXTENDED, CHECKOUT, CONVERTED, CANCELLED, EXPIRED, SEEN, RESTRICTED, CLEARED = (
    TimelineKind.STARTED,
    TimelineKind.CART_UPDATED,
    TimelineKind.RENEWED,
    TimelineKind.EXTENDED,
    TimelineKind.CHECKOUT_STARTED,
    TimelineKind.CONVERTED,
    TimelineKind.CANCELLED,
    TimelineKind.EXPIRED,
    TimelineKind.SHOPPER_SEEN,
    TimelineKind.RESTRICTED,
    TimelineKind.CLEARED,
)


class Shop:
    """A watch over a store in dollars, and the visits of its sessions."""

    def __init__(self) -> None:
        self.watch = Watch("USD")
        self.visits: dict[int, Visit] = {}

    def tell(
        self,
        session_id: int,
        kind: TimelineKind,
        at: int,
        ip: str | None = None,
        *,
        agent: str | None = None,
        device_id: str | None = None,
        country: str | None = None,
        lines: dict[str, int] | None = None,
        declined: bool = False,
        most: int = 0,
    ) -> dict[str, Reading]:
        """Tell an event ``at`` milliseconds after noon; its readings by name."""
        packed = pack(ip) if ip else None
        one = Happening(session_id, kind, BEGIN + at, packed, agent, device_id, country, lines, declined, most=most)
        self.visits[session_id], readings = self.watch.see(one, self.visits.get(session_id))
        return dict(zip(READINGS, readings, strict=True))

    def decide(self, session_id: int, kind: TimelineKind, at: int, *, hand: bool = True) -> None:
        """The merchant decides about a session."""
        self.watch.decided(Happening(session_id, kind, BEGIN + at, hand=hand), self.visits[session_id])
