"""The holders among the attackers of the labelled sale: those who want the stock of a drop, or want nobody to have it.

Each function plays one operation of so many ``sessions``, as somebody who runs such a thing would. None of it is made
to be found: operators have reasons for what they do, make mistakes, and now and then buy.
"""

import random
from datetime import datetime, timedelta

from data import labelled_networks as networks
from data import labelled_visitors as visitors
from data.demo_catalogue import Product
from data.demo_shoppers import Shopper
from data.labelled_networks import HOME
from data.labelled_shop import DROP, LIMIT, MOST_RENEWALS, any_product, size
from data.labelled_shoppers import arrival, change
from data.labelled_visit import Visit


def hoarder(opened_at: datetime, rng: random.Random, sessions: int) -> list[Visit]:
    """One address and one device that hold many pairs, lose them, and take them again, for an hour."""
    device = visitors.device_id(rng)
    ip, agent, language = networks.at_home(HOME, rng), visitors.any_browser(rng), visitors.languages(HOME, rng)
    found: list[Visit] = []
    # As many carts at once as there are windows; each is taken again when it is free.
    windows = [
        opened_at + timedelta(seconds=rng.uniform(0.5, 20) + 5 * n) for n in range(max(2, round(sessions / 3.4)))
    ]
    while len(found) < sessions:
        at = min(windows)
        # Now and then in a private window.
        visit = Visit(Shopper(ip, HOME, agent, language, device if rng.random() < 0.93 else None), at, rng)
        _take(visit, DROP, lines=rng.choice((1, 2, 2, 3)), most=LIMIT, least=2)
        _give_back(visit, renews=0.2, empties=0.35, buys=0.05)
        free = visit.at if visit.over else visit.expires_at
        windows[windows.index(at)] = free + timedelta(seconds=rng.lognormvariate(2.2, 0.9))
        found.append(visit)
    return found


def rotation_24(opened_at: datetime, rng: random.Random, sessions: int) -> list[Visit]:
    """A rented /24, another address for nearly every cart, few devices, and one variant that all of them want."""
    country, whole = rng.choice(networks.PROXIES)
    network = networks.part(whole, 24, rng)
    language = visitors.languages(HOME, rng)
    machines = [(visitors.any_browser(rng), visitors.device_id(rng)) for _ in range(rng.choice((2, 2, 3)))]
    position, most = size(rng), rng.choice((1, 2, 3))
    found: list[Visit] = []
    at = opened_at + timedelta(seconds=rng.uniform(1, 60))
    pace = rng.uniform(20, 80)
    for _ in range(sessions):
        agent, device = rng.choice(machines)
        shopper = Shopper(
            networks.address(network, rng), country, agent, language, device if rng.random() < 0.9 else None
        )
        visit = Visit(shopper, at, rng)
        visit.put(DROP, position, rng.randrange(1, most + 1))
        visit.start()
        _give_back(visit, renews=0.2, empties=0.15, buys=0.04)
        found.append(visit)
        at += timedelta(seconds=rng.expovariate(1 / pace))
    return found


def residential(opened_at: datetime, rng: random.Random, sessions: int) -> list[Visit]:
    """Proxies in other people's homes, one for each cart; the browsers look like anybody's."""
    shared = [visitors.device_id(rng) for _ in range(rng.choice((1, 2)))]
    positions = [size(rng) for _ in range(2)]
    found: list[Visit] = []
    for _ in range(sessions):
        country = HOME if rng.random() < 0.3 else networks.abroad(rng)
        # The profile says German; some operators fit it to the proxy.
        language = visitors.languages(HOME if rng.random() < 0.65 else country, rng)
        device = rng.choice(shared) if rng.random() < 0.4 else visitors.maybe_device_id(rng)
        shopper = Shopper(networks.at_home(country, rng), country, visitors.any_browser(rng), language, device)
        visit = Visit(shopper, opened_at + timedelta(seconds=rng.expovariate(1 / 900)), rng)
        visit.put(DROP, rng.choice(positions), rng.choice((1, 1, 2)))
        visit.start()
        for _ in range(rng.choice((0, 0, 1, 2))):
            visit.think(30)
            visit.see()
        _give_back(visit, renews=0.3, empties=0.1, buys=0.1)
        found.append(visit)
    return found


