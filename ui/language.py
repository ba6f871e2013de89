"""A reader's language: the texts of the interface, and numbers, money, dates and countries as the reader writes them.

Texts come from the gettext catalogues in ``assets/locales``; formats from CLDR by Babel. Any locale of Babel's may be
used for formats; texts fall back to English.
"""

import re
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final, Self

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import NumberPattern, format_decimal, format_percent, get_currency_name

from data import countries
from data.money import exponent, to_major
from ui import relative_time

CATALOGUES = Path(__file__).parent.parent / "assets" / "locales"

LANGUAGES: Final[dict[str, str]] = {"en": "English", "de": "Deutsch"}
"""The languages of the texts, each in its own words."""

_LONGEST_HEADER = 500  # characters of Accept-Language that are read
_SAMPLES = (*range(30), 100, 1_000_000)  # numbers that between them meet every plural category of CLDR's integers


@dataclass(frozen=True)
class Language:
    """One reader's language; made by ``choose``."""

    locale: Locale
    code: str

    @classmethod
    def choose(cls, chosen: str | None, accept_language: str | None) -> Self:
        """The reader's own choice, else the browser's header, else English. Unreadable wishes are passed over."""
        wishes = [*([chosen] if chosen else []), *_wishes(accept_language or "")]
        for wish in wishes:
            locale = _locale(wish)
            if locale is not None:
                return cls(locale, locale.language if locale.language in LANGUAGES else "en")
        return cls(Locale("en"), "en")

    @property
    def tag(self) -> str:
        """The BCP 47 tag for the browser's own formats; ``code`` is the one for ``lang``, the language of the texts."""
        tag = str(self.locale).replace("_", "-")
        # Babel writes Latin digits in every locale; what the browser writes has to match.
        return tag if self.locale.default_numbering_system == "latn" else f"{tag}-u-nu-latn"

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``: of the texts, which may be English where the formats are not."""
        return Locale(self.code).text_direction

    # ---- texts

    def text(self, message: str, **values: object) -> str:
        """The message in this language, with ``{name}`` replaced by the values."""
        return _filled(_catalogue(self.code).gettext(message), values)

    def plural(self, singular: str, plural: str, n: int, **values: object) -> str:
        """The form for ``n``, which stands for ``{n}`` as this language writes numbers."""
        message = _catalogue(self.code).ngettext(singular, plural, n)
        return _filled(message, {"n": self.number(n), **values})

    def of_data(self, message: str) -> str:
        """A text of a data file (data/risk/rules.toml) in this language; what stands in braces is left to fill in."""
        return _catalogue(self.code).gettext(message) if message else ""

    def plural_forms(self, singular: str, plural: str) -> dict[str, str]:
        """Every form by its CLDR category, unfilled: for texts that the browser completes."""
        return _forms(self.code, lambda n: _catalogue(self.code).ngettext(singular, plural, n))

    def browser_texts(self) -> dict[str, str]:
        """The patterns of relative times for ``assets/times.js``, such as ``minute.past.other``: ``{0}m ago``."""
        return relative_time.patterns(self.locale, self.text("just now"))

    # ---- formats

    def number(self, n: float) -> str:
        """A number with this language's separators."""
        return format_decimal(n, locale=self.locale)

    def signed(self, n: float) -> str:
        """A number with its sign, and one or two decimals."""
        return format_decimal(n, format="+#,##0.0#;-#,##0.0#", locale=self.locale)

    def share(self, part: float) -> str:
        """A part of one as whole percent."""
        return format_percent(part, locale=self.locale)

    def money(self, minor: int, currency: str) -> str:
        """``3,124.75 USD``: the amount as this language writes it, then the code, kept on one line."""
        amount = _amounts(self.locale, exponent(currency)).apply(to_major(minor, currency), self.locale)
        return f"{amount}\u00a0{currency}"

    def currency(self, code: str) -> str:
        """``EUR · Euro``: the code, by which it is found, and the name where this language has one."""
        name = get_currency_name(code, locale=self.locale)
        return code if name == code else f"{code} · {name}"

    def date_time(self, moment: datetime, zone: tzinfo = UTC) -> str:
        """Date and time in the given zone, with the zone named."""
        return f"{format_datetime(moment, 'medium', tzinfo=zone, locale=self.locale)} {moment.astimezone(zone):%Z}"

    def country(self, code: str | None) -> str:
        """The country's name; Unknown where there is none."""
        return (countries.name(code, str(self.locale)) if code else None) or self.text("Unknown")

    def countries(self) -> dict[str, str]:
        """All countries' names by code."""
        return _country_names(str(self.locale))

    def relative(self, moment: datetime, now: datetime) -> str:
        """``33m ago``."""
        seconds = (now - moment).total_seconds()
        return relative_time.words(seconds, self.locale, self.text("just now"))

    def relative_milliseconds(self, moment: int, now: int) -> str:
        """``33m ago``, for moments in milliseconds UTC."""
        return relative_time.words((now - moment) / 1000, self.locale, self.text("just now"))


@lru_cache(maxsize=64)
def _country_names(locale: str) -> dict[str, str]:
    return {code: countries.name(code, locale) or code for code in sorted(countries.codes())}


@lru_cache(maxsize=64)
def _amounts(locale: Locale, decimals: int) -> NumberPattern:
    """The locale's own way to group digits (3,12,475.00 in India) with a fixed number of decimals."""
    pattern: NumberPattern = copy(locale.decimal_formats[None])
    pattern.frac_prec = (decimals, decimals)
    return pattern


def _filled(message: str, values: dict[str, object]) -> str:
    # Not str.format: a value or a translation must not be able to reach attributes. In one pass: a value stays a value.
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), message)


def _forms(code: str, form: Callable[[int], str]) -> dict[str, str]:
    rule = Locale(code).plural_form
    found: dict[str, str] = {}
    for n in _SAMPLES:
        found.setdefault(rule(n), form(n))
    found.setdefault("other", form(_SAMPLES[-1]))
    return found


@lru_cache(maxsize=8)
def _catalogue(code: str) -> NullTranslations:
    path = CATALOGUES / code / "LC_MESSAGES" / "cartwatch.po"
    if not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _wishes(header: str) -> list[str]:
    """The languages of an Accept-Language header, most wanted first (RFC 9110, 12.5.4)."""
    weighted = []
    for place, part in enumerate(header[:_LONGEST_HEADER].split(",")):
        tag, _, parameter = part.strip().partition(";")
        weight = parameter.strip().removeprefix("q=")
        try:
            weighted.append((-float(weight) if weight else -1.0, place, tag.strip()))
        except ValueError:
            continue
    return [tag for weight, _, tag in sorted(weighted) if weight < 0]


@lru_cache(maxsize=256)
def _locale(tag: str) -> Locale | None:
    if not 2 <= len(tag) <= 35 or not tag.replace("-", "").replace("_", "").isalnum() or not tag.isascii():
        return None
    parts = tag.replace("_", "-").split("-")
    for size in range(len(parts), 0, -1):  # "de-AT-1996" is German even where the variant is not known
        try:
            return Locale.parse("-".join(parts[:size]), sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    return None
