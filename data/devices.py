"""What a user agent says of itself: the kind of device, and a short name of browser and system."""

import re
from functools import lru_cache

# Cubot makes telephones.
_BOT = re.compile(
    r"(?<!\bcu)bot|crawl|spider|probe|monitor|curl|wget|python|java/|go-http|headless|scrapy|httpclient", re.I
)
_BOT_NAME = re.compile(r"[\w-]{0,40}(?:bot|crawler|spider)\b(?:/[\d.]{1,20})?", re.I)
_TABLET = re.compile(r"ipad|tablet|kindle|silk/|android(?!.*mobile)", re.I)
_MOBILE = re.compile(r"iphone|ipod|mobile|android", re.I)
_DESKTOP = re.compile(r"windows nt|macintosh|x11|cros ", re.I)

# In the order in which they must be asked: every browser also claims to be those below it.
_BROWSERS = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+).*Safari")),
)
_SYSTEMS = (
    ("Windows", re.compile(r"Windows")),
    ("iPadOS", re.compile(r"iPad")),
    ("iOS", re.compile(r"iPhone|iPod")),
    ("Android", re.compile(r"Android")),
    ("ChromeOS", re.compile(r"CrOS")),
    ("macOS", re.compile(r"Macintosh")),
    ("Linux", re.compile(r"Linux|X11")),
)


@lru_cache(maxsize=4096)
def device(user_agent: str | None) -> str:
    """``desktop``, ``mobile``, ``tablet``, ``bot`` or ``unknown``."""
    if not user_agent:
        return "unknown"
    for kind, pattern in (("bot", _BOT), ("tablet", _TABLET), ("mobile", _MOBILE), ("desktop", _DESKTOP)):
        if pattern.search(user_agent):
            return kind
    return "unknown"


def described(user_agent: str | None) -> str | None:
    """``Chrome 128 on Windows``; a bot's own name; the first word of the user agent where nothing is recognised."""
    if not user_agent or not user_agent.strip():
        return None
    if device(user_agent) == "bot" and (named := _BOT_NAME.search(user_agent)):
        return named[0]
    system = next((name for name, pattern in _SYSTEMS if pattern.search(user_agent)), None)
    for name, pattern in _BROWSERS:
        found = pattern.search(user_agent)
        if found:
            return f"{name} {found[1]}" + (f" on {system}" if system else "")
    return user_agent.split()[0][:60]
