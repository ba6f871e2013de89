"""How a visit of the demo is written down: moments with public-format events, before any of it is played.

A visit also holds what no source sends: a decision by the merchant.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data.demo_catalogue import Product, Shop
from data.demo_shoppers import Shopper
from data.levels import Decision

TIMER = timedelta(minutes=15)
"""How long a hold lasts in the demo's stores."""


@dataclass(frozen=True, slots=True)
class Report:
    """An event as a source reports it."""

    at: datetime
    document: dict[str, object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The moment when the merchant decides."""

    at: datetime
    decision: Decision
    reason: str


Act = Report | Verdict


@dataclass(frozen=True, slots=True)
class Visit:
    """One shopper's session: its token, who it is, and what happens in it in the order of time."""

    cart_token: str
    shopper: Shopper
    acts: tuple[Act, ...]


@dataclass(slots=True)
class Line:
    """One line of the cart that is being filled; ``position`` is the variant's."""

    product: Product
    position: int
    quantity: int


@dataclass(slots=True)
class Script:
    """Writes a visit while its own clock, ``at``, goes on. ``expires_at`` is when the hold ends if nothing is done.

    ``settled``: the cart stays as it was begun.
    """

    shop: Shop
    shopper: Shopper
    cart_token: str
    at: datetime
    rng: random.Random
    lines: list[Line] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    settled: bool = False
    expires_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.expires_at = self.at

    def wait(self, least: float, most: float) -> None:
        """Let between ``least`` and ``most`` seconds pass."""
        self.at += timedelta(milliseconds=round(1000 * self.rng.uniform(least, most)))

    def wait_until_almost_over(self) -> None:
        """Wait until half a minute before the hold ends, which is when shops renew."""
        self.at = max(self.at, self.expires_at - timedelta(seconds=self.rng.randrange(25, 50)))

    def report(self, kind: str, **more: object) -> None:
        """Write down an event of the public type ``kind``, now, with ``more`` of its public fields."""
        document: dict[str, object] = {
            "type": kind,
            "id": f"{self.cart_token}/{sum(isinstance(act, Report) for act in self.acts) + 1}",
            "cart_token": self.cart_token,
            "occurred_at": self.at.isoformat(timespec="milliseconds"),
            **more,
        }
        self.acts.append(Report(self.at, document))

    def start(self, timer: timedelta = TIMER) -> None:
        """Begin the session with the cart as it is; the hold ends after ``timer``."""
        self.expires_at = self.at + timer
        if self.rng.random() < 0.9:
            self.report("session.started", **self.cart(), **self.shopper.fields())
        else:
            # The cart arrives first, the storefront's beacon a moment later: that is how it is with cart webhooks.
            self.report("session.started", **self.cart())
            self.wait(0.6, 2.5)
            self.report("shopper.seen", **self.shopper.fields())

    def update(self) -> None:
        """Take one more, take fewer, or put something else into the cart."""
        line = self.rng.choice(self.lines)
        if self.rng.random() < 0.35:
            line.quantity += 1
        elif line.quantity > 1 and self.rng.random() < 0.5:
            line.quantity -= 1
        else:
            self.take()
        self.report("cart.updated", **self.cart())

    def take(self) -> None:
        """Put one of the shop's products into the cart, popular ones more often."""
        products = self.shop.products
        product = self.rng.choices(products, [product.popularity for product in products])[0]
        self.put(product, self.rng.randrange(len(product.variants)), 1)

    def put(self, product: Product, position: int, quantity: int) -> None:
        """Put so many of one variant into the cart, more of it where it is there already."""
        for line in self.lines:
            if line.product is product and line.position == position:
                line.quantity += quantity
                return
        self.lines.append(Line(product, position, quantity))

    def renew(self) -> None:
        """Let the shop renew the hold by itself, shortly before it ends."""
        self.wait_until_almost_over()
        self.expires_at += TIMER
        self.report("reservation.renewed", expires_at=_text(self.expires_at))

    def extend(self) -> None:
        """Let the shopper ask for 5 or 10 minutes more."""
        self.expires_at += timedelta(minutes=self.rng.choice((5, 5, 10)))
        self.report("reservation.extended", expires_at=_text(self.expires_at))

    def buy(self) -> None:
        """Go through the checkout."""
        checkout = f"{self.rng.getrandbits(96):024x}"
        self.report("checkout.started", checkout_token=checkout)
        self.wait(12, 95)
        order = f"#{self.rng.randrange(10_000, 99_999)}"
        self.report("checkout.completed", checkout_token=checkout, order_id=order)

    def cancel(self, reason: str) -> None:
        """End the session by the shop's hand."""
        self.report("session.cancelled", reason=reason)

    def cart(self) -> dict[str, object]:
        """The cart's fields of an event: currency, lines, and when the hold ends."""
        return {
            "currency": self.shop.currency,
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


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
