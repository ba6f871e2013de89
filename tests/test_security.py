"""Whom the server talks to, and what every answer carries."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nicegui.testing import User
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from pages.console import ASSETS_ADDRESS
from pages.security import Guard
from tests.console import Site, a_site

OURS = ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:8080"]
FOREIGN = ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "", "10.0.0.7:8080"]
UNREADABLE = ["[", "[::1", "localhost:8080@evil.example", "evil.example#localhost", "localhost\\@evil", "]:8080", "::1"]

FOREIGN_ORIGINS = ["http://evil.example", "http://localhost:9999", "null", "", "http://[", "http://localhost:8080.evil"]


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that lets everything in."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await PlainTextResponse(Request(scope).method)(scope, receive, send)


async def status(
    host: str,
    *,
    method: str = "GET",
    origin: str | None = None,
    local_only: bool = True,
    path: str = "/",
    headers: dict[str, str] | None = None,
    public_host: str | None = "watch.example",
) -> int:
    transport = httpx.ASGITransport(Guard(echo, local_only=local_only, public_host=public_host))
    headers = {"host": host} | (headers or {}) | ({} if origin is None else {"origin": origin})
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        return (await client.request(method, path, headers=headers)).status_code


async def socket(host: str, origin: str | None) -> Message:
    """The guard's first word to a browser that wants to open the live connection."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        said.append(message)

    headers = [(b"host", host.encode())] + ([] if origin is None else [(b"origin", origin.encode())])
    scope: dict[str, Any] = {"type": "websocket", "path": "/_nicegui_ws/socket.io/", "headers": headers}
    await Guard(echo, local_only=True)(scope, receive, send)
    return said[0]


@pytest.mark.parametrize("host", OURS)
async def test_this_machine_is_answered_by_any_of_its_names(host: str) -> None:
    assert await status(host) == 200
    assert (await socket(host, f"http://{host}"))["type"] == "websocket.accept"


@pytest.mark.parametrize("host", FOREIGN + UNREADABLE)
async def test_a_foreign_or_unreadable_name_is_refused_where_only_this_machine_may_ask(host: str) -> None:
    assert await status(host) == 403
    assert (await socket(host, None))["type"] == "websocket.close"


async def test_a_console_for_the_network_answers_by_every_name() -> None:
    for host in FOREIGN:
        assert await status(host, local_only=False) == 200


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "MADEUP"])
async def test_another_site_cannot_send_anything(method: str, origin: str) -> None:
    assert await status("localhost:8080", method=method, origin=origin) == 403
    assert await status("shop.example", method=method, origin=origin, local_only=False) == 403


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_another_site_cannot_open_the_live_connection(origin: str) -> None:
    assert await socket("localhost:8080", origin) == {"type": "websocket.close", "code": 1008}


async def test_our_own_pages_and_programs_without_an_origin_can() -> None:
    for method in ("GET", "POST"):
        assert await status("localhost:8080", method=method, origin="http://localhost:8080") == 200
        assert await status("localhost:8080", method=method) == 200
    assert await status("localhost:8080", origin="http://evil.example") == 200  # a link from another site
    assert (await socket("localhost:8080", "http://localhost:8080"))["type"] == "websocket.accept"
    assert (await socket("localhost:8080", None))["type"] == "websocket.accept"


async def test_the_public_name_leads_to_the_doorways_and_nowhere_else() -> None:
    for path in ("/webhooks/shopify/abc", "/beacon/abc", "/beacon.js", "/api/events", "/api/decision"):
        assert await status("watch.example", method="POST", path=path) == 200
        assert await status("evil.example", method="POST", path=path) == 403
    for path in ("/", "/sessions/abc", "/connections", "/api/sessions", "/beaconed", "/_nicegui_ws/socket.io/"):
        assert await status("watch.example", path=path) == 403
    assert (await socket("watch.example", "https://watch.example"))["type"] == "websocket.close"


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "Via", "X-Forwarded-Host", "X-Real-IP"])
async def test_what_a_proxy_passes_on_reaches_the_doorways_only_whatever_name_it_asks_for(name: str) -> None:
    passed_on = {name: "203.0.113.9"}
    for host in ("127.0.0.1:8080", "localhost", "watch.example", "watch.example:443"):
        assert await status(host, path="/webhooks/shopify/abc", method="POST", headers=passed_on) == 200
        for path in (
            "/",
            "/api/sessions",
            "/connections",
            "/webhooks/shopify/a/b",
            "/webhooks/zzz",
            "/api/eventsx",
            "/api/decision/x",
        ):
            assert await status(host, path=path, headers=passed_on) == 403
    assert await status("evil.example", path="/webhooks/shopify/abc", method="POST", headers=passed_on) == 403


async def test_without_a_public_name_a_proxy_on_this_machine_passes_on_what_it_likes() -> None:
    assert await status("localhost", headers={"X-Forwarded-For": "203.0.113.9"}, public_host=None) == 200


async def test_a_shops_own_pages_may_report_to_the_beacon_and_to_nothing_else() -> None:
    origin = "https://shop.example"
    assert await status("watch.example", method="POST", origin=origin, path="/beacon/abc") == 200
    for path in ("/webhooks/shopify/abc", "/api/events", "/api/decision", "/beacon.js"):
        assert await status("watch.example", method="POST", origin=origin, path=path) == 403


async def test_every_answer_closes_what_a_page_does_not_need(site: Site) -> None:
    await site.store(sessions=1)
    pages = ["/", "/sessions/shop.example-1", "/sessions/unknown", "/nowhere", "/?store=elsewhere.example"]
    data = ["/api/sessions", "/api/sessions?start=x", "/api/nowhere", "/healthz", f"{ASSETS_ADDRESS}/console.css"]
    for address in [*pages, *data]:
        headers = (await site.client.get(address)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], address
        assert "object-src 'none'" in headers["content-security-policy"], address
        assert headers["x-content-type-options"] == "nosniff", address
        assert headers["x-frame-options"] == "DENY", address
        assert headers["referrer-policy"] == "same-origin", address
    refused = await site.client.get("/", headers={"host": "evil.example"})
    assert refused.status_code == 403
    assert "x-content-type-options" in refused.headers


async def test_an_answer_to_a_failure_of_ours_is_closed_too(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    await site.store(sessions=1)
    async with site.database.writing() as session:
        await (await session.connection()).exec_driver_sql("DROP TABLE session_tally")
    answer = await site.client.get("/api/sessions")
    assert answer.status_code == 500
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    caplog.clear()
