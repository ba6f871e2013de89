"""The labelled sale: one evening of one store, made up, where it is known of every session what was behind it.

Shoppers come as on any evening for three hours; then a drop opens, half of all shoppers come within a quarter of an
hour, and others for the rest of the hour. Among them are attackers, and some who only look like attackers. It is there
to measure rules with, so it was written apart from them, and nothing in it is fitted to any.

How large each kind is, is a choice and not a finding: attacks are about 1.6% of all sessions, traps about 3%.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from data import labelled_holders as holders
from data import labelled_programs as programs
from data import labelled_traps as traps
from data.labelled_shop import CURRENCY, DOMAIN
from data.labelled_shoppers import ordinary
from data.labelled_visit import Visit, in_order


class SaleKind(StrEnum):
    """What is behind a session."""

    SHOPPER = "shopper"
    OFFICE = "office"
    MOBILE_CARRIER = "mobile_carrier"
    EAGER_FAN = "eager_fan"
    MONITORING_CRAWLER = "monitoring_crawler"
    HOARDER = "hoarder"
    ROTATION_24 = "rotation_24"
    RESIDENTIAL = "residential"
    RENEWAL_ABUSE = "renewal_abuse"
    CARD_TESTER = "card_tester"
    HEADLESS = "headless"
    SLOW_HUMANLIKE = "slow_humanlike"

    @property
    def is_attack(self) -> bool:
        """Whether a merchant would want it stopped."""
        return self in ATTACKS


_Part = Callable[[datetime, random.Random, int], list[Visit]]

# Each with its size among 10,000 shoppers: sessions; for an office and a carrier people, some of whom come twice.
_ATTACKS: dict[SaleKind, tuple[_Part, int]] = {
    SaleKind.HOARDER: (holders.hoarder, 40),
    SaleKind.ROTATION_24: (holders.rotation_24, 40),
    SaleKind.RESIDENTIAL: (holders.residential, 25),
    SaleKind.RENEWAL_ABUSE: (holders.renewal_abuse, 20),
    SaleKind.CARD_TESTER: (programs.card_tester, 25),
    SaleKind.HEADLESS: (programs.headless, 20),
    SaleKind.SLOW_HUMANLIKE: (holders.slow_humanlike, 15),
}
_TRAPS: dict[SaleKind, tuple[_Part, int]] = {
    SaleKind.OFFICE: (traps.office, 40),
    SaleKind.MOBILE_CARRIER: (traps.mobile_carrier, 120),
    SaleKind.EAGER_FAN: (traps.eager_fan, 75),
    SaleKind.MONITORING_CRAWLER: (traps.monitoring_crawler, 88),
}
ATTACKS, TRAPS = frozenset(_ATTACKS), frozenset(_TRAPS)

_USUAL = 10_000
_SMALLEST = 4  # sessions of a kind, however few shoppers there are


@dataclass(frozen=True, slots=True)
class LabelledSale:
    """The evening. ``documents`` are events in the public format in the order of time, each with an id.

    ``kinds`` has every cart token; ``chargebacks`` those whose payment was taken back weeks later.
    """

    documents: list[dict[str, object]]
    kinds: Mapping[str, SaleKind]
    chargebacks: frozenset[str]
    currency: str = CURRENCY
    domain: str = DOMAIN


def labelled_sale(seed: int, shoppers: int = _USUAL, *, opened_at: datetime) -> LabelledSale:
    """The sale that opens at ``opened_at`` (with its zone) for so many ordinary shoppers; some come more than once.

    The same arguments give the same sale. Attacks and traps are as large as they are for the number of shoppers: with
    more than 10,000 there are more of them, with fewer they are smaller, but never absent.
    """
    rng = random.Random(seed)
    opened_at = opened_at.astimezone(UTC)
    visits = {SaleKind.SHOPPER: ordinary(opened_at, _stream(rng), shoppers)}
    for kind, (play, size) in (_ATTACKS | _TRAPS).items():
        stream, scale = _stream(rng), shoppers / _USUAL
        operations = max(1, round(scale))
        visits[kind] = [
            visit
            for _ in range(operations)
            for visit in play(
                opened_at, stream, max(_SMALLEST, round(size * scale / operations * stream.uniform(0.92, 1.08)))
            )
        ]
    return LabelledSale(
        documents=in_order(visit for some in visits.values() for visit in some),
        kinds=MappingProxyType({visit.token: kind for kind, some in visits.items() for visit in some}),
        chargebacks=_chargebacks(visits, _stream(rng)),
    )


def _stream(rng: random.Random) -> random.Random:
    """Numbers for one kind: what is changed in one does not change the others."""
    return random.Random(rng.getrandbits(64))


def _chargebacks(visits: Mapping[SaleKind, list[Visit]], rng: random.Random) -> frozenset[str]:
    """Nearly every stolen card that went through, and a few who say that they never bought."""
    chances = {SaleKind.CARD_TESTER: 0.85, SaleKind.HEADLESS: 0.1, SaleKind.RESIDENTIAL: 0.2}
    return frozenset(
        visit.token
        for kind, some in visits.items()
        for visit in some
        if visit.bought and rng.random() < chances.get(kind, 0.0015)
    )
