"""Relative times as the product writes them: ``33m ago``, ``21h ago``, ``3d ago``, then months and years, never weeks.

Babel's own ``format_timedelta`` turns ten days into a week, and raises for locales without narrow forms; so the unit
is chosen here, and the form falls back from narrow to short to long. ``assets/times.js`` does the same with the same
patterns.
"""

from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal

UNITS = (("year", 365 * 86400), ("month", 30 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60))
"""Units and their seconds, longest first; a unit is used from its first full one on."""


def words(seconds: float, locale: Locale, just_now: str) -> str:
    """``seconds`` ago (negative: from now); less than a minute is ``just_now``."""
    for unit, length in UNITS:
        count = int(abs(seconds) // length)
        if count:
            forms = _forms(str(locale), unit, "future" if seconds < 0 else "past")
            pattern = forms.get(locale.plural_form(count)) or forms["other"]
            return pattern.replace("{0}", format_decimal(count, locale=locale))
    return just_now


def patterns(locale: Locale, just_now: str) -> dict[str, str]:
    """All patterns by ``unit.direction.category`` (such as ``minute.past.other``: ``{0}m ago``), and ``now``."""
    found = {
        f"{unit}.{direction}.{category}": pattern
        for unit, _ in UNITS
        for direction in ("past", "future")
        for category, pattern in _forms(str(locale), unit, direction).items()
    }
    return {"now": just_now, **found}


@lru_cache(maxsize=512)
def _forms(locale: str, unit: str, direction: str) -> dict[str, str]:
    """A unit's patterns by plural category. Raises LookupError for a locale without any, which CLDR does not have."""
    parsed = Locale.parse(locale)
    # CLDR writes "33 min ago" for Britain and "33 mins ago" for Australia. The product's labels are one English.
    fields = (Locale("en") if parsed.language == "en" else parsed)._data["date_fields"]
    for form in ("-narrow", "-short", ""):
        forms = fields.get(unit + form, {}).get(direction)
        if forms and "other" in forms:
            return dict(forms)
    raise LookupError(f"no relative times for {unit} in {locale}")
