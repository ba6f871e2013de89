"""Where the visitors of the labelled sale connect from: networks of real providers, and addresses in them.

Ranges of documentation would not do here: a rule that counts networks or knows hosting must see what a store sees. Who
holds each range was looked up in public routing tables (June 2024); which addresses of it appear is made up.
"""

import random
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

HOME = "DE"
"""The country of the store."""

# Telekom, Vodafone, Telefónica and 1&1 in Germany; elsewhere the largest providers.
_HOMES = {
    "DE": "79.192.0.0/10 84.128.0.0/10 87.128.0.0/10 91.0.0.0/10 93.192.0.0/10 217.224.0.0/11 37.4.0.0/15 77.20.0.0/14 "
    "95.88.0.0/14 178.24.0.0/14 188.96.0.0/12 77.0.0.0/12 89.12.0.0/14 95.112.0.0/13 87.122.0.0/15 2003::/20 2003::/20 "
    "2003::/20 2003::/20 2a02:8100::/27 2a02:8100::/27 2a02:810c::/31 2a01:c22::/31 2a01:c22::/31",
    "AT": "80.108.0.0/15 91.112.0.0/14 212.186.0.0/16 2001:871::/32",
    "CH": "178.192.0.0/13 85.0.0.0/13 84.72.0.0/14 2a02:1200::/27",
    "FR": "86.192.0.0/10 82.64.0.0/14 88.160.0.0/11 176.128.0.0/10 2a01:cb00::/27",
    "NL": "77.160.0.0/12 84.24.0.0/13 188.200.0.0/13 2001:1c00::/24 2a02:a400::/25",
    "PL": "83.0.0.0/11 79.184.0.0/13 2a00:f40::/29",
    "IT": "79.0.0.0/10 87.0.0.0/11 95.224.0.0/11 93.32.0.0/11 2001:b07::/32",
    "ES": "79.144.0.0/12 88.0.0.0/11 83.32.0.0/12 2a02:9000::/23",
    "CZ": "90.176.0.0/13 85.70.0.0/15 2a00:1028::/32",
    "BE": "81.240.0.0/13 84.192.0.0/13 2a02:a000::/26 2a02:1800::/24",
    "GB": "86.128.0.0/10 90.192.0.0/11 82.0.0.0/11 2a00:23c0::/28 2a02:c7c::/31",
    "DK": "80.160.0.0/13 212.10.0.0/16 2a05:f6c0::/29",
    "SE": "78.64.0.0/12 81.224.0.0/12 2001:2040::/27",
    "US": "73.0.0.0/8 24.0.0.0/12 99.0.0.0/11 2601::/20 2600:1700::/28",
    "RO": "86.120.0.0/13 2a02:2f00::/28",
    "BR": "177.32.0.0/12 191.32.0.0/14 2804:14c::/31",
    "IN": "49.32.0.0/13 106.192.0.0/11 117.192.0.0/10 2409:4000::/22",
    "ID": "36.64.0.0/11 114.120.0.0/13",
    "VN": "113.160.0.0/11 14.160.0.0/11 171.224.0.0/11",
    "TR": "78.160.0.0/11 88.224.0.0/11 176.232.0.0/13",
    "MX": "189.128.0.0/10 201.96.0.0/11",
    "TH": "171.96.0.0/13 49.228.0.0/14",
    "PH": "49.144.0.0/13 124.104.0.0/14",
    "ZA": "41.144.0.0/13",
    "CO": "181.48.0.0/13 190.24.0.0/14",
    "AR": "181.0.0.0/13 190.16.0.0/14",
}

# Telephones. At home these are cut into the gateways that the sale's shoppers happen to come through.
_PHONES = {
    "DE": "80.187.64.0/18 109.40.0.0/14 46.114.0.0/15 176.0.0.0/13 2a01:598::/30 2a00:20::/32 2a02:3030::/32",
    "AT": "178.112.0.0/14 77.116.0.0/14",
    "CH": "213.55.128.0/17",
    "FR": "92.184.96.0/19",
    "IT": "151.18.0.0/16",
    "CZ": "89.24.0.0/16 37.188.128.0/17",
    "PL": "37.47.0.0/16",
    "US": "172.58.0.0/16 2607:fb90::/32",
}
_GATEWAYS = 24  # of each range of telephones at home

