"""The countries in which a currency is legal tender, from CLDR."""

from datetime import date
from functools import cache

from babel.numbers import get_territory_currencies
from babel.core import get_global


@cache
def homes(currency: str) -> frozenset[str]:
    """ISO 3166-1 codes; empty for a currency that is nobody's."""
    territories = get_global("territory_currencies")
    today = date.today()
    return frozenset(code for code in territories if currency in get_territory_currencies(code, today, today))
