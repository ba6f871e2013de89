"""The programs among the attackers of the labelled sale: those that try stolen cards, and those without a browser.

Each function plays one operation of so many ``sessions``, as somebody who runs such a thing would.
"""

import random
from datetime import datetime, timedelta

from data import labelled_networks as networks
from data import labelled_visitors as visitors
from data.demo_shoppers import Shopper
from data.labelled_networks import HOME
from data.labelled_shop import CHEAPEST, DROP, LIMIT, size
from data.labelled_visit import Visit

_TOOLS = (
    "python-requests/2.32.5",
    "python-httpx/0.28.1",
    "Python/3.13 aiohttp/3.13.2",
    "Go-http-client/2.0",
    "okhttp/5.3.0",
    "curl/8.17.0",
)
_HEADLESS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/{}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/{}.0.0.0 "
    "Safari/537.36",
)


def card_tester(opened_at: datetime, rng: random.Random, sessions: int) -> list[Visit]:
    """Stolen cards tried on the cheapest thing there is, in bursts, from one or two devices."""
    machines = [_tester(rng) for _ in range(rng.choice((1, 2)))]
    found: list[Visit] = []
    bursts = rng.choice((2, 3))
    for number in range(bursts):
        at = opened_at + timedelta(minutes=rng.uniform(-120, 55))
        shopper = rng.choice(machines)
        for _ in range(sessions * (number + 1) // bursts - sessions * number // bursts):
            visit = Visit(shopper, at, rng)
            _try_cards(visit)
            found.append(visit)
            at = visit.at + timedelta(seconds=rng.uniform(4, 35))
    return found


def headless(opened_at: datetime, rng: random.Random, sessions: int) -> list[Visit]:
    """Programs instead of people: within milliseconds, at regular gaps, some from machines for rent."""
    found: list[Visit] = []
    programs = 3 if sessions >= 6 else 1
    for number in range(programs):
        share = sessions * (number + 1) // programs - sessions * number // programs
        hosted = rng.random() < 0.6
        country, network = rng.choice(networks.HOSTING) if hosted else (HOME, "")
        ips = [
            networks.address(network, rng) if hosted else networks.at_home(HOME, rng) for _ in range(rng.choice((1, 3)))
        ]
        kind, gap = rng.random(), rng.choice((1.0, 2.5, 5.0, 10.0, 30.0))
        at = opened_at + timedelta(seconds=rng.uniform(0.05, 4) + rng.choice((0, 0, 300, 1200)))
        for _ in range(share):
            ip = rng.choice(ips)
            if kind < 0.45:
                agent = rng.choice(_HEADLESS).format(rng.choice((155, 154, 148)))
                visit = Visit(Shopper(ip, country, agent, "en-US", visitors.device_id(rng)), at, rng)
            else:
                tool = rng.choice(_TOOLS) if kind < 0.8 else None
                visit = Visit(Shopper(ip, country, tool, None, None), at, rng, open_handed=True)
            _run(visit)
            found.append(visit)
            at += timedelta(seconds=gap + rng.uniform(-0.04, 0.04))
    return found


def _tester(rng: random.Random) -> Shopper:
    country, ip = HOME, networks.vpn(rng)
    if rng.random() < 0.6:
        country, network = rng.choice(networks.HOSTING)
        ip = networks.address(network, rng)
    agent = rng.choice(_TOOLS) if rng.random() < 0.25 else visitors.desktop(rng)
    return Shopper(ip, country, agent, visitors.languages(HOME, rng), visitors.device_id(rng))


def _try_cards(visit: Visit) -> None:
    rng = visit.rng
    visit.put(CHEAPEST, 0)
    visit.start()
    visit.wait(0.8, 6)
    visit.checkout()
    for _ in range(rng.choice((0, 0, 0, 1, 2, 3))):
        visit.wait(3, 11)
        visit.checkout()
    visit.wait(2, 8)
    if rng.random() < 0.08:
        visit.pay()
    else:
        visit.cancel("Payment declined")


def _run(visit: Visit) -> None:
    rng = visit.rng
    first = size(rng)
    visit.put(DROP, first, rng.randrange(1, LIMIT + 1))
    visit.start()
    for number in range(rng.randrange(3)):
        visit.wait(0.008, 0.12)
        visit.put(DROP, (first + 1 + number) % len(DROP.variants), 1)
        visit.update()
    way = rng.random()
    if way < 0.35:
        visit.wait(0.06, 0.4)
        visit.checkout()
    if way < 0.2:
        visit.wait(0.8, 4)
        visit.pay()
    elif way < 0.25:
        visit.wait(0.8, 4)
        visit.cancel("Payment declined")
    elif way < 0.35 or way > 0.9:
        visit.wait(20, 400)
        visit.empty()