def renewal_abuse(opened_at: datetime, rng: random.Random, sessions: int) -> list[Visit]:
    """Few people who keep what they hold for as long as the shop lets them: renewed and extended to the maximum."""
    places = [(networks.at_home(HOME, rng), visitors.any_browser(rng)) for _ in range(min(sessions, 4))]
    devices = [visitors.device_id(rng) if rng.random() < 0.7 else None for _ in places]
    found: list[Visit] = []
    for number in range(sessions):
        which = number % len(places)
        ip, agent = places[which]
        shopper = Shopper(ip, HOME, agent, visitors.languages(HOME, rng), devices[which] or visitors.device_id(rng))
        visit = Visit(shopper, opened_at + timedelta(seconds=rng.expovariate(1 / 240)), rng)
        _take(visit, DROP if rng.random() < 0.85 else any_product(rng), lines=rng.choice((1, 1, 2)), most=LIMIT)
        every, exact = rng.uniform(150, 420), rng.random() < 0.7
        extensions = rng.randrange(1, 6)
        renewals = MOST_RENEWALS if rng.random() < 0.5 else rng.randrange(7, MOST_RENEWALS)
        for _ in range(renewals):
            # A script does it on time; a person when they remember.
            visit.wait(every * 0.97, every * 1.03) if exact else visit.think(every, 0.3)
            visit.at = min(visit.at, visit.expires_at - timedelta(seconds=2))
            visit.renew()
            if extensions and rng.random() < 0.3:
                visit.wait(2, 40)
                visit.extend(rng.choice((5, 10, 15)))
                extensions -= 1
        _give_back(visit, renews=0, empties=0.2, buys=0.08)
        found.append(visit)
    return found


def slow_humanlike(opened_at: datetime, rng: random.Random, sessions: int) -> list[Visit]:
    """People who are paid to hold stock, each from home and in no hurry. They never buy."""
    gateways = networks.gateways(rng)
    found: list[Visit] = []
    for _ in range(sessions):
        at = max(arrival(opened_at, rng), opened_at + timedelta(seconds=rng.uniform(5, 900)))
        visit = Visit(visitors.somebody(rng, gateways), at, rng)
        _take(visit, DROP, lines=rng.choice((1, 1, 2)), most=2)
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            visit.think(40)
            change(visit)
        if rng.random() < 0.15:
            visit.think(90)
            visit.checkout()
        _give_back(visit, renews=0.35, empties=0.15, buys=0)
        found.append(visit)
    return found


def _take(visit: Visit, product: Product, *, lines: int, most: int, least: int = 1) -> None:
    """Put several sizes into the cart and begin."""
    first = size(visit.rng, of=product)
    for number in range(lines):
        position = (first + number) % len(product.variants)
        visit.put(product, position, visit.rng.randrange(least, most + 1))
    visit.start()


def _give_back(visit: Visit, *, renews: float, empties: float, buys: float) -> None:
    """End as holders do: mostly the time just runs out. The arguments are the chances of what else they do."""
    rng = visit.rng
    while rng.random() < renews and visit.at < visit.expires_at and len(visit.documents) < 12:
        visit.almost_expire()
        visit.renew()
    way = rng.random()
    if way < buys:
        visit.think(40)
        visit.checkout()
        visit.think(30)
        visit.pay()
    elif way < buys + empties:
        visit.at += (visit.expires_at - visit.at) * rng.uniform(0.5, 0.97)
        visit.empty()
    elif way < buys + empties + 0.1:
        visit.expire()