HOSTING = (
    ("DE", "5.9.0.0/16"), ("DE", "88.198.0.0/16"), ("DE", "116.202.0.0/15"), ("FI", "65.108.0.0/15"),  # Hetzner
    ("DE", "2a01:4f8::/32"), ("DE", "3.120.0.0/14"), ("DE", "18.184.0.0/15"), ("DE", "52.28.0.0/15"),  # Hetzner, Amazon
    ("FR", "54.36.0.0/15"), ("FR", "2001:41d0::/32"), ("DE", "164.90.160.0/19"),  # OVH, DigitalOcean
    ("DE", "34.89.128.0/17"),  # Google
)  # fmt: skip
"""Countries and networks of machines for rent."""

PROXIES = (
    ("DE", "87.122.0.0/15"), ("RO", "86.120.0.0/13"), ("PL", "79.184.0.0/13"), ("GB", "82.0.0.0/11"),
    ("US", "191.101.128.0/17"), ("US", "138.199.0.0/18"),
)  # fmt: skip
"""Countries and networks that whole /24s are let from: of providers, or of hosts that call them residential."""

_VPNS = ("146.70.0.0/16", "138.199.0.0/18", "89.187.160.0/19", "193.32.248.0/22")  # M247, Datacamp, 31173
_RELAYS = ("172.224.224.0/19", "146.75.128.0/17", "2a04:4e41::/32")  # Apple's, run by Akamai and Fastly
_FILTERS = ("165.225.72.0/22", "147.161.160.0/20")  # Zscaler: all of a company's traffic, wherever it sits
_OFFICES = ("217.110.0.0/16", "212.202.0.0/16", "87.193.128.0/17", "62.153.128.0/17", "80.146.128.0/17")

_FROM_HOME = {
    "DE": 700, "AT": 80, "CH": 50, "FR": 30, "NL": 30, "PL": 20, "IT": 20, "ES": 15, "CZ": 15, "GB": 15, "US": 11,
    "BE": 10, "DK": 7, "SE": 7,
}  # fmt: skip
_ABROAD = "BR IN ID VN TR MX TH PH ZA CO AR RO PL US FR ES".split()


def country(rng: random.Random) -> str:
    """Where one of the store's shoppers lives: mostly its own country."""
    return rng.choices(list(_FROM_HOME), list(_FROM_HOME.values()))[0]


def abroad(rng: random.Random) -> str:
    """One of the countries that proxies in other people's homes are let from."""
    return rng.choice(_ABROAD)


def at_home(country: str, rng: random.Random) -> str:
    """The address of somebody's home in one of the countries known here; KeyError for another."""
    return address(rng.choice(_HOMES[country].split()), rng)


def gateways(rng: random.Random) -> tuple[str, ...]:
    """The /24s and /48s that telephones of the store's country come through on one evening, many behind each."""
    return tuple(
        part(network, 48 if ":" in network else 24, rng) for network in _PHONES[HOME].split() for _ in range(_GATEWAYS)
    )


def on_the_way(country: str, rng: random.Random) -> str:
    """The address of a telephone abroad; where no network of telephones is known here, one at home."""
    networks = _PHONES.get(country)
    return address(rng.choice(networks.split()), rng) if networks else at_home(country, rng)


def vpn(rng: random.Random) -> str:
    """A way out of one of the services that hide their customers' addresses."""
    return address(rng.choice(_VPNS), rng)


def relay(rng: random.Random) -> str:
    """A way out of the relay that Safari uses for those who pay for it."""
    return address(rng.choice(_RELAYS), rng)


def filtered(rng: random.Random) -> str:
    """A way out of a filter that companies send their traffic through."""
    return address(rng.choice(_FILTERS), rng)


def office(rng: random.Random) -> str:
    """The fixed address of a company in the store's country."""
    return address(rng.choice(_OFFICES), rng)


def address(network: str, rng: random.Random) -> str:
    """Any host of a network."""
    whole = _network(network)
    if isinstance(whole, IPv4Network):
        # Neither the first nor the last of a /24 is given to anyone.
        first = int(whole.network_address) + (rng.randrange(whole.num_addresses) & ~255)
        size = min(256, whole.num_addresses)
        return str(IPv4Address(first + rng.randrange(1, size - 1)))
    return str(IPv6Address(int(whole.network_address) | rng.getrandbits(128 - whole.prefixlen)))


def part(network: str, length: int, rng: random.Random) -> str:
    """A smaller network of ``length`` bits inside a network."""
    return str(ip_network(f"{address(network, rng)}/{length}", strict=False))


def beside(ip: str, rng: random.Random) -> str:
    """Another device of the same home: the same IPv4 address, or another one of the same /64."""
    home = ip_address(ip)
    if isinstance(home, IPv4Address):
        return ip
    return str(IPv6Address(int(home) >> 64 << 64 | rng.getrandbits(64)))


@cache
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)
