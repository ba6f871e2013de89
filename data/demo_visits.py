"""What a shopper of the demo does from the first cart to the end: a script of moments, written before it is played.

A script is pure: the same arguments give the same moments. It holds public-format events (README, "Connecting a
store") and the two things that no source sends: a look by the risk model, and a decision by the merchant.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from data.demo_catalogue import Product, Shop
from data.demo_shoppers import Shopper
from data.levels import Decision

TIMER = timedelta(minutes=15)
"""How long a hold lasts in the demo's stores."""


class Behaviour(StrEnum):
    """How a visit goes."""

    BUYS = "buys"
    ABANDONS = "abandons"
    RENEWS = "renews"
    EXTENDS = "extends"
    CANCELLED = "cancelled"
    PAYS_LATE = "pays late"
    LETS_GO_SOON = "lets go soon"
    HOARDS = "hoards"
    CRAWLS = "crawls"
    TESTS_CARDS = "tests cards"


@dataclass(frozen=True, slots=True)
class Report:
    """An event as a source reports it."""

    at: datetime
    document: dict[str, object]


@dataclass(frozen=True, slots=True)
class Look:
    """The moment when the risk model looks at the session."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """The moment when the merchant decides."""

    at: datetime
    decision: Decision
    reason: str


Moment = Report | Look | Verdict


@dataclass(frozen=True, slots=True)
class Visit:
    """One shopper's session: its token, who it is, and its moments in the order of time."""

    cart_token: str
    shopper: Shopper
    behaviour: Behaviour
    moments: tuple[Moment, ...]


@dataclass(slots=True)
class _Line:
    product: Product
    position: int
    quantity: int


@dataclass(slots=True)
class _Script:
    """Writes a visit while its own clock goes on."""

    shop: Shop
    shopper: Shopper
    cart_token: str
    at: datetime
    rng: random.Random
    lines: list[_Line] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    expires_at: datetime = datetime.max

    def wait(self, least: float, most: float) -> None:
        """Let between ``least`` and ``most`` seconds pass."""
        self.at += timedelta(milliseconds=round(1000 * self.rng.uniform(least, most)))

    def wait_until_almost_over(self) -> None:
        """Wait until half a minute before the hold ends, which is when shops renew."""
        self.at = self.expires_at - timedelta(seconds=self.rng.randrange(25, 50))

    def report(self, kind: str, **more: object) -> None:
        document: dict[str, object] = {
            "type": kind,
            "id": f"{self.cart_token}/{sum(isinstance(moment, Report) for moment in self.moments) + 1}",
            "cart_token": self.cart_token,
            "occurred_at": self.at.isoformat(timespec="milliseconds"),
            **more,
        }
        self.moments.append(Report(self.at, document))

    def start(self, timer: timedelta = TIMER) -> None:
        self.expires_at = self.at + timer
        if self.rng.random() < 0.9:
            self.report("session.started", **self._cart(), **self.shopper.fields())
        else:
            # The cart arrives first, the storefront's beacon a moment later: that is how it is with cart webhooks.
            self.report("session.started", **self._cart())
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
        self.report("cart.updated", **self._cart())

    def take(self) -> None:
        """Put one of the shop's products into the cart, popular ones more often."""
        products = self.shop.products
        product = self.rng.choices(products, [product.popularity for product in products])[0]
        self.put(product, self.rng.randrange(len(product.variants)), 1)

    def put(self, product: Product, position: int, quantity: int) -> None:
        for line in self.lines:
            if line.product is product and line.position == position:
                line.quantity += quantity
                return
        self.lines.append(_Line(product, position, quantity))

    def renew(self) -> None:
        self.wait_until_almost_over()
        self.expires_at += TIMER
        self.report("reservation.renewed", expires_at=_text(self.expires_at))

    def extend(self) -> None:
        self.expires_at += timedelta(minutes=self.rng.choice((5, 5, 10)))
        self.report("reservation.extended", expires_at=_text(self.expires_at))

    def buy(self) -> None:
        checkout = f"{self.rng.getrandbits(96):024x}"
        self.report("checkout.started", checkout_token=checkout)
        self.wait(12, 95)
        order = f"#{self.rng.randrange(10_000, 99_999)}"
        self.report("checkout.completed", checkout_token=checkout, order_id=order)

    def cancel(self, reason: str) -> None:
        self.report("session.cancelled", reason=reason)

    def look(self, after: float) -> None:
        """The risk model looks ``after`` seconds from now, beside what the shopper does."""
        self.moments.append(Look(self.at + timedelta(seconds=after)))

    def _cart(self) -> dict[str, object]:
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


