"""What the pages of the labelled sale's shop can tell of a visitor: address, country, browser, languages, device."""

import random

from data import labelled_networks as networks
from data.demo_shoppers import Shopper
from data.labelled_networks import HOME

_LANGUAGES = {
    "DE": "de-DE", "AT": "de-AT", "CH": "de-CH", "FR": "fr-FR", "NL": "nl-NL", "PL": "pl-PL", "IT": "it-IT",
    "ES": "es-ES", "CZ": "cs-CZ", "GB": "en-GB", "US": "en-US", "BE": "nl-BE", "DK": "da-DK", "SE": "sv-SE",
    "RO": "ro-RO", "BR": "pt-BR", "IN": "en-IN", "ID": "id-ID", "VN": "vi-VN", "TR": "tr-TR", "MX": "es-MX",
    "TH": "th-TH", "PH": "en-PH", "ZA": "en-ZA", "CO": "es-CO", "AR": "es-AR",
}  # fmt: skip
_OTHER_LANGUAGES = ("en-US", "en-GB", "tr-TR", "pl-PL", "ar", "ru-RU", "uk-UA", "ro-RO", "it-IT", "es-ES")

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_LINUX = "Mozilla/5.0 (X11; Linux x86_64)"
_ANDROID = "Mozilla/5.0 (Linux; Android 10; K)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)"
_BLINK = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{c}.0.0.0"
_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_SAFARI = "Mobile/15E148 Safari/604.1"

# Each with how many of a hundred use it. {c} is a version of Chrome, {f} of Firefox, {s} of Safari.
_DESKTOPS = {
    f"{_WINDOWS} {_BLINK} Safari/537.36": 39,
    f"{_WINDOWS} {_BLINK} Safari/537.36 Edg/{{c}}.0.0.0": 13,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{f}.0) Gecko/20100101 Firefox/{f}.0": 9,
    f"{_WINDOWS} {_BLINK} Safari/537.36 OPR/{{o}}.0.0.0": 4,
    f"{_MAC} {_BLINK} Safari/537.36": 10,
    f"{_MAC} {_WEBKIT} Version/{{s}} Safari/605.1.15": 17,
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:{f}.0) Gecko/20100101 Firefox/{f}.0": 3,
    f"{_LINUX} {_BLINK} Safari/537.36": 2,
    "Mozilla/5.0 (X11; Linux x86_64; rv:{f}.0) Gecko/20100101 Firefox/{f}.0": 2,
    f"{_WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36": 1,
}
_PHONES = {
    f"{_IPHONE} {_WEBKIT} Version/{{s}} {_SAFARI}": 40,
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 16_7_12 like Mac OS X) {_WEBKIT} Version/16.6 {_SAFARI}": 3,
    f"{_IPHONE} {_WEBKIT} CriOS/{{c}}.0.0.0 {_SAFARI}": 4,
    f"{_ANDROID} {_BLINK} Mobile Safari/537.36": 29,
    f"{_ANDROID} AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36": 8,
    "Mozilla/5.0 (Android 16; Mobile; rv:{f}.0) Gecko/{f}.0 Firefox/{f}.0": 2,
    # Drops are told of in these two apps, which open the shop in a window of their own.
    f"{_IPHONE} {_WEBKIT} Mobile/23B85 Instagram 40{{d}}.0.0.29.74 (iPhone16,1; iOS 26_1; de_DE; de; scale=3.00)": 7,
    "Mozilla/5.0 (Linux; Android 15; SM-S92{d}B Build/AP3A.240905.015.A2; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/{c}.0.7444.102 Mobile Safari/537.36 musical_ly_20240{d}0 BytedanceWebview/d8a21c6": 4,
    f"{_ANDROID} {_BLINK} Mobile Safari/537.36 EdgA/{{c}}.0.0.0": 1,
}
_TABLETS = {
    "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{s} "
    "Mobile/15E148 Safari/604.1": 3,
    f"{_ANDROID} {_BLINK} Safari/537.36": 2,
}


