"""The storefront beacon: what may be sent, what counts of it, and what is refused."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from nicegui import app
from nicegui.testing import User

from data import backlog, beacon, connections, intake
from data.beacon import Report, Signal
from data.database import Database
from data.deliveries import ConnectionKind, Delivery, Source
from data.event_format import EventError
from data.problems import Busy
from data.records import StoreRecord, TopicRecord
from pages.beacon import LARGEST_BODY, MOST_SIGNALS
from tests import shopify
from tests.console import ADDRESS, NOW, Site, a_site
from tests.factories import TOKEN, after, event, kinds, line, tell, the_session, the_timeline
from tests.test_backlog import wait

AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148"
SHOPPER = {"ip": "203.0.113.7", "user_agent": AGENT, "accept_language": "cs-CZ"}


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def a_beacon(site: Site, store: StoreRecord) -> str:
    """Where the store's beacon reports."""
    await connections.open_beacon(site.database, store, NOW)
    found = await connections.of_store(site.database, store.id)
    return f"/beacon/{found[ConnectionKind.BEACON].address}"


async def a_shop(site: Site, domain: str = "shop.example") -> tuple[StoreRecord, str]:
    """A store with one cart, and where its beacon reports."""
    store = await site.store(domain)
    await tell(site.database, store, event(lines=[line()]), now=NOW)
    return store, await a_beacon(site, store)


