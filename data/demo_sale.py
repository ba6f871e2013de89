"""Who comes to one of the demo's shops, and when: the days before, then the flash sale for as long as it is asked.

Nothing is remembered between arrivals. Each follows from the seed, the shop, the sale's name and its own number, so a
sale gives the same visits whatever was skipped before.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import lru_cache
from typing import TypeVar

from data import demo_shoppers
from data.demo_catalogue import OUTDOOR, Shop
from data.demo_script import TIMER, Visit
from data.demo_shoppers import Shopper
from data.demo_visits import Behaviour, write
from data.levels import Decision

T = TypeVar("T")

_BEHAVIOURS = {
    Behaviour.BUYS: 40,
    Behaviour.ABANDONS: 20,
    Behaviour.RENEWS: 12,
    Behaviour.EXTENDS: 9,
    Behaviour.CANCELLED: 8,
    Behaviour.PAYS_LATE: 1,
    Behaviour.LETS_GO_SOON: 10,
}
_RESTRICTED_FOR = (
    "Same device on many addresses, takes stock and never buys",
    "Part of a group that holds sale stock from one network",
    "Holds most of the sale jacket without ever reaching the checkout",
)
_CLEARED_FOR = "Company customer: several people share the office's address"

_DAYS = 10.2  # how far back the history goes
_WAVE = 360.0  # seconds from one wave of hoarders to the next
_WAVE_FROM, _WAVE_UNTIL = 25.0, 75.0  # within it, when they come


class _Kind(Enum):
    REGULAR = auto()
    HOARDER = auto()
    COLLEAGUE = auto()
    CRAWLER = auto()
    TESTER = auto()


@dataclass(frozen=True, slots=True)
class _Guest:
    """One visit of the history: ``age`` is how long ago it began, ``ring`` which group of hoarders or testers it is of.

    ``number`` counts the regular ones; the other fields are set where something in particular should be seen.
    """

    age: timedelta
    kind: _Kind = _Kind.REGULAR
    ring: int = 0
    number: int = 0
    behaviour: Behaviour | None = None
    country: str | None = None
    cart: tuple[str, ...] = ()
    known_as: str | None = None
    verdict: tuple[Decision, str] | None = None


# The rows that the product's documentation shows: their ages, a country, a token, and both cart values.
_SHOWN = (
    _Guest(timedelta(minutes=33, seconds=20), behaviour=Behaviour.BUYS, country="CZ", cart=("NF-SOCK-3",),
           known_as="I7D_WJdza-gEmqks"),
    _Guest(timedelta(hours=21, minutes=10), behaviour=Behaviour.BUYS, country="US", cart=("NF-TENT-4X", "NF-BAG-25")),
    _Guest(timedelta(days=3, hours=2), behaviour=Behaviour.ABANDONS, country="DE", cart=("NF-BOOT-RDG",)),
    _Guest(timedelta(days=10, hours=3), behaviour=Behaviour.CANCELLED, country="GB", cart=("NF-LAMP-400",)),
)  # fmt: skip


class Sale:
    """What happens in one shop from ``began_at`` on, and before. ``name`` tells one run of a demo from another."""

    def __init__(self, shop: Shop, seed: int, name: str, began_at: datetime) -> None:
        self.shop = shop
        self._seed = f"{seed}/{shop.domain}/{name}"
        self._began_at = began_at
        self._next = 0

    def history(self) -> list[Visit]:
        """The visits before the sale. Some of them are still going on when it begins."""
        return [self._visit(f"before/{n}", guest) for n, guest in enumerate(self._guests())]

    def arrivals(self, after: datetime, until: datetime) -> Iterator[Visit]:
        """The visits that begin up to ``until`` and were not given yet; those not later than ``after`` are left out."""
        first = int((after - self._began_at).total_seconds() // self.shop.pace)
        self._next = max(self._next, first)
        while (at := self._arrival(self._next)) <= until:
            if at > after:
                yield self._arriving(self._next, at)
            self._next += 1

    def _arrival(self, number: int) -> datetime:
        # In the middle third of its turn: no two at once, and no metronome.
        turn = random.Random(f"{self._seed}/turn/{number}").uniform(1 / 3, 2 / 3)
        return self._began_at + timedelta(milliseconds=round(1000 * self.shop.pace * (number + turn)))

    def _arriving(self, number: int, at: datetime) -> Visit:
        rng = random.Random(f"{self._seed}/who/{number}")
        wave, seconds = divmod((at - self._began_at).total_seconds(), _WAVE)
        chance = rng.random()
        guest = _Guest(self._began_at - at, number=1000 + number)
        if _WAVE_FROM <= seconds < _WAVE_UNTIL and chance < 0.6:
            verdict = (Decision.RESTRICTED, rng.choice(_RESTRICTED_FOR)) if rng.random() < 0.08 else None
            guest = _Guest(guest.age, _Kind.HOARDER, ring=2 + int(wave), verdict=verdict)
        elif number % 41 == 17:
            guest = _Guest(guest.age, _Kind.CRAWLER)
        elif chance > 0.97:
            guest = _Guest(guest.age, _Kind.COLLEAGUE)
        elif 150 <= seconds < 165:
            guest = _Guest(guest.age, _Kind.TESTER, ring=1 + int(wave))
        return self._visit(f"during/{number}", guest)

    def _guests(self) -> Iterator[_Guest]:
        minutes = random.Random(f"{self._seed}/ages")
        large = self.shop is OUTDOOR
        guests = list(_SHOWN) if large else []
        # A few holds end within the first minute, so that it can be watched.
        guests += [
            _Guest(TIMER - timedelta(seconds=left), number=left, behaviour=Behaviour.ABANDONS) for left in (18, 34, 52)
        ]
        guests += _group(_Kind.HOARDER, 8 if large else 6, timedelta(hours=26), minutes, 25.0)
        guests += _group(_Kind.HOARDER, 6 if large else 0, timedelta(minutes=6), minutes, 12.0, ring=1)
        guests += _group(_Kind.COLLEAGUE, 5, timedelta(hours=5), minutes, 40.0)
        guests += _group(_Kind.TESTER, 4 if large else 3, timedelta(hours=50), minutes, 3.0)
        guests += [_Guest(timedelta(hours=1 + 24 * day), _Kind.CRAWLER) for day in range(4 if large else 2)]
        regular = self.shop.history - len(guests)
        for n in range(regular):
            # Most of it recent, the rest thinning out over the days.
            share = (n + minutes.uniform(0.2, 0.8)) / regular
            guests.append(_Guest(timedelta(days=_DAYS * share**2.5), number=n))
        return iter(guests)

    def _visit(self, which: str, guest: _Guest) -> Visit:
        rng = random.Random(f"{self._seed}/{which}")
        token = demo_shoppers.cart_token(rng)
        shopper, behaviour = self._who(guest, rng)
        return write(
            self.shop,
            shopper,
            guest.behaviour or behaviour,
            guest.known_as or token,
            self._began_at - guest.age,
            rng,
            cart=guest.cart,
            verdict=guest.verdict,
        )

    def _who(self, guest: _Guest, rng: random.Random) -> tuple[Shopper, Behaviour]:
        if guest.kind is _Kind.HOARDER:
            return demo_shoppers.hoarder(self.shop, guest.ring, rng), Behaviour.HOARDS
        if guest.kind is _Kind.CRAWLER:
            return demo_shoppers.crawler(self.shop), Behaviour.CRAWLS
        if guest.kind is _Kind.TESTER:
            return demo_shoppers.card_tester(self.shop, guest.ring), Behaviour.TESTS_CARDS
        if guest.kind is _Kind.COLLEAGUE:
            return demo_shoppers.colleague(self.shop, rng), Behaviour.BUYS
        country = guest.country or _dealt(self.shop.countries, f"{self._seed}/countries", guest.number)
        behaviour = _dealt(_BEHAVIOURS, f"{self._seed}/behaviours", guest.number)
        return demo_shoppers.regular(country, rng), behaviour


def _group(
    kind: _Kind, size: int, ago: timedelta, rng: random.Random, minutes: float, *, ring: int = 0
) -> list[_Guest]:
    """Visits that began within so many ``minutes`` before ``ago``; the merchant has decided about some."""
    verdicts: dict[tuple[_Kind, int], tuple[Decision, str]] = {
        (_Kind.HOARDER, 1): (Decision.RESTRICTED, _RESTRICTED_FOR[0]),
        (_Kind.HOARDER, 4): (Decision.RESTRICTED, _RESTRICTED_FOR[1]),
        (_Kind.COLLEAGUE, 3): (Decision.CLEARED, _CLEARED_FOR),
    }
    return [
        _Guest(ago + timedelta(minutes=rng.uniform(0, minutes)), kind, ring=ring, verdict=verdicts.get((kind, n)))
        for n in range(size)
    ]


def _dealt(weights: Mapping[T, int], deck: str, number: int) -> T:
    """The card ``number`` from decks in which each value lies as often as its weight says: even shares, no order."""
    cards = [value for value, weight in weights.items() for _ in range(weight)]
    turn, place = divmod(number, len(cards))
    return cards[_order(f"{deck}/{turn}", len(cards))[place]]


@lru_cache(maxsize=32)
def _order(deck: str, size: int) -> list[int]:
    return random.Random(deck).sample(range(size), size)
