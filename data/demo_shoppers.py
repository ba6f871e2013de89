"""Who visits the demo's shops: countries, addresses, browsers, and the people and machines that stand out.

Addresses come only from ranges that are reserved for documentation and benchmarks (RFC 5737, 3849, 2544), so no
address of the demo belongs to anyone.
"""

import base64
import random
import string
from dataclasses import dataclass
from ipaddress import IPv6Address

from data.demo_catalogue import SHOPS, Shop

HOARDER_NETWORK = "203.0.113"
"""The first /24 that hoarders come from; later ones lie in 198.19.192.0/18, which no country has."""

_OFFICE = "198.51.100.20"
_CRAWLER = "192.0.2.10"
_CRAWLER_AGENT = "ShelfProbe/2.4 (+https://probe.example/about; monitoring crawler)"
_SCRIPT_AGENT = "python-requests/2.32.3"

_LANGUAGES = {
    "US": "en-US", "CA": "en-CA", "GB": "en-GB", "DE": "de-DE", "CZ": "cs-CZ", "FR": "fr-FR", "NL": "nl-NL",
    "SE": "sv-SE", "NO": "nb-NO", "AU": "en-AU", "NZ": "en-NZ", "IT": "it-IT", "ES": "es-ES", "PL": "pl-PL",
    "AT": "de-AT", "CH": "de-CH", "JP": "ja-JP", "KR": "ko-KR", "BR": "pt-BR", "MX": "es-MX", "IE": "en-IE",
    "DK": "da-DK", "FI": "fi-FI", "IN": "en-IN", "SG": "en-SG", "ZA": "en-ZA", "SK": "sk-SK", "HU": "hu-HU",
    "TW": "zh-TW",
}  # fmt: skip
_COUNTRIES = tuple(_LANGUAGES)
_NETWORKS = 448  # the /24s of 198.18.0.0/16 and of 198.19.0.0/16 up to 198.19.191.0

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0"
_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"

# (user agent, how many of 100 shoppers); {v} becomes a recent version.
_AGENTS: tuple[tuple[str, int], ...] = (
    (f"{_WINDOWS} {_CHROMIUM} Safari/537.36", 20),
    (f"{_MAC} {_CHROMIUM} Safari/537.36", 9),
    (f"{_WINDOWS} {_CHROMIUM} Safari/537.36 Edg/{{v}}.0.0.0", 7),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0", 5),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0", 3),
    (f"{_MAC} {_WEBKIT} Version/18.4 Safari/605.1.15", 9),
    (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) {_WEBKIT} Version/18.4 Mobile/15E148 Safari/604.1", 21),
    (f"Mozilla/5.0 (Linux; Android 10; K) {_CHROMIUM} Mobile Safari/537.36", 17),
    (f"Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) {_WEBKIT} Version/17.7 Mobile/15E148 Safari/604.1", 5),
    (f"Mozilla/5.0 (Linux; Android 14; Tablet) {_CHROMIUM} Safari/537.36", 4),
)
_URLSAFE = string.ascii_letters + string.digits + "-_"


@dataclass(frozen=True, slots=True)
class Shopper:
    """What a shop's page can tell of its visitor; None where it could not."""

    ip: str | None
    country: str | None
    user_agent: str | None
    accept_language: str | None
    device_id: str | None

    def fields(self) -> dict[str, object]:
        """What is known, under the public names of an event."""
        known = {
            "ip": self.ip,
            "country": self.country,
            "user_agent": self.user_agent,
            "accept_language": self.accept_language,
            "device_id": self.device_id,
        }
        return {name: value for name, value in known.items() if value is not None}


def regular(country: str, rng: random.Random) -> Shopper:
    """Somebody at home or on the phone. One in 25 blocks what tells where they are: their country stays unknown."""
    device = _device_id(rng) if rng.random() < 0.85 else None
    if rng.random() < 0.04:
        return Shopper(None, None, _agent(rng), None, device)
    return Shopper(_address(country, rng), country, _agent(rng), _accepted(country), device)


