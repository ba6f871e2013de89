"""The shop of the labelled sale: a store for sneakers on the evening of a drop. Made up; the domain can never exist."""

import random
from datetime import timedelta

from data.demo_catalogue import Product

DOMAIN = "kante-sneaker.example"
CURRENCY = "EUR"

HOLD = timedelta(minutes=15)
"""How long a cart of this shop holds stock, from its beginning and again from each renewal."""

MOST_RENEWALS = 20
LIMIT = 4
"""Pairs of one size that the shop lets one cart hold."""

_SIZES = ("38", "39", "40", "41", "42", "43", "44", "45", "46")
_WANTED = (3, 4, 7, 13, 18, 17, 13, 7, 4)
_CLOTHING = ("S", "M", "L", "XL")

DROP = Product("K-90 „Nordlicht“", "KS-K90-NL", "189.00", _SIZES)
"""What the sale is about. Nobody can take it before the opening."""

CHEAPEST = Product("Stickerbogen", "KS-STICK", "3.90", popularity=2)

PRODUCTS = (
    Product("K-90 Grau", "KS-K90-GR", "149.00", _SIZES, popularity=9),
    Product("Terrasse Low", "KS-TERR", "109.95", _SIZES, popularity=11),
    Product("Halle Retro", "KS-HALLE", "89.95", _SIZES, popularity=10),
    Product("Kante Runner 2", "KS-RUN2", "134.00", _SIZES, popularity=8),
    Product("Kinder-Halle", "KS-HALLE-K", "59.95", ("28", "30", "32", "34"), popularity=4),
    Product("Hoodie schwer", "KS-HOOD", "84.00", _CLOTHING, popularity=6),
    Product("T-Shirt Kante", "KS-TEE", "34.90", _CLOTHING, popularity=8),
    Product("Tennissocken, drei Paar", "KS-SOCK-3", "16.90", ("36–40", "41–46"), popularity=12),
    Product("Schnürsenkel, flach", "KS-LACE", "6.50", ("Weiß", "Schwarz", "Neon"), popularity=6),
    Product("Pflegeset", "KS-CARE", "19.50", popularity=5),
    Product("Turnbeutel", "KS-BAG", "24.90", ("Schwarz", "Oliv"), popularity=4),
    CHEAPEST,
)
"""What the shop sells on any day."""


def any_product(rng: random.Random) -> Product:
    """One of the usual products, popular ones more often."""
    return rng.choices(PRODUCTS, [product.popularity for product in PRODUCTS])[0]


def size(rng: random.Random, *, of: Product = DROP) -> int:
    """The position of a variant that somebody wants: of shoes, middle sizes more often."""
    if of.variants == _SIZES:
        return rng.choices(range(len(_SIZES)), _WANTED)[0]
    return rng.randrange(len(of.variants))
