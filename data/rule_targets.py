"""What a merchant's decision can be about: a session, an IP, a network or a device."""

from enum import StrEnum


class Target(StrEnum):
    """The kind of thing that a rule names, the most particular first: of two that differ, the first counts."""

    SESSION = "session"
    DEVICE = "device"
    IP = "ip"
    NETWORK = "network"
