"""The demo's shoppers before anything is stored: who comes when, and from where."""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from itertools import pairwise

import pytest

from data.demo import LATEST
from data.demo_catalogue import OUTDOOR, SHOPS, Shop
from data.demo_sale import Sale
from data.demo_script import Report
from data.event_format import parse
from tests.factories import NOON


def test_another_seed_gives_other_sessions() -> None:
    ours, others = (Sale(OUTDOOR, seed, "first", NOON).history() for seed in (7, 8))
    assert len(ours) == len(others) == 115
    assert {visit.cart_token for visit in ours} & {visit.cart_token for visit in others} == {"I7D_WJdza-gEmqks"}


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.currency)
def test_an_hour_of_arrivals_is_even_and_readable(shop: Shop) -> None:
    sale = Sale(shop, 7, "first", NOON)
    visits = [
        visit
        for now in (NOON + timedelta(seconds=s) for s in range(0, 3600, 30))
        for visit in sale.arrivals(now - LATEST, now)
    ]
    starts = [visit.acts[0].at for visit in visits]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(starts)]
    assert min(gaps) >= shop.pace * 2 / 3 - 0.01
    assert max(gaps) <= shop.pace * 4 / 3 + 0.01
    assert len({visit.cart_token for visit in visits}) == len(visits) >= 3500 / shop.pace
    for visit in visits:
        for act in visit.acts:
            if isinstance(act, Report):
                parse(act.document, currency="XXX", received_at=act.at)  # raises EventError if it cannot be read


def test_addresses_are_nobodys() -> None:
    reserved = [
        ip_network(text)
        for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32")
    ]
    visits = [visit for shop in SHOPS for visit in Sale(shop, 7, "first", NOON).history()]
    for shop in SHOPS:
        visits += Sale(shop, 7, "later", NOON).arrivals(NOON, NOON + timedelta(minutes=20))
    ips = {ip_address(visit.shopper.ip) for visit in visits if visit.shopper.ip}
    assert len(ips) > 300
    assert {ip.version for ip in ips} == {4, 6}
    assert all(any(ip in network for network in reserved) for ip in ips)
