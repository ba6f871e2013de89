"""Kinds and names of programs by what they say of themselves."""

import pytest
from crawlerdetect import CrawlerDetect
from crawlerdetect.providers import crawlers
from hypothesis import given
from hypothesis import strategies as st

from data import agents
from data.agents import AgentKind

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36"
)
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_DECLARED = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; "

BROWSERS = {
    _CHROME: "Chrome 128 on Windows",
    f"{_CHROME} Edg/127.0.0.0": "Edge 127 on Windows",
    f"{_CHROME} OPR/112.0.0.0": "Opera 112 on Windows",
    f"{_IPHONE} Version/17.5 Mobile/15E148 Safari/604.1": "Safari 17 on iOS",
    f"{_IPHONE} CriOS/126.0 Mobile/15E148 Safari/604.1": "Chrome 126 on iOS",
    f"{_IPHONE} Mobile/21F90 Instagram 339.0.3.12.91 (iPhone15,2; iOS 17_5_1; de_DE)": "Instagram 339 on iOS",
    "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/126.3.1 like Chrome/126.0.0.0 "
    "Safari/537.36": "Amazon Silk 126 on Android",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": "Firefox 128 on Linux",
    "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) Chrome/120.0 Mobile": "Chrome 120 on Android",
    "MyShop/3.1 CFNetwork/1496.0.7 Darwin/23.5.0": "MyShop 3 on iOS",
    "Something of its own": "Something",
    "go shopping": "go",
}
TOOLS = {
    "curl/8.5.0": "curl/8.5.0",
    "Wget/1.21.4": "Wget/1.21.4",
    "python-requests/2.32": "python-requests/2.32",
    "Python/3.11 aiohttp/3.9.5": "Python/3.11",
    "Go-http-client/2.0": "Go-http-client/2.0",
    "okhttp/4.12.0": "okhttp/4.12.0",
    "Java/17.0.11": "Java/17.0.11",
    "Scrapy/2.11.2 (+https://scrapy.org)": "Scrapy/2.11.2",
    "got (https://github.com/sindresorhus/got)": "got",
    "node": "node",
    "Faraday v2.9.0": "Faraday v2.9.0",
    "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041": "WindowsPowerShell/5.1.19041",
}
HEADLESS = {
    _CHROME.replace("Chrome", "HeadlessChrome"): "HeadlessChrome",
    "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1": "PhantomJS",
    f"{_CHROME} Puppeteer": "Puppeteer",
    f"{_CHROME} Playwright/1.50": "Playwright",
    "selenium/4.21 (python linux)": "selenium",
}
AUTOMATION = {
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": "Googlebot/2.1",
    f"{_DECLARED}bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36": "bingbot/2.0",
    f"{_DECLARED}ChatGPT-User/1.0; +https://openai.com/bot": "ChatGPT-User/1.0",
    f"{_DECLARED}Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)": "Perplexity-User/1.0",
    f"{_DECLARED}PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)": "PerplexityBot/1.0",
    f"{_DECLARED}Claude-User/1.0; +Claude-User@anthropic.com)": "Claude-User/1.0",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/crawler)": "meta-externalagent/1.1",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": "facebookexternalhit/1.1",
    "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)": "UptimeRobot/2.0",
    f"{_CHROME} Chrome-Lighthouse": "Lighthouse",
}
KINDS = {
    AgentKind.BROWSER: BROWSERS,
    AgentKind.TOOL: TOOLS,
    AgentKind.HEADLESS: HEADLESS,
    AgentKind.AUTOMATION: AUTOMATION,
}


@pytest.mark.parametrize(
    ("agent", "kind", "name"), [(agent, kind, name) for kind, known in KINDS.items() for agent, name in known.items()]
)
def test_kinds_and_names(agent: str, kind: AgentKind, name: str) -> None:
    assert (agents.kind(agent), agents.name(agent)) == (kind, name)


@pytest.mark.parametrize("agent", ["", " ", "\t\r\n", "\N{NO-BREAK SPACE}"])
def test_an_empty_user_agent_is_a_kind_of_its_own(agent: str) -> None:
    assert (agents.kind(agent), agents.name(agent)) == (AgentKind.EMPTY, "")


def test_nothing_reported_is_not_empty() -> None:
    assert agents.kind(None) is None


def test_only_the_beginning_of_a_long_one_is_looked_at() -> None:
    long = "x" * agents.LONGEST
    assert agents.kind(f"{long} curl/8.5.0") is AgentKind.BROWSER
    assert agents.kind(f"{long[:-20]} curl/8.5.0") is AgentKind.TOOL


def test_crawlers_are_those_that_the_library_knows() -> None:
    library = CrawlerDetect()
    plain = [pattern.replace("\\", "") for pattern in crawlers.data]
    texts = [
        *plain,
        *(f"{_CHROME} {word} x" for word in plain),
        *(agent for known in KINDS.values() for agent in known),
    ]
    assert [text for text in texts if agents.is_crawler(text) != library.is_crawler(text)] == []


@given(st.text(max_size=60))
def test_any_text_has_a_kind_and_a_name(agent: str) -> None:
    kind = agents.kind(agent)
    assert kind is not None
    assert bool(agents.name(agent)) is (kind is not AgentKind.EMPTY)


@pytest.mark.parametrize(
    "piece",
    ["a", "1", "-", ".", "(", ";", " ", "a-", "bot", "SM-", "Java", "Mozilla/5.0 ", "CPU iPhone OS 1", "\0\x1b", "İ"],
)
def test_no_repetition_breaks_it(piece: str) -> None:
    text = piece * 20_000
    agents.kind(text)
    agents.name(text)
