"""Countries by ISO 3166-1 alpha-2 code, found by code or by name in the reader's language."""

import re
import unicodedata
from functools import lru_cache

from babel import Locale, UnknownLocaleError

SHORTEST_NAME = 3
"""Letters of a name that are searched for; fewer would match half the world."""


@lru_cache(maxsize=64)
def _names(locale: str) -> dict[str, str]:
    try:
        territories = Locale.parse(locale.replace("-", "_")).territories
    except (ValueError, UnknownLocaleError):
        territories = Locale("en").territories
    # CLDR also lists regions by number, and groups and pseudo-regions that no shopper lives in.
    groups = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
    return {code: name for code, name in territories.items() if re.fullmatch("[A-Z]{2}", code) and code not in groups}


def codes() -> frozenset[str]:
    """All known codes."""
    return frozenset(_names("en"))


def is_country(code: str) -> bool:
    """Whether the code, in capitals, is a country's."""
    return code in _names("en")


def name(code: str, locale: str) -> str | None:
    """The country's name in the given locale; None for an unknown code."""
    return _names(locale).get(code)


@lru_cache(maxsize=256)
def codes_matching(text: str, locale: str) -> frozenset[str]:
    """The countries that a search text may mean: a code, or the beginning of any word of a name, accents aside."""
    wanted = text.strip()[:60]
    found = {wanted.upper()} & codes()
    key = _folded(wanted)
    if len(key) >= SHORTEST_NAME:
        for names in (_names(locale), _names("en")):
            found |= {code for code, full in names.items() if f" {key}" in f" {_folded(full)}"}
    return frozenset(found)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", letters).strip()
