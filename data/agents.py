"""What kind of program a user agent says it is, and what it calls itself.

Crawlers are told by the patterns of ``crawlerdetect``, browsers are named by ``ua-parser``. Anybody can claim anything:
a browser here is whatever does not say that it is something else, and declared automation is declared, not verified.
"""

import re
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

from crawlerdetect.providers import crawlers, exclusions

LONGEST: Final = 1_024
"""Characters of a user agent that are looked at."""

_KEPT: Final = 4_096
"""User agents whose kind is remembered; a shop sees a few hundred on a day."""


class AgentKind(StrEnum):
    """What a user agent says of the program."""

    BROWSER = "browser"
    """A browser or an app: it says nothing else."""
    EMPTY = "empty"
    TOOL = "tool"
    """A programming library or a client of the command line."""
    HEADLESS = "headless"
    """A browser without a window, or one that a program drives."""
    AUTOMATION = "automation"
    """It says who it is: a search engine's crawler, monitoring, an assistant that shops for somebody."""


_HEADLESS = re.compile(
    r"headless\w{0,20}|phantomjs|slimerjs|casperjs|puppeteer|playwright|selenium|webdriver|htmlunit|jsdom|cypress/",
    re.I,
)
# Words that mean a program wherever they stand, and those that do so only where the text begins with them.
_TOOL = re.compile(
    r"""(?<![\w-])(?:
      (?:curl|libcurl|wget|wget2|python-\w{1,20}|aiohttp|httpx|go-http-client|okhttp|apache-httpclient|scrapy|node-fetch
        |axios|undici|superagent|guzzlehttp|libwww-perl|lwp|postmanruntime|insomnia|httpie|(?:windows)?powershell|reqwest
        |restsharp|ureq|colly|mechanize|typhoeus|faraday|http\.rb|winhttp|symfony\ httpclient|lua-resty-http)\b
      |\A(?:java|ruby|php|perl|python|node(?:\.js)?|got|dart|deno|bun|go|hyper|unirest|requests)(?=/|\ \(|\s*\Z)
    )(?:[/\ ]v?[\d.]{1,20})?""",
    re.I | re.X,
)
# Assistants and agents that crawlerdetect may not know yet, by the names that their makers publish.
_AGENT = re.compile(
    r"(?:ChatGPT-User|OAI-SearchBot|GPTBot|Claude-(?:User|SearchBot|Web)|ClaudeBot|Perplexity-User|PerplexityBot"
    r"|MistralAI-User|meta-external(?:agent|fetcher)|Google-Agent|Gemini-Deep-Research|NovaAct|DuckAssistBot"
    r"|Amazon-?BuyForMe|Manus-User|cohere-ai)\b(?:/[\d.]{1,20})?",
    re.I,
)
_BOT_NAME = re.compile(r"[\w-]{0,40}(?:bot|crawler|spider)\b(?:/[\d.]{1,20})?", re.I)
_PRODUCT = re.compile(r"(?<![\w.])[A-Za-z][\w.!-]{0,40}(?:/[\d.]{1,20})?")

# Families of ua-parser say on which device, which the system says too.
_OF_A_DEVICE = re.compile(r" ?\b(?:Mobile|iOS)\b ?")
_SYSTEMS: Final = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS"}


def kind(user_agent: str | None) -> AgentKind | None:
    """The kind of program; None where nothing was reported, which is not the same as an empty user agent."""
    return None if user_agent is None else _kind(user_agent[:LONGEST])


def name(user_agent: str) -> str:
    """``Chrome 128 on Windows``; of other programs what they call themselves; empty for an empty one.

    As it came: not safe for a terminal, and no markup.
    """
    return _name(user_agent[:LONGEST])


@lru_cache(maxsize=_KEPT)
def _kind(text: str) -> AgentKind:
    if not text.strip():
        return AgentKind.EMPTY
    if _HEADLESS.search(text):
        return AgentKind.HEADLESS
    if _TOOL.search(text):
        return AgentKind.TOOL
    if _AGENT.search(text) or is_crawler(text):
        return AgentKind.AUTOMATION
    return AgentKind.BROWSER


@lru_cache(maxsize=256)
def _name(text: str) -> str:
    found: re.Match[str] | None
    match _kind(text):
        case AgentKind.EMPTY:
            return ""
        case AgentKind.BROWSER:
            return _browser(text)
        case AgentKind.HEADLESS:
            found = _HEADLESS.search(text)
        case AgentKind.TOOL:
            found = _TOOL.search(text)
        case _:
            found = _AGENT.search(text) or _BOT_NAME.search(text) or _PRODUCT.search(_peculiar(text))
    return found[0] if found else _first_word(text)


def _browser(text: str) -> str:
    # Only where somebody looks at a name: it takes a tenth of a second to load.
    from ua_parser import parse_os, parse_user_agent

    browser, system = parse_user_agent(text), parse_os(text)
    if browser is None:
        return _first_word(text)
    family = _OF_A_DEVICE.sub(" ", browser.family).strip() or browser.family
    words = f"{family} {browser.major}" if browser.major else family
    if system is None:
        return words
    return f"{words} on {'iPadOS' if 'iPad' in text else _SYSTEMS.get(system.family, system.family)}"


def _first_word(text: str) -> str:
    return text.split()[0][:60]


def _peculiar(text: str) -> str:
    """The text without what every browser says."""
    return _crawlers()[2].sub("", text)


def is_crawler(text: str) -> bool:
    """Whether crawlerdetect knows it; some of what it knows are tools, or headless browsers."""
    words, patterns, _ = _crawlers()
    text = _peculiar(text.strip()).lower()
    return any(map(text.__contains__, words)) or patterns.search(text) is not None


@cache
def _crawlers() -> tuple[tuple[str, ...], re.Pattern[str], re.Pattern[str]]:
    """The words and patterns of crawlers, in small letters, and the pattern of what browsers say, which is no sign.

    crawlerdetect itself tries all its 1,462 patterns at every character: 74 ms for a hostile text of 1,024. Nearly all
    of them are plain words, and those are looked for as such; the rest must not begin with what may match anything.
    """
    plain = {pattern: re.sub(r"\\(\W)", r"\1", pattern) for pattern in crawlers.data}
    words = tuple(word.lower() for pattern, word in plain.items() if _is_plain(pattern))
    patterns = [re.sub(r"^\[[^]]*\]\*", "", pattern) for pattern in crawlers.data if not _is_plain(pattern)]
    return words, re.compile("|".join(patterns), re.I), re.compile("|".join(exclusions.data), re.I)


def _is_plain(pattern: str) -> bool:
    return not re.search(r"[\\\[\](){}*+?|^$.]", re.sub(r"\\\W", "", pattern))