def write(
    shop: Shop,
    shopper: Shopper,
    behaviour: Behaviour,
    cart_token: str,
    at: datetime,
    rng: random.Random,
    *,
    cart: tuple[str, ...] = (),
    verdict: tuple[Decision, str] | None = None,
) -> Visit:
    """The whole visit that begins ``at``. ``cart`` names the SKUs to begin with; else the shopper chooses."""
    script = _Script(shop, shopper, cart_token, at, rng)
    for sku in cart:
        script.put(shop.product(sku), 0, 1)
    _PARTS[behaviour](script)
    if verdict is not None:
        script.moments.append(Verdict(script.at + timedelta(seconds=rng.randrange(40, 90)), *verdict))
    moments = tuple(sorted(script.moments, key=lambda moment: moment.at))
    return Visit(cart_token, shopper, behaviour, moments)


def _begin(script: _Script) -> None:
    for _ in range(0 if script.lines else script.rng.choices((1, 2, 3), (62, 28, 10))[0]):
        script.take()
    script.start()
    # One in eight is never evaluated: scoring was off, or the session was over too soon.
    if script.rng.random() < 0.875:
        script.look(script.rng.uniform(1.5, 6))


def _browse(script: _Script, most: int) -> None:
    for _ in range(script.rng.randrange(most + 1)):
        script.wait(8, 80)
        script.update()


def _buys(script: _Script) -> None:
    _begin(script)
    _browse(script, 3)
    script.wait(10, 120)
    script.buy()
    script.look(1)


def _abandons(script: _Script) -> None:
    _begin(script)
    _browse(script, 2)


def _renews(script: _Script) -> None:
    _begin(script)
    _browse(script, 1)
    for n in range(1, script.rng.choice((1, 2, 2, 3, 4, 6, 9, 14, 20)) + 1):
        script.renew()
        if n % 3 == 0:
            script.look(2)
    if script.rng.random() < 0.45:
        script.wait(30, 300)
        script.buy()


def _extends(script: _Script) -> None:
    _begin(script)
    _browse(script, 2)
    for _ in range(script.rng.choice((1, 1, 2, 3))):
        script.wait(60, 240)
        script.extend()
    if script.rng.random() < 0.6:
        script.wait(30, 200)
        script.buy()


def _cancelled(script: _Script) -> None:
    _begin(script)
    _browse(script, 2)
    script.wait(5, 90)
    script.cancel(
        script.rng.choice(
            (
                "Validation: more than 10 of one variant",
                "Validation: a variant was sold out",
                "Validation: the price changed since it was added",
                "Emptied by the shopper",
                "Payment declined",
            )
        )
    )


def _pays_late(script: _Script) -> None:
    _begin(script)
    script.at = script.expires_at
    script.wait(40, 150)
    script.buy()


def _lets_go_soon(script: _Script) -> None:
    # Shops shorten the hold when much of a variant is reserved already.
    script.take()
    script.start(timer=timedelta(seconds=script.rng.randrange(30, 75)))


def _hoards(script: _Script) -> None:
    script.put(script.shop.product(script.shop.sale), script.rng.randrange(2), script.rng.randrange(4, 10))
    script.start()
    script.look(script.rng.uniform(1.5, 4))
    if script.rng.random() < 0.4:
        script.wait(5, 30)
        script.lines[0].quantity += script.rng.randrange(1, 4)
        script.report("cart.updated", **script._cart())
    for _ in range(script.rng.randrange(1, 9)):
        script.renew()
        script.look(2)


def _crawls(script: _Script) -> None:
    script.take()
    script.start(timer=timedelta(minutes=2))
    script.look(1)


def _tests_cards(script: _Script) -> None:
    cheapest = min(script.shop.products, key=lambda product: float(product.price))
    script.put(cheapest, 0, 1)
    script.start()
    script.wait(1, 3)
    script.report("checkout.started", checkout_token=f"{script.rng.getrandbits(96):024x}")
    script.wait(2, 6)
    script.cancel("Payment declined")
    script.look(0.5)


_PARTS: dict[Behaviour, Callable[[_Script], None]] = {
    Behaviour.BUYS: _buys,
    Behaviour.ABANDONS: _abandons,
    Behaviour.RENEWS: _renews,
    Behaviour.EXTENDS: _extends,
    Behaviour.CANCELLED: _cancelled,
    Behaviour.PAYS_LATE: _pays_late,
    Behaviour.LETS_GO_SOON: _lets_go_soon,
    Behaviour.HOARDS: _hoards,
    Behaviour.CRAWLS: _crawls,
    Behaviour.TESTS_CARDS: _tests_cards,
}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