def hoarder(shop: Shop, ring: int, rng: random.Random) -> Shopper:
    """One visit of a ring that takes stock from changing addresses of one /24, with few devices between them."""
    circle = random.Random(f"ring/{shop.domain}/{ring}")
    network = HOARDER_NETWORK if ring == 0 else f"198.19.{circle.randrange(192, 256)}"
    country = circle.choice(list(shop.countries)[:8])
    devices = [_device_id(circle) for _ in range(2)]
    agents = [_agent(circle), _agent(circle)]
    which = rng.randrange(2)
    return Shopper(f"{network}.{rng.randrange(11, 29)}", country, agents[which], _accepted(country), devices[which])


def colleague(shop: Shop, rng: random.Random) -> Shopper:
    """One of many behind the single address of an office: their own browser and device each."""
    return Shopper(_OFFICE, shop.home, _agent(rng), _accepted(shop.home), _device_id(rng))


def crawler(shop: Shop) -> Shopper:
    """A monitoring service that says what it is."""
    return Shopper(_CRAWLER, shop.home, _CRAWLER_AGENT, None, None)


def card_tester(shop: Shop, ring: int) -> Shopper:
    """A script that tries stolen cards: one address, no device, the user agent of a programming library."""
    circle = random.Random(f"tester/{shop.domain}/{ring}")
    country = circle.choice(list(shop.countries))
    return Shopper(f"198.51.100.{circle.randrange(100, 200)}", country, _SCRIPT_AGENT, None, None)


def cart_token(rng: random.Random) -> str:
    """A cart token in one of the shapes that shop systems use."""
    shape = rng.random()
    if shape < 0.55:
        return "".join(rng.choices(_URLSAFE, k=16))
    if shape < 0.70:
        return f"{rng.getrandbits(128):032x}"
    if shape < 0.80:
        return f"c1-{rng.getrandbits(128):032x}"
    if shape < 0.92:
        return "".join(rng.choices(string.ascii_letters + string.digits, k=24))
    inner = "gcp-us-central1:01" + "".join(rng.choices(string.ascii_uppercase + string.digits, k=24))
    return base64.b64encode(inner.encode()).decode().rstrip("=")


def _address(country: str, rng: random.Random) -> str:
    if rng.random() < 0.5:
        # 2001:db8::/32, then the country and a household of it (together a /48), then a host.
        household = _COUNTRIES.index(country) << 11 | rng.randrange(1 << 11)
        return str(IPv6Address((0x20010DB8 << 96) | (household << 80) | rng.getrandbits(64)))
    network = rng.choice(_OF_COUNTRY[country])
    return f"198.{18 + network // 256}.{network % 256}.{rng.randrange(1, 255)}"


def _shares() -> dict[str, range]:
    """Networks for each country by how many shoppers it sends an hour, so that each network has about as many."""
    hourly = {
        country: sum(3600 / shop.pace * shop.countries.get(country, 0) / sum(shop.countries.values()) for shop in SHOPS)
        for country in _COUNTRIES
    }
    spare = _NETWORKS - 2 * len(_COUNTRIES)
    shares: dict[str, range] = {}
    first = 0
    for country, arrivals in hourly.items():
        beyond = first + 2 + int(spare * arrivals / sum(hourly.values()))
        shares[country] = range(first, beyond)
        first = beyond
    return shares


_OF_COUNTRY = _shares()


def _agent(rng: random.Random) -> str:
    template = rng.choices([agent for agent, _ in _AGENTS], [weight for _, weight in _AGENTS])[0]
    return template.format(v=rng.randrange(134, 141))


def _accepted(country: str) -> str:
    language = _LANGUAGES[country]
    base = language.partition("-")[0]
    return f"{language},{base};q=0.9" if base == "en" else f"{language},{base};q=0.9,en;q=0.7"


def _device_id(rng: random.Random) -> str:
    return f"d-{rng.getrandbits(48):012x}"
