"""Money in minor units with its currency's exponent. Formatting is the edge's business (``ui/language``)."""

from decimal import Decimal, InvalidOperation
from typing import Final

from babel import Locale

# Minor units of ISO 4217 (List One). CLDR's display digits differ for some (HUF, TWD, IDR), so they are not used.
_DEFAULT: Final = 2
_EXCEPTIONS: Final[dict[str, int]] = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),
        0,
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_CODES: Final = frozenset(Locale("en").currencies)
_LARGEST: Final = 2**63 - 1


def known(currency: str) -> bool:
    """Whether this is an ISO 4217 code, in capitals."""
    return currency in _CODES


def exponent(currency: str) -> int:
    """How many decimals the currency has. Raises ValueError for one that is not known."""
    if not known(currency):
        raise ValueError("must be a currency of ISO 4217, such as EUR")
    return _EXCEPTIONS.get(currency, _DEFAULT)


def to_minor(amount: str | Decimal, currency: str) -> int:
    """``49.95`` USD as 4995. Raises ValueError, in words for whoever sent it, when it is not such an amount.

    Sources mix ``52000.00`` and ``52000.0``, and write yen as ``23600.00``: zeros beyond the exponent are fine.
    """
    digits = exponent(currency)
    try:
        value = Decimal(amount) if not isinstance(amount, str) or len(amount) <= 40 else Decimal("NaN")
    except InvalidOperation:
        raise ValueError('must be a decimal amount, such as "49.95"') from None
    if not value.is_finite() or abs(value.adjusted()) > 25:
        raise ValueError('must be a decimal amount, such as "49.95"')
    minor = value.scaleb(digits)
    if minor != minor.to_integral_value():
        raise ValueError(f"must have at most {digits} decimals in {currency}")
    if abs(minor) > _LARGEST:
        raise ValueError("is too large")
    return int(minor)


def to_major(minor: int, currency: str) -> Decimal:
    """4995 as ``49.95``."""
    return Decimal(minor).scaleb(-exponent(currency))
