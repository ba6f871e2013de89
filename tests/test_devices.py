"""User agents in words."""

import pytest

from data.devices import described, device

AGENTS = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/128.0.0.0 Safari/537.36",
        "desktop",
        "Chrome 128 on Windows",
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/127.0.0.0 Safari/537.36 Edg/127.0.0.0",
        "desktop",
        "Edge 127 on Windows",
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
        "Version/17.5 Mobile/15E148 Safari/604.1",
        "mobile",
        "Safari 17 on iOS",
    ),
    (
        "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 CriOS/126.0 Mobile/15E148 Safari/604.1",
        "tablet",
        "Chrome 126 on iPadOS",
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 SamsungBrowser/25.0 "
        "Chrome/121.0.0.0 Mobile Safari/537.36",
        "mobile",
        "Samsung Internet 25 on Android",
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36",
        "tablet",
        "Chrome 126 on Android",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
        "desktop",
        "Safari 17 on macOS",
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "desktop", "Firefox 128 on Linux"),
    (
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/125.0.0.0 Safari/537.36",
        "desktop",
        "Chrome 125 on ChromeOS",
    ),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot", "Googlebot/2.1"),
    ("Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) Chrome/120.0 Mobile", "mobile", "Chrome 120 on Android"),
    ("curl/8.5.0", "bot", "curl/8.5.0"),
    ("python-requests/2.32", "bot", "python-requests/2.32"),
    ("Something of its own", "unknown", "Something"),
]


@pytest.mark.parametrize(("agent", "kind", "words"), AGENTS)
def test_kinds_and_names(agent: str, kind: str, words: str) -> None:
    assert (device(agent), described(agent)) == (kind, words)


@pytest.mark.parametrize("agent", [None, ""])
def test_nothing_said_is_unknown(agent: str | None) -> None:
    assert (device(agent), described(agent)) == ("unknown", None)


@pytest.mark.parametrize("agent", ["   ", "\u200b", "<script>", "(" * 1024, "Version/1" * 110])
def test_no_text_breaks_it(agent: str) -> None:
    assert device(agent) == "unknown"
    described(agent)
