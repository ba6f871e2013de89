"""Money in minor units with its currency's exponent. Formatting is the edge's business (``ui/language``)."""

import re
from decimal import Decimal
from typing import Final

# ISO 4217, List One, without metals, units of account and test codes; and what was withdrawn since 2020, as it is still
# in shops' histories.
_ACTIVE: Final = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
    USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
)
_WITHDRAWN: Final = frozenset({"ANG", "BGN", "CUC", "HRK", "SLL", "ZWL"})

# The minor units of the same list. CLDR's digits are for display and differ (HUF, TWD and IDR with none, for example).
_EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_USUAL: Final = 2

_AMOUNT: Final = re.compile(r"(-?)([0-9]{1,40})(?:\.([0-9]{1,40}))?")
_LARGEST: Final = 2**63 - 1
"""What an integer of the database can hold."""


def known(currency: str) -> bool:
    """Whether this is a currency's code of ISO 4217, in capitals."""
    return currency in _ACTIVE or currency in _WITHDRAWN


def codes() -> frozenset[str]:
    """All known codes."""
    return _ACTIVE | _WITHDRAWN


def exponent(currency: str) -> int:
    """How many decimals the currency has. Raises ValueError for one that is not known."""
    if not known(currency):
        raise ValueError("must be a currency of ISO 4217, such as EUR")
    return _EXPONENTS.get(currency, _USUAL)


def to_minor(amount: str | Decimal, currency: str) -> int:
    """``49.95`` USD as 4995. Raises ValueError, in words for whoever sent it, when it is not such an amount.

    Sources mix ``52000.00`` and ``52000.0``, and write yen as ``23600.00``: zeros beyond the exponent are fine.
    Digits, one point and a leading minus are all that is read: what else Python's Decimal takes (``1e9``, ``1_000``,
    ``NaN``, digits of other scripts) is more likely a mistake of the source than a price.
    """
    digits = exponent(currency)
    parts = _AMOUNT.fullmatch(amount if isinstance(amount, str) else _plain(amount))
    if parts is None:
        raise ValueError('must be a decimal amount, such as "49.95"')
    sign, whole, decimals = parts[1], parts[2], (parts[3] or "").rstrip("0")
    if len(decimals) > digits:
        raise ValueError(f"must have at most {digits} decimals in {currency}" if digits else _whole(currency))
    minor = int(whole + decimals.ljust(digits, "0"))
    if minor > _LARGEST:
        raise ValueError("is too large")
    return -minor if sign else minor


def to_major(minor: int, currency: str) -> Decimal:
    """4995 as ``49.95``."""
    return Decimal(minor).scaleb(-exponent(currency))


def _whole(currency: str) -> str:
    return f"must be a whole amount: {currency} has no decimals"


def _plain(amount: Decimal) -> str:
    # Written out only where that is short: 1e999999 would be a million digits.
    return f"{amount:f}" if amount.is_finite() and abs(int(amount.as_tuple().exponent)) <= 40 else ""
