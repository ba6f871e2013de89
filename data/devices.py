"""What a user agent says of the device, and a short name of browser and system."""

import re
from functools import lru_cache

from data import agents
from data.agents import AgentKind

_PROGRAMS = frozenset({AgentKind.TOOL, AgentKind.HEADLESS, AgentKind.AUTOMATION})
_TABLET = re.compile(r"ipad|tablet|kindle|silk/|android(?!.*mobile)", re.I)
_MOBILE = re.compile(r"iphone|ipod|mobile|android", re.I)
_DESKTOP = re.compile(r"windows nt|macintosh|x11|cros ", re.I)


@lru_cache(maxsize=4096)
def device(user_agent: str | None) -> str:
    """``desktop``, ``mobile``, ``tablet``, ``bot`` or ``unknown``."""
    if not user_agent:
        return "unknown"
    if agents.kind(user_agent) in _PROGRAMS:
        return "bot"
    for kind, pattern in (("tablet", _TABLET), ("mobile", _MOBILE), ("desktop", _DESKTOP)):
        if pattern.search(user_agent):
            return kind
    return "unknown"


def described(user_agent: str | None) -> str | None:
    """``Chrome 128 on Windows``; a program's own name; the first word of the user agent where nothing is recognised."""
    return (agents.name(user_agent) or None) if user_agent else None