async def send(
    site: Site, path: str, document: object, ip: str = "203.0.113.7", *, apply: bool = True, **options: Any
) -> httpx.Response:
    """Send what a browser at this address would, and let it be applied; ``headers`` add to the usual ones."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(ip, 50_000))
    sent = {"User-Agent": AGENT, "Accept-Language": "cs-CZ", "Origin": "https://shop.example"}
    sent |= {"Content-Type": "text/plain;charset=UTF-8"}
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        answer = await client.post(path, content=body, headers=sent | options.get("headers", {}))
    if apply:
        await site.console.applier.apply_waiting()
    return answer


def signal(name: str = "seen", token: object = TOKEN, **more: object) -> dict[str, Any]:
    return {"cart_token": token, "signal": name} | more


async def counts(site: Site, store: StoreRecord) -> dict[str, TopicRecord]:
    await site.console.refusals.write()
    return {topic.topic: topic for topic in (await intake.of_store(site.database, store.id)).topics}


# What a browser may say


def test_a_report_is_a_token_and_a_signal() -> None:
    assert beacon.understand(b'{"cart_token": " c1-7a2abe ", "signal": "renew"}') == Report(Signal.RENEW, "c1-7a2abe")


def test_what_follows_a_token_is_cut_off_before_anything_is_kept() -> None:
    report = beacon.understand(b'{"cart_token": "c1-7a2abe?key=824bdj25", "signal": "seen"}')
    assert report.cart_token == "c1-7a2abe"
    assert b"824bdj25" not in beacon.body(report, SHOPPER)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (b"", ""),
        (b"not JSON", ""),
        (b"\xff\xfe", ""),
        (b"[]", ""),
        (b"null", ""),
        (b"NaN", ""),
        (b"[" * 2000, ""),
        (b"{}", "signal"),
        (b'{"cart_token": "a", "signal": "convert"}', "signal"),
        (b'{"cart_token": "a", "signal": ["seen"]}', "signal"),
        (b'{"cart_token": "a", "signal": {}}', "signal"),
        (b'{"signal": "seen"}', "cart_token"),
        (b'{"cart_token": "", "signal": "seen"}', "cart_token"),
        (b'{"cart_token": "?key=a", "signal": "seen"}', "cart_token"),
        (b'{"cart_token": 7, "signal": "seen"}', "cart_token"),
        (b'{"cart_token": ["a"], "signal": "seen"}', "cart_token"),
        (b'{"cart_token": "a\\u0000b", "signal": "seen"}', "cart_token"),
        (b'{"cart_token": "a\\nb", "signal": "seen"}', "cart_token"),
        (b'{"cart_token": "\\ud800", "signal": "seen"}', ""),
        (b'{"cart_token": "%s", "signal": "seen"}' % (b"a" * 256), "cart_token"),
    ],
)
def test_anything_else_is_refused_by_the_field_that_is_wrong(sent: bytes, field: str) -> None:
    with pytest.raises(EventError) as problem:
        beacon.understand(sent)
    assert problem.value.path == field


def test_only_a_shopper_who_was_seen_is_kept_and_not_at_any_length() -> None:
    kept = json.loads(beacon.body(Report(Signal.SEEN, TOKEN), SHOPPER | {"user_agent": "a" * 9_000, "cookie": "b"}))
    assert kept == {"cart_token": TOKEN} | SHOPPER | {"user_agent": "a" * 1024}
    for name in (Signal.RENEW, Signal.EXTEND):
        assert json.loads(beacon.body(Report(name, TOKEN), SHOPPER)) == {"cart_token": TOKEN}


def test_a_report_waits_for_its_session_and_says_nothing_but_what_it_may() -> None:
    payload = {"cart_token": TOKEN, "expires_at": "2099-01-01T00:00:00Z", "lines": [], "country": "CZ"} | SHOPPER
    for name in Signal:
        reading = beacon.read(name, payload, digest=b"", triggered_at=None, received_at=NOW)
        [document] = reading.documents
        assert reading.waits_for == f"cart:{TOKEN}"
        assert document["occurred_at"] == "2026-03-01T12:10:00.000+00:00"
        assert set(document) - {"type", "id", "occurred_at"} == (set(SHOPPER) if name is Signal.SEEN else set())


def test_a_flood_of_made_up_shoppers_is_seen_a_limited_number_of_times_in_a_day() -> None:
    def ids(received_at: datetime, token: str = TOKEN) -> set[str]:
        shoppers = [SHOPPER | {"user_agent": f"Browser {number}"} for number in range(1_000)]
        payloads = [{"cart_token": token} | shopper for shopper in shoppers]
        readings = [
            beacon.read("seen", payload, digest=b"", triggered_at=None, received_at=received_at) for payload in payloads
        ]
        return {reading.documents[0]["id"] for reading in readings}

    assert ids(NOW) == ids(NOW + timedelta(hours=1))
    assert len(ids(NOW)) == beacon.MOST_SEEN
    assert not ids(NOW) & ids(NOW + timedelta(days=1))
    assert not ids(NOW) & ids(NOW, "another")


# What becomes of it


async def test_the_shopper_is_whom_the_connection_shows_whatever_the_body_says(site: Site) -> None:
    store, path = await a_shop(site)
    lies: dict[str, Any] = {"ip": "9.9.9.9", "user_agent": "curl", "accept_language": "xx", "country": "US"}
    lies |= {"lines": [line(7)], "expires_at": "2099-01-01T00:00:00Z", "occurred_at": "2001-01-01T00:00:00Z"}
    answer = await send(site, path, signal(**lies, type="checkout.completed"), headers={"X-Forwarded-For": "9.9.9.9"})
    assert (answer.status_code, answer.content) == (204, b"")
    session = await the_session(site.database, store)
    assert session.ip == bytes(10) + b"\xff\xff" + bytes([203, 0, 113, 7])
    assert (session.user_agent, session.device, session.accept_language) == (AGENT, "mobile", "cs-CZ")
    assert (session.country, session.item_count, session.status, session.expires_at) == (None, 1, "active", after(15))
    [_, seen] = await the_timeline(site.database, store)
    assert (seen.kind, seen.source, seen.occurred_at, seen.applied) == ("shopper_seen", "beacon", NOW, True)


async def test_the_same_shopper_is_seen_once(site: Site) -> None:
    store, path = await a_shop(site)
    for ip in ("203.0.113.7", "203.0.113.7", "203.0.113.8"):
        await send(site, path, signal(), ip)
    assert kinds(await the_timeline(site.database, store)) == ["started", "shopper_seen", "shopper_seen"]


async def test_a_hold_is_renewed_and_extended_by_the_stores_timer_once_a_minute(site: Site) -> None:
    store, path = await a_shop(site)
    for name in ("renew", "renew", "extend", "extend"):
        await send(site, path, signal(name))
    session = await the_session(site.database, store)
    assert (session.renewals, session.manual_extends, session.expires_at) == (1, 1, after(40))
    assert session.ip is None
    assert kinds(await the_timeline(site.database, store)) == ["started", "renewed", "extended"]


async def test_a_report_that_is_early_waits_for_its_cart(site: Site) -> None:
    store = await site.store()
    path = await a_beacon(site, store)
    assert (await send(site, path, signal(token=f"{shopify.TOKEN}?key=a"))).status_code == 204
    assert (await intake.of_store(site.database, store.id)).unmatched == 1
    body = shopify.encoded(shopify.cart())
    digest = hashlib.sha256(body).digest()
    await site.console.inbox.receive(
        Delivery(store.id, Source.SHOPIFY, "carts/create", "1", digest, after(0), NOW, body)
    )
    await site.console.applier.apply_waiting()
    assert (await the_session(site.database, store, shopify.TOKEN)).user_agent == AGENT
    assert (await intake.of_store(site.database, store.id)).unmatched == 0


async def test_a_report_never_begins_a_session(site: Site) -> None:
    store = await site.store()
    path = await a_beacon(site, store)
    for name in Signal:
        assert (await send(site, path, signal(name))).status_code == 204
    await site.console.live.look()
    assert await site.rows(f"/api/sessions?store={store.domain}") == []


async def test_a_beacon_knows_only_the_carts_of_its_own_store(site: Site) -> None:
    store, _ = await a_shop(site)
    other = await site.store("other.example")
    path = await a_beacon(site, other)
    assert (await send(site, path, signal("extend"))).status_code == 204
    session = await the_session(site.database, store)
    assert (session.manual_extends, session.expires_at) == (0, after(15))
    assert kinds(await the_timeline(site.database, store)) == ["started"]
    assert await site.rows("/api/sessions?store=other.example") == []


@pytest.mark.parametrize("ip", ["unknown", "fe80::1%eth0", "010.1.1.1", "", "/run/proxy.sock"])
async def test_an_address_that_is_none_is_not_known(site: Site, ip: str) -> None:
    store, path = await a_shop(site)
    assert (await send(site, path, signal(), ip)).status_code == 204
    session = await the_session(site.database, store)
    assert (session.ip, session.user_agent) == (None, AGENT)


# What is refused


async def test_an_unknown_address_is_told(site: Site) -> None:
    store, _ = await a_shop(site)
    answer = await send(site, "/beacon/nobody", signal())
    assert answer.status_code == 404
    assert await counts(site, store) == {}


@pytest.mark.parametrize(
    ("body", "headers", "status", "counted"),
    [
        (b"{}", {}, 400, "other"),
        (b"\xff" * 100, {}, 400, "other"),
        (b" " * (LARGEST_BODY + 1), {}, 413, "other"),
        (b"x" * 2_000_000, {}, 413, "other"),
        (b"\x1f\x8b", {"Content-Encoding": "gzip"}, 415, "other"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_counted(
    site: Site, body: bytes, headers: dict[str, str], status: int, counted: str
) -> None:
    store, path = await a_shop(site)
    answer = await send(site, path, body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert answer.headers["access-control-allow-origin"] == "*"
    found = await counts(site, store)
    assert (found[counted].refused, found[counted].received) == (1, 0)


async def test_a_report_may_be_as_large_as_it_says(site: Site) -> None:
    _, path = await a_shop(site)
    body = json.dumps(signal()).encode()
    assert (await send(site, path, body + b" " * (LARGEST_BODY - len(body)))).status_code == 204


async def test_one_client_sends_only_so_many(site: Site) -> None:
    store, path = await a_shop(site)
    _, elsewhere = await a_shop(site, "other.example")
    ips = [f"2001:db8:1:2::{number + 1:x}" for number in range(MOST_SIGNALS)]
    for ip in ips:
        assert (await send(site, path, signal(), ip)).status_code == 204
    refused = await send(site, path, signal("renew"), ips[0])
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert (await send(site, elsewhere, signal(), ips[1])).status_code == 429
    assert (await send(site, path, signal(), "2001:db8:1:3::1")).status_code == 204
    assert (await counts(site, store))["renew"].refused == 1


async def test_what_cannot_be_read_uses_up_the_same_allowance(site: Site) -> None:
    _, path = await a_shop(site)
    for _ in range(MOST_SIGNALS):
        await send(site, path, b"{}")
    assert (await send(site, path, signal())).status_code == 429


async def test_when_too_many_wait_only_carts_that_are_known_are_taken(site: Site) -> None:
    store, path = await a_shop(site)
    await wait(site.database, store, backlog.MOST)
    refused = await send(site, path, signal(token="unknown"))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert (await send(site, path, signal())).status_code == 204
    assert (await counts(site, store))["seen"].refused == 1
    assert (await the_session(site.database, store)).user_agent == AGENT


async def test_nothing_is_acknowledged_that_could_not_be_read_or_written(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, path = await a_shop(site)

    def fail(*_: object) -> None:
        raise Busy("The disk is full.")

    for way in ("ask", "writing"):
        with monkeypatch.context() as full:
            full.setattr(Database, way, fail)
            answer = await send(site, path, signal(), apply=False)
        assert (answer.status_code, answer.json()) == (503, {"error": "Nothing was stored. The disk is full."})
    assert kinds(await the_timeline(site.database, store)) == ["started"]
    assert (await send(site, path, signal())).status_code == 204


# What other sites may do


async def test_every_site_may_report_also_after_asking_beforehand(site: Site) -> None:
    _, path = await a_shop(site)
    asked = await site.client.options(
        path, headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    )
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-methods"] == "POST"
    assert asked.headers["access-control-allow-headers"] == "Content-Type"
    for origin in ("https://shop.example", "null"):
        answer = await send(site, path, signal(), headers={"Origin": origin, "Content-Type": "application/json"})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


async def test_the_script_may_be_kept_for_an_hour_and_included_anywhere(site: Site) -> None:
    answer = await site.client.get("/beacon.js", headers={"Origin": "https://shop.example"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == f"public, max-age={int(timedelta(hours=1).total_seconds())}"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(answer.content) < 3_200
    assert "cookie" not in answer.text.lower().replace("no cookies", "")
