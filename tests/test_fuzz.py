"""Malformed requests: none gets a traceback, none brings the server down."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from nicegui.testing import User

from data import stores
from pages.console import ASSETS_ADDRESS
from tests.console import ADDRESS, NOW, Site, a_site
from tests.payloads import PAYLOADS

REQUESTS = 300

PATHS = [
    *("/", "/sessions/{}", "/api/sessions", "/api/sessions/changes", "/api/events", "/healthz", "/{}", "/api/{}"),
    *("/sessions/", "/sessions//{}", "/sessions/{}/{}", ASSETS_ADDRESS + "/{}", "/_nicegui/{}", "/../{}", "//{}"),
]
PARAMETERS = "store q status risk sort row until start end ids page".split()
METHODS = "GET GET GET GET POST PUT DELETE HEAD OPTIONS MADEUP".split()
TEXTS = [
    *PAYLOADS,
    *(
        "",
        "\0",
        "%00",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "%",
        "_",
        "\\",
        '"',
        "NaN",
        "1e999",
    ),
    *(str(2**63 - 1), str(2**63), str(2**70), "-1", "٣", "²", "01", "x" * 201, "x" * 5000, "🛒" * 300, "a,b,,1"),
    *("::ffff:192.0.2.1", "fe80::1%eth0", "010.1.1.1", "0.0.0.0/0", "::/0", "1.2.3.4/33", "185.22", "XX", "T1"),
    *("shop.example", "shop.example-1", "SHOP.EXAMPLE", "-started", "started", "active"),
]
BODIES = [
    *(b"", b"\0", b"\xff\xfe", b"{", b"[", b"]", b"null", b"true", b'""', b"NaN", b"[1e999]", b"{}", b"[[]]", b"[{}]"),
    *(b"[" * 1025 + b"]" * 1025, b'{"a":' * 2000, b"1" * 5000, b'"\\ud800"', b'{"type": "\xff"}', b"{}\n{\n[]\n\xff"),
    b'{"type":"session.started","type":7,"cart_token":{},"occurred_at":1e999}',
    b'{"type":"session.started","cart_token":"\\u0000\\ud800","occurred_at":"2026-03-01T12:00:00Z"}',
    b'{"type":"cart.updated","cart_token":"t","occurred_at":"9999-99-99T99:99:99Z","lines":[{"quantity":1e400}]}',
    b'{"type":"cart.updated","cart_token":"t","occurred_at":"0001-01-01T00:00:00+14:00","lines":[]}',
    b"x" * 2_000_000,
]
HEADERS = [
    *({}, {"accept-language": "*;q=x,,--;q=1e999," + "x" * 900}, {"accept-language": "ar-EG,zz;q=nan"}),
    *({"cookie": "cartwatch_theme='><script>; cartwatch_language=../../x"}, {"content-encoding": "gzip"}),
    *({"origin": "http://["}, {"host": "["}, {"content-type": "application/x-ndjson"}, {"accept": "text/markdown"}),
    *({"authorization": "Bearer"}, {"authorization": "Bearer " + "x" * 9000}, {"range": "bytes=-1-"}),
]


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def test_no_malformed_request_gets_a_traceback_or_breaks_anything(site: Site) -> None:
    store = await site.store(sessions=3)
    key = await stores.add_key(site.database, store.id, NOW)
    dice = random.Random(300)
    good = await site.rows("/api/sessions")
    for _ in range(REQUESTS):
        path = dice.choice(PATHS)
        while "{}" in path:
            path = path.replace("{}", quote(dice.choice(TEXTS), safe=dice.choice(["", "/"])), 1)
        names = dice.sample(PARAMETERS, dice.randrange(4))
        query = "&".join(f"{name}={quote(dice.choice(TEXTS), safe=dice.choice(['', '%&=']))}" for name in names)
        headers = dict(dice.choice(HEADERS))
        if path == "/api/events":
            headers = {"authorization": f"Bearer {key}"} | headers
        method = "POST" if path == "/api/events" else dice.choice(METHODS)
        content = dice.choice(BODIES) if method in {"POST", "PUT"} else None
        answer = await site.client.request(method, f"{ADDRESS}{path}?{query}", headers=headers, content=content)
        told = f"{method} {path}?{query} {headers} {content[:80] if content else ''!r}: {answer.status_code}"
        assert answer.status_code < 500, told
        for inside in ("Traceback", 'File "', "sqlite3.", "sqlalchemy.", "site-packages"):
            assert inside not in answer.text, told
    assert await site.rows("/api/sessions?q=shop.example-") == good
