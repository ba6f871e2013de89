"""The ordinary shoppers of the labelled sale: when they come, what they take, and how it goes with them."""

import random
from datetime import datetime, timedelta

from data import labelled_networks as networks
from data import labelled_visitors as visitors
from data.demo_shoppers import Shopper
from data.labelled_shop import DROP, LIMIT, any_product, size
from data.labelled_visit import Visit

BEFORE, RUSH, AFTER = timedelta(hours=3), timedelta(minutes=15), timedelta(hours=1)
"""How long the evening goes before the opening; from it, how long the rush lasts, and how long shoppers still come."""

_BUYS = 0.36
_DECLINED = 0.04  # of those who would pay: a limit, a typing error, a bank's second look that fails
_SOLD_OUT_AFTER = timedelta(minutes=6)


def ordinary(opened_at: datetime, rng: random.Random, size: int) -> list[Visit]:
    """The sessions of ``size`` shoppers, some of whom live together and most of whom come once."""
    gateways = networks.gateways(rng)
    found: list[Visit] = []
    shoppers = 0
    while shoppers < size:
        first, at = visitors.somebody(rng, gateways), arrival(opened_at, rng)
        home = [first, *(visitors.housemate(first, rng) for _ in range(rng.choices((0, 1, 2), (80, 15, 5))[0]))]
        for shopper in home[: size - shoppers]:
            found += visits(shopper, at, rng, opened_at=opened_at)
            at += timedelta(seconds=rng.expovariate(1 / 90))
        shoppers += len(home)
    return found


def arrival(opened_at: datetime, rng: random.Random) -> datetime:
    """When a shopper comes: half of them in the rush, most of those in its first minutes."""
    part = rng.random()
    if part < 0.28:
        return opened_at - BEFORE * rng.random()
    if part < 0.78:
        return opened_at + RUSH * rng.betavariate(1, 2.6)
    return opened_at + RUSH + (AFTER - RUSH) * rng.random()


def visits(
    shopper: Shopper, at: datetime, rng: random.Random, *, opened_at: datetime, drop: float | None = None
) -> list[Visit]:
    """The sessions of one shopper from ``at`` on. ``drop`` is the chance of wanting what the sale is about."""
    if drop is None:
        drop = 0.72 if at < opened_at + RUSH else 0.35
    wanted = rng.random() < drop
    found: list[Visit] = []
    again = 1.0
    while rng.random() < again and len(found) < 4:
        visit = Visit(shopper, at, rng)
        _begin(visit, wants_drop=wanted and at >= opened_at)
        declined = _go_on(visit, opened_at)
        found.append(visit)
        again = 0.65 if declined else 0.03 if visit.bought else 0.10
        # The cart of a browser stays the same until it is over.
        at = max(visit.at, visit.at if visit.over else visit.expires_at)
        at += timedelta(seconds=rng.expovariate(1 / (50 if declined else 400)) + 3)
    return found


def change(visit: Visit) -> None:
    """One more, another size, something else as well, or something out again: reported as one update."""
    rng, line = visit.rng, visit.rng.choice(visit.lines)
    kind = rng.random()
    if kind < 0.25:
        line.position = size(rng, of=line.product)
    elif kind < 0.40 and line.quantity < LIMIT:
        line.quantity += 1
    elif kind < 0.55 and line.quantity > 1:
        line.quantity -= 1
    elif kind < 0.70 and len(visit.lines) > 1:
        visit.lines.remove(line)
    else:
        product = any_product(rng)
        visit.put(product, size(rng, of=product))
    visit.update()


def leave(visit: Visit, opened_at: datetime) -> None:
    """Go without buying: mostly without a word, and sometimes the shop ends it."""
    rng = visit.rng
    late = visit.at > opened_at + _SOLD_OUT_AFTER
    sold_out = 0.14 if late and any(line.product is DROP for line in visit.lines) else 0.01
    if rng.random() < sold_out:
        visit.think(20)
        visit.cancel("Validation: a variant was sold out")
        return
    way = rng.random()
    if way < 0.14:
        visit.expire()
    elif way < 0.25:
        visit.think(90)
        visit.empty()
    elif way < 0.29:
        visit.think(60)
        visit.cancel(
            rng.choice(
                ("Emptied by the shopper", "Validation: the price changed since it was added", "No shipping there")
            )
        )
    elif way < 0.42:
        # At the sight of the shipping costs.
        visit.think(60)
        visit.checkout()


def _begin(visit: Visit, *, wants_drop: bool) -> None:
    rng = visit.rng
    if wants_drop:
        visit.put(DROP, size(rng), rng.choices((1, 2, 3), (86, 12, 2))[0])
    for _ in range(rng.choices((0, 1, 2), (70, 22, 8))[0] + (0 if wants_drop else 1)):
        product = any_product(rng)
        visit.put(product, size(rng, of=product), rng.choices((1, 2, 3, 4), (90, 7, 2, 1))[0])
    visit.start()


def _go_on(visit: Visit, opened_at: datetime) -> bool:
    """All after the beginning; whether a payment was declined."""
    rng = visit.rng
    # The button that leads straight to the checkout, or a wallet that knows everything already.
    hurried = rng.random() < 0.12
    quick = hurried or rng.random() < (0.5 if visit.at < opened_at + RUSH and visit.at >= opened_at else 0.2)
    if not hurried:
        for _ in range(rng.choices((0, 1, 2, 3, 5), (54, 24, 13, 6, 3))[0]):
            visit.think(25)
            change(visit)
        if rng.random() < 0.05:
            visit.see()
        _stay(visit)
    if rng.random() > _BUYS:
        leave(visit, opened_at)
        return False
    if hurried:
        visit.wait(0.3, 2.5)
    else:
        visit.think(12 if quick else 60)
    visit.checkout()
    visit.think(11 if quick else 48, 0.5)
    for _ in range(3):
        if rng.random() >= _DECLINED:
            visit.pay()
            return False
        # Some shops let one try again in the same checkout, with another card.
        if rng.random() < 0.4:
            break
        visit.think(35)
        visit.checkout()
        visit.think(25)
    visit.cancel("Payment declined")
    return True


def _stay(visit: Visit) -> None:
    """Keep the cart longer than one hold, as few do."""
    rng = visit.rng
    for _ in range(rng.choices((0, 1, 2, 3), (905, 65, 20, 10))[0]):
        visit.almost_expire()
        visit.renew()
    if rng.random() < 0.05:
        visit.think(120)
        for _ in range(rng.choices((1, 2), (85, 15))[0]):
            visit.extend(rng.choice((5, 10, 15)))