def somebody(rng: random.Random, gateways: tuple[str, ...]) -> Shopper:
    """One of the store's shoppers: at home, on the telephone, at work, or behind something that hides the address.

    ``gateways`` are the networks of telephones at home, as ``labelled_networks.gateways`` gives them.
    """
    country, way = networks.country(rng), rng.random()
    if way < 0.37:
        network = rng.choice(gateways)
        ip = networks.address(network, rng) if country == HOME else networks.on_the_way(country, rng)
        return known(ip, country, phone(rng), rng)
    if way < 0.41:
        safari = (_IPHONE, _MAC)[rng.random() < 0.25]
        version = f"{_WEBKIT} Version/26.1 " + (_SAFARI if safari == _IPHONE else "Safari/605.1.15")
        return known(networks.relay(rng), country, f"{safari} {version}", rng)
    if way < 0.43:
        return known(networks.vpn(rng), country, any_browser(rng), rng)
    if way < 0.44 or (way < 0.47 and country == HOME):
        ip = networks.filtered(rng) if way < 0.44 else networks.office(rng)
        return known(ip, country, desktop(rng), rng)
    return known(networks.at_home(country, rng), country, any_browser(rng), rng)


def housemate(of: Shopper, rng: random.Random) -> Shopper:
    """Another device of the same home."""
    ip = of.ip and networks.beside(of.ip, rng)
    return Shopper(ip, of.country, any_browser(rng), of.accept_language, maybe_device_id(rng))


def known(ip: str, country: str, user_agent: str, rng: random.Random) -> Shopper:
    """A person with a browser. One in eight lets no device be recognised."""
    return Shopper(ip, country, user_agent, languages(country, rng), maybe_device_id(rng))


def any_browser(rng: random.Random) -> str:
    """The user agent of a browser at home."""
    kind = rng.random()
    return phone(rng) if kind < 0.47 else tablet(rng) if kind < 0.52 else desktop(rng)


def desktop(rng: random.Random) -> str:
    """The user agent of a browser on a computer."""
    return _filled(_DESKTOPS, rng)


def phone(rng: random.Random) -> str:
    """The user agent of a browser on a telephone."""
    return _filled(_PHONES, rng)


def tablet(rng: random.Random) -> str:
    """The user agent of a browser on a tablet."""
    return _filled(_TABLETS, rng)


def company_browser(rng: random.Random) -> str:
    """The user agent of a computer that a company looks after: the same nearly everywhere."""
    return f"{_WINDOWS} {_BLINK} Safari/537.36".format(c=154) + (" Edg/154.0.0.0" if rng.random() < 0.7 else "")


def languages(country: str, rng: random.Random) -> str:
    """The languages that a browser asks for; some people live elsewhere than where they grew up."""
    language = rng.choice(_OTHER_LANGUAGES) if rng.random() < 0.07 else _LANGUAGES[country]
    base = language.partition("-")[0]
    if rng.random() < 0.3 or base == language:
        return language
    return f"{language},{base};q=0.9" + ("" if base == "en" else ",en-US;q=0.8,en;q=0.7")


def device_id(rng: random.Random) -> str:
    """How the storefront knows a device again."""
    return f"d-{rng.getrandbits(64):016x}"


def maybe_device_id(rng: random.Random) -> str | None:
    """A device; None for the one in eight who lets none be recognised."""
    return device_id(rng) if rng.random() < 0.88 else None


def _filled(agents: dict[str, int], rng: random.Random) -> str:
    agent = rng.choices(list(agents), list(agents.values()))[0]
    # Most browsers update themselves within days; some lag behind by months.
    chrome = rng.choices((155, 154, 153, 152, 150, 147, 142, 138), (46, 34, 8, 4, 3, 2, 2, 1))[0]
    return agent.format(
        c=chrome,
        f=rng.choices((156, 155, 153, 140), (70, 18, 6, 6))[0],
        o=chrome - 16,
        s=rng.choices(("27.0", "26.1", "26.0", "18.6", "18.5"), (30, 38, 14, 13, 5))[0],
        d=rng.randrange(1, 9),
    )
