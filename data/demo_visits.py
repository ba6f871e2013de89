"""What the demo's shoppers do, from the first cart to the end. Pure: the same arguments give the same visit."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from data.demo_catalogue import Shop
from data.demo_script import Script, Verdict, Visit
from data.demo_shoppers import Shopper
from data.levels import Decision


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
    """The whole visit that begins ``at``. ``cart`` names the SKUs it holds throughout; else the shopper chooses."""
    script = Script(shop, shopper, cart_token, at, rng)
    for sku in cart:
        script.put(shop.product(sku), 0, 1)
    script.settled = bool(cart)
    _PARTS[behaviour](script)
    if verdict is not None:
        # The merchant decides soon after the session began, not only when everything is over.
        script.acts.append(Verdict(at + timedelta(seconds=rng.randrange(25, 90)), *verdict))
    return Visit(cart_token, shopper, tuple(sorted(script.acts, key=lambda act: act.at)))


def _begin(script: Script) -> None:
    for _ in range(0 if script.lines else script.rng.choices((1, 2, 3), (62, 28, 10))[0]):
        script.take()
    script.start()


def _browse(script: Script, most: int) -> None:
    if script.settled:
        return
    for _ in range(script.rng.randrange(most + 1)):
        script.wait(8, 80)
        script.update()


def _buys(script: Script) -> None:
    _begin(script)
    _browse(script, 3)
    script.wait(10, 120)
    script.buy()


def _abandons(script: Script) -> None:
    _begin(script)
    _browse(script, 2)


def _renews(script: Script) -> None:
    _begin(script)
    _browse(script, 1)
    for _ in range(script.rng.choice((1, 2, 2, 3, 4, 6, 9, 14, 20))):
        script.renew()
    if script.rng.random() < 0.45:
        script.wait(30, 300)
        script.buy()


def _extends(script: Script) -> None:
    _begin(script)
    _browse(script, 2)
    for _ in range(script.rng.choice((1, 1, 2, 3))):
        script.wait(20, 150)
        script.extend()
    if script.rng.random() < 0.6:
        script.wait(30, 200)
        script.buy()


def _cancelled(script: Script) -> None:
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


def _pays_late(script: Script) -> None:
    _begin(script)
    script.at = script.expires_at
    script.wait(40, 150)
    script.buy()


def _lets_go_soon(script: Script) -> None:
    # Shops shorten the hold when much of a variant is reserved already.
    script.take()
    script.start(timer=timedelta(seconds=script.rng.randrange(30, 75)))


def _hoards(script: Script) -> None:
    script.put(script.shop.product(script.shop.sale), script.rng.randrange(2), script.rng.randrange(4, 10))
    script.start()
    if script.rng.random() < 0.4:
        script.wait(5, 30)
        script.lines[0].quantity += script.rng.randrange(1, 4)
        script.report("cart.updated", **script.cart())
    for _ in range(script.rng.randrange(1, 9)):
        script.renew()


def _crawls(script: Script) -> None:
    script.take()
    script.start(timer=timedelta(minutes=2))


def _tests_cards(script: Script) -> None:
    cheapest = min(script.shop.products, key=lambda product: float(product.price))
    script.put(cheapest, 0, 1)
    script.start()
    script.wait(1, 3)
    script.report("checkout.started", checkout_token=f"{script.rng.getrandbits(96):024x}")
    script.wait(2, 6)
    script.cancel("Payment declined")


_PARTS: dict[Behaviour, Callable[[Script], None]] = {
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
