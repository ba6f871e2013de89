"""Relative times as the product writes them: ``33m ago``, ``21h ago``, ``3d ago``, then months and years, never weeks.

Babel's own ``format_timedelta`` turns ten days into a week, and raises for locales without narrow forms; so the unit
is chosen here, and the form falls back from narrow to short to long.
"""

from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal

UNITS = (("year", 365 * 86400), ("month", 30 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60))


def words(seconds: float, locale: Locale, just_now: str) -> str:
    """``seconds`` ago (negative: from now); less than a minute is ``just_now``."""
    for unit, length in UNITS:
        count = int(abs(seconds) // length)
        if count:
            direction = "future" if seconds < 0 else "past"
            forms = _forms(str(locale), unit, direction)
            pattern = forms.get(locale.plural_form(count)) or forms["other"]
            return pattern.replace("{0}", format_decimal(count, locale=locale))
    return just_now


def patterns(locale: Locale, just_now: str) -> dict[str, str]:
    """All patterns by ``unit.direction.category``, and ``now``."""
    found = {
        f"{unit}.{direction}.{category}": pattern
        for unit, _ in UNITS
        for direction in ("past", "future")
        for category, pattern in _forms(str(locale), unit, direction).items()
    }
    return {"now": just_now, **found}


@lru_cache(maxsize=512)
def _forms(locale: str, unit: str, direction: str) -> dict[str, str]:
    fields = Locale.parse(locale)._data["date_fields"]
    for form in ("-narrow", "-short", ""):
        forms = fields.get(unit + form, {}).get(direction)
        if forms and "other" in forms:
            return dict(forms)
    return {"other": "{0} " + unit}
