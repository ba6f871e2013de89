"""Countries by ISO 3166-1 alpha-2 code, found by code or by name in the reader's language."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError

SHORTEST_NAME: Final = 3
"""Latin letters of a name that are searched for; fewer would match half the world. Of other scripts two are enough."""

LONGEST_NAME: Final = 60
"""Characters of a search text that are compared with names."""

# What CLDR lists beside the 249 codes of ISO 3166-1: unions, test and private codes, and territories that ISO only
# reserves. Of these, shops do name Kosovo (XK), Ascension (AC) and Tristan da Cunha (TA).
_NOT_COUNTRIES: Final = frozenset({"CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "UN", "XA", "XB", "ZZ"})

# Short names that everybody types and CLDR's names do not begin with.
_SHORT_NAMES: Final = {"uk": "GB", "usa": "US", "uae": "AE"}

# Letters with a stroke have no decomposition in Unicode.
_STROKES: Final = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "\N{LATIN SMALL LETTER DOTLESS I}": "i", "æ": "ae", "œ": "oe"}
)


@lru_cache(maxsize=64)
def _names(locale: str) -> dict[str, str]:
    tag = locale.partition("-u-")[0].replace("-", "_")
    try:
        territories = Locale.parse(tag).territories
    except (ValueError, UnknownLocaleError):
        territories = Locale("en").territories
    # CLDR lists regions of the world, too, by number.
    return {
        code: name
        for code, name in territories.items()
        if re.fullmatch("[A-Z]{2}", code) and code not in _NOT_COUNTRIES
    }


@lru_cache(maxsize=64)
def _searchable(locale: str) -> tuple[tuple[str, str], ...]:
    return tuple((f" {_folded(name)}", code) for code, name in _names(locale).items())


def codes() -> frozenset[str]:
    """All known codes."""
    return frozenset(_names("en"))


def is_country(code: str) -> bool:
    """Whether the code, in capitals, is a country's."""
    return code in _names("en")


def name(code: str, locale: str) -> str | None:
    """The country's name in the given locale, else in English; None for an unknown code."""
    return _names(locale).get(code) or _names("en").get(code)


@lru_cache(maxsize=256)
def codes_matching(text: str, locale: str) -> frozenset[str]:
    """The countries that a search text may mean: a code, or the beginning of any word of a name, accents aside.

    Names count in the given locale (a BCP 47 tag or Babel's form; unknown ones read as English) and in English.
    """
    wanted = text.strip()
    if len(wanted) > LONGEST_NAME:
        return frozenset()
    found = {wanted.upper()} & codes()
    key = _folded(wanted)
    if key in _SHORT_NAMES:
        found.add(_SHORT_NAMES[key])
    if len(key) >= (SHORTEST_NAME if key.isascii() else 2):
        for names in (_searchable(locale), _searchable("en")):
            found |= {code for name, code in names if f" {key}" in name}
    return frozenset(found)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", letters.translate(_STROKES)).strip()
