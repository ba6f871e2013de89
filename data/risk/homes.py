"""The countries in which a currency is legal tender today, from CLDR."""

from functools import cache

from babel.core import get_global
from babel.numbers import get_territory_currencies


@cache
def homes(currency: str) -> frozenset[str]:
    """ISO 3166-1 codes; empty for a currency that is nobody's."""
    territories = get_global("territory_currencies")
    return frozenset(code for code in territories if currency in get_territory_currencies(code))
