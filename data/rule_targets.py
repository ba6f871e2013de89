"""What a merchant's decision can be about, and what can be done with one."""

from enum import StrEnum


class Target(StrEnum):
    """The kind of thing that a rule names, the most particular first: of two that differ, the first counts."""

    SESSION = "session"
    DEVICE = "device"
    IP = "ip"
    NETWORK = "network"


class RuleAction(StrEnum):
    """What was done, as the audit tells it: with one rule, with the lists as a whole, or with a store's settings."""

    ADDED = "added"
    IMPORTED = "imported"
    RESTORED = "restored"
    REPLACED = "replaced"
    LIFTED = "lifted"
    UNDONE = "undone"
    LAPSED = "lapsed"
    ERASED = "erased"
    EXPORTED = "exported"
    SETTINGS = "settings"
