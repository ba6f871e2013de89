"""The risk levels of a session. They never derive from its status, nor the status from them."""

from enum import StrEnum


class RiskLevel(StrEnum):
    """How much concern a session deserves."""

    NORMAL = "normal"
    MONITORED = "monitored"
    REVIEW = "review"
    RESTRICTED = "restricted"


class Decision(StrEnum):
    """What a merchant decided about a session; it stands until the merchant changes it."""

    RESTRICTED = "restricted"
    CLEARED = "cleared"


def effective(assessed: RiskLevel, decision: Decision | None) -> RiskLevel:
    """The level that counts: the merchant's decision where there is one, else the assessment's."""
    if decision is Decision.RESTRICTED:
        return RiskLevel.RESTRICTED
    if decision is Decision.CLEARED:
        return RiskLevel.NORMAL
    return assessed
