"""How a session of the labelled sale is written down: events in the public format, while a clock of its own goes on.

The source is one store. It tells at once who the shopper is in most cases, a moment later in some (the storefront's
beacon comes after the cart's own event), only at the checkout or not at all in a few, whoever it is. For one in ten it
does not know the country.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log

from data.demo_catalogue import Product
from data.demo_shoppers import Shopper, cart_token
from data.labelled_shop import CURRENCY, HOLD, LIMIT

_TOLD = {"at once": 82, "by the beacon": 13, "at the checkout": 2, "never": 3}


@dataclass(slots=True)
class Line:
    """One line of the cart that is being filled; ``position`` is the variant's."""

    product: Product
    position: int
    quantity: int


@dataclass(slots=True)
class Visit:
    """One session while it is written. ``at`` is its clock, ``expires_at`` when the hold ends if nothing is done.

    ``bought`` and ``over`` tell how it went. ``open_handed``: a program that is seen by the server with its first
    request, never by a beacon.
    """

    shopper: Shopper
    at: datetime
    rng: random.Random
    open_handed: bool = False
    token: str = ""
    documents: list[dict[str, object]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    expires_at: datetime = field(init=False)
    bought: bool = False
    over: bool = False
    _told: str = "at once"
    _knows_country: bool = True

    def __post_init__(self) -> None:
        self.expires_at = self.at
        self.token = cart_token(self.rng)
        self._knows_country = self.rng.random() < 0.9
        if not self.open_handed:
            self._told = self.rng.choices(list(_TOLD), list(_TOLD.values()))[0]

    def wait(self, least: float, most: float) -> None:
        """Let between ``least`` and ``most`` seconds pass."""
        self.at += timedelta(seconds=self.rng.uniform(least, most))

    def think(self, seconds: float, spread: float = 0.7) -> None:
        """Let as long pass as people take for something: ``seconds`` in the middle, some far longer."""
        self.at += timedelta(seconds=max(0.2, min(self.rng.lognormvariate(log(seconds), spread), 12 * seconds)))

    def put(self, product: Product, position: int, quantity: int = 1) -> None:
        """Put so many of one variant into the cart, at most as the shop allows. Nothing is reported yet."""
        for line in self.lines:
            if line.product is product and line.position == position:
                line.quantity = min(line.quantity + quantity, LIMIT)
                return
        self.lines.append(Line(product, position, quantity))

    def start(self) -> None:
        """Begin the session with the cart as it is."""
        self.expires_at = self.at + HOLD
        if self._told == "at once":
            self._report("session.started", **self._cart(), **self._shopper())
            return
        self._report("session.started", **self._cart())
        if self._told == "by the beacon":
            begun = self.at
            # A page that loads badly on a telephone tells half a minute late.
            self.wait(*((0.3, 3.0) if self.rng.random() < 0.85 else (8.0, 40.0)))
            self.see()
            self.at = begun

    def see(self) -> None:
        """The page was loaded again, and its beacon tells who that was."""
        self._report("shopper.seen", **self._shopper())

    def update(self) -> None:
        """Report the cart as it is now."""
        self._report("cart.updated", **self._cart())

    def empty(self) -> None:
        """Take everything out again, which ends the session."""
        self.lines.clear()
        self._report("cart.updated", **self._cart())
        self.over = True

    def renew(self) -> None:
        """Renew the hold now: it lasts from now as long as a new one, and never ends earlier than before."""
        self.expires_at = max(self.expires_at, self.at + HOLD)
        self._report("reservation.renewed", expires_at=_text(self.expires_at))

    def almost_expire(self) -> None:
        """Wait until less than a minute of the hold is left, when the shop asks whether one is still there."""
        self.at = max(self.at, self.expires_at - timedelta(seconds=self.rng.uniform(8, 58)))

    def extend(self, minutes: int) -> None:
        """Ask for more time."""
        self.expires_at += timedelta(minutes=minutes)
        self._report("reservation.extended", expires_at=_text(self.expires_at))

    def checkout(self) -> None:
        """Go to the checkout, or try again there."""
        told = self._shopper() if self._told == "at the checkout" else {}
        self._report("checkout.started", checkout_token=f"{self.rng.getrandbits(96):024x}", **told)

    def pay(self) -> None:
        """Complete the order."""
        self._report("checkout.completed", order_id=f"#{self.rng.randrange(1_000_000, 9_999_999)}")
        self.bought = self.over = True

    def cancel(self, reason: str) -> None:
        """End the session by the shop's hand."""
        self._report("session.cancelled", reason=reason)
        self.over = True

    def expire(self) -> None:
        """Let the source sweep up the hold some seconds after its end."""
        self.at = self.expires_at + timedelta(seconds=self.rng.uniform(0.5, 50))
        self._report("session.expired")
        self.over = True

    def _shopper(self) -> dict[str, object]:
        fields = self.shopper.fields()
        if not self._knows_country:
            fields.pop("country", None)
        return fields

    def _report(self, kind: str, **more: object) -> None:
        self.documents.append(
            {
                "type": kind,
                "id": f"{self.token}/{len(self.documents) + 1}",
                "cart_token": self.token,
                "occurred_at": _text(self.at),
                **more,
            }
        )

    def _cart(self) -> dict[str, object]:
        return {
            "currency": CURRENCY,
            "expires_at": _text(self.expires_at),
            "lines": [
                {
                    "product_id": line.product.id,
                    "variant_id": line.product.variant_id(line.position),
                    "title": line.product.title,
                    "variant_title": line.product.variants[line.position],
                    "sku": line.product.variant_sku(line.position),
                    "quantity": line.quantity,
                    "unit_price": line.product.price,
                }
                for line in self.lines
            ],
        }


def in_order(visits: Iterable[Visit]) -> list[dict[str, object]]:
    """The events of all sessions in the order of time; of the same millisecond, in the order of their sessions."""
    documents = [document for visit in visits for document in visit.documents]
    return sorted(documents, key=lambda document: str(document["occurred_at"]))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
