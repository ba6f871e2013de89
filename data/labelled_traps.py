"""Those of the labelled sale who look like an attack to a careless rule, and are welcome."""

import random
from datetime import datetime, timedelta

from data import labelled_networks as networks
from data import labelled_visitors as visitors
from data.demo_shoppers import Shopper
from data.labelled_networks import HOME
from data.labelled_shop import DROP, LIMIT, PRODUCTS, any_product, size
from data.labelled_shoppers import AFTER, BEFORE, RUSH, arrival, change, visits
from data.labelled_visit import Visit

_PROBES = (
    # (user agent, its share of all checks, where it checks from)
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 "
        "Safari/537.36 PingdomTMS/0.8.5",
        6,
        (("AT", "178.255.152.0/24"), ("AT", "185.180.12.0/24"), ("GR", "5.172.196.0/24")),
    ),
    (
        "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
        3,
        (("US", "69.162.124.224/28"), ("US", "63.143.42.240/28"), ("US", "216.144.248.16/28")),
    ),
    (
        "Better Stack Better Uptime Bot Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 "
        "(KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
        2,
        (("DE", "78.46.190.0/24"), ("FI", "65.108.0.0/15")),
    ),
)


def office(opened_at: datetime, rng: random.Random, size: int) -> list[Visit]:
    """``size`` colleagues behind the one address of their company, most of them at the drop when it opens."""
    ip, country = networks.office(rng), HOME
    found: list[Visit] = []
    for _ in range(size):
        # Some use their telephones over the company's network.
        agent = visitors.phone(rng) if rng.random() < 0.25 else visitors.company_browser(rng)
        at = opened_at + RUSH * rng.betavariate(1, 3) if rng.random() < 0.8 else arrival(opened_at, rng)
        found += visits(visitors.known(ip, country, agent, rng), at, rng, opened_at=opened_at, drop=0.9)
    return found


def mobile_carrier(opened_at: datetime, rng: random.Random, size: int) -> list[Visit]:
    """``size`` telephones that share a handful of a carrier's addresses, and nothing else."""
    network = networks.part(rng.choice(("109.40.0.0/14", "176.0.0.0/13", "80.187.64.0/18")), 24, rng)
    addresses = [networks.address(network, rng) for _ in range(max(2, min(7, size // 17)))]
    found: list[Visit] = []
    for _ in range(size):
        shopper = visitors.known(rng.choice(addresses), HOME, visitors.phone(rng), rng)
        found += visits(shopper, arrival(opened_at, rng), rng, opened_at=opened_at)
    return found


def eager_fan(opened_at: datetime, rng: random.Random, size: int) -> list[Visit]:
    """``size`` sessions of people who want the drop badly: two devices, many changes, and a purchase in the end."""
    gateways = networks.gateways(rng)
    found: list[Visit] = []
    while len(found) < size:
        here = visitors.somebody(rng, gateways)
        devices = [here, visitors.housemate(here, rng)] if rng.random() < 0.6 else [here]
        if rng.random() < 0.5:
            found.append(_rehearsal(here, opened_at, rng))
        carts = rng.choice((1, 2, 2, 3))
        # One cart on each device, and another where a hold was lost.
        starts = sorted(opened_at + timedelta(seconds=rng.expovariate(1 / 25)) for _ in devices)
        for number in range(carts):
            at = (
                starts[number] if number < len(starts) else found[-1].expires_at + timedelta(seconds=rng.uniform(2, 60))
            )
            visit = Visit(devices[number % len(devices)], at, rng)
            _chase(visit, buys=rng.random() < (0.85 if number == carts - 1 else 0.15))
            found.append(visit)
            if visit.bought:
                break
    return found


def _rehearsal(shopper: Shopper, opened_at: datetime, rng: random.Random) -> Visit:
    """A look at whether cart and checkout work, some minutes before."""
    visit = Visit(shopper, opened_at - timedelta(minutes=rng.uniform(1, 40)), rng)
    product = any_product(rng)
    visit.put(product, size(rng, of=product))
    visit.start()
    visit.think(15)
    if rng.random() < 0.4:
        visit.checkout()
        visit.think(30)
    visit.empty()
    return visit


def _chase(visit: Visit, *, buys: bool) -> None:
    rng = visit.rng
    visit.put(DROP, size(rng), rng.choices((1, 2, LIMIT), (55, 30, 15))[0])
    visit.start()
    for _ in range(rng.randrange(3, 11)):
        visit.think(14)
        if rng.random() < 0.5:
            visit.see()
        else:
            change(visit)
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        visit.almost_expire()
        visit.renew()
    if not any(line.product is DROP for line in visit.lines):
        visit.put(DROP, size(rng))
        visit.update()
    if buys:
        visit.think(25)
        visit.checkout()
        visit.think(20)
        visit.pay()
    elif rng.random() < 0.5:
        visit.think(60)
        visit.empty()


def monitoring_crawler(opened_at: datetime, rng: random.Random, size: int) -> list[Visit]:
    """``size`` checks by services that say who they are: something into the cart, on schedule, and out again."""
    found: list[Visit] = []
    for agent, share, places in _PROBES:
        checks = max(1, round(size * share / sum(share for _, share, _ in _PROBES)))
        every = (BEFORE + AFTER) / checks
        first = opened_at - BEFORE + every * rng.random()
        probes = [(country, networks.address(network, rng)) for country, network in places]
        product = rng.choice(PRODUCTS)
        for number in range(checks):
            country, ip = probes[number % len(probes)]
            at = first + every * number + timedelta(seconds=rng.uniform(0, 2))
            visit = Visit(Shopper(ip, country, agent, None, None), at, rng, open_handed=True)
            visit.put(product, 0)
            visit.start()
            visit.wait(0.8, 3.0)
            visit.empty()
            found.append(visit)
    return found
