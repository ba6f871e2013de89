"""Malformed requests where deliveries arrive: none gets a traceback, none is lost, none brings the server down."""

import gzip
import random
import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from data import shopify
from pages.webhooks import PREFIX
from tests.browser.server import Server
from tests.server import malformed, shop, stored
from tests.server.conftest import StartServer
from tests.server.malformed import HEADERS, RAW, READABLE, TOO_LARGE, UNREADABLE
from tests.server.shop import Answer, Line, Posting, RealStore

REQUESTS = 300
"""Of chance, after every body has been sent once."""

_INSIDE = ("Traceback", 'File "', "sqlite3.", "sqlalchemy", "site-packages", "Exception")
_REFUSED = {400, 401, 403, 404, 413, 415, 429}


@pytest.fixture
def stores(tmp_path: Path) -> list[RealStore]:
    return shop.opened(tmp_path, "a.example", "b.example")


def test_a_signed_delivery_is_kept_whatever_it_holds(serve: StartServer, stores: list[RealStore]) -> None:
    server = serve()
    line = Line(server)
    for store in stores:  # the same tokens in both
        for body in [*UNREADABLE, *READABLE]:
            answer = line.post(store.webhook("carts/update", body))
            assert answer.status == 200, f"{body[:80]!r}: {answer}"
    stored.until_applied(server.database)
    for store in stores:
        known = stored.rows(server.database, "SELECT digest, state FROM delivery WHERE store_id = ?", store.id)
        states = dict(known)
        assert len(states) == len({*UNREADABLE, *READABLE})
        wrong = {body[:200]: state for body in UNREADABLE if (state := _state(states, body)) != "quarantined"}
        assert not wrong
        wrong = {body[:200]: state for body in READABLE if (state := _state(states, body)) != "applied"}
        assert not wrong
    _still_works(server, line, stores[0])


def test_a_body_that_is_too_large_or_compressed_is_refused(serve: StartServer, stores: list[RealStore]) -> None:
    server = serve()
    line = Line(server)
    [store, _] = stores
    for posting in (store.webhook("carts/update", TOO_LARGE), replace(store.events(), body=TOO_LARGE)):
        assert line.post(posting).status == 413
    assert line.post(replace(store.signal("t"), body=b" " * 2_049)).status == 413
    bomb = gzip.compress(bytes(50_000_000))
    for posting in (store.webhook("carts/update", bomb), replace(store.events(), body=bomb), store.signal("t")):
        for encoding in ("gzip", "GZIP, gzip", "br", "x" * 1_000):
            squeezed = replace(posting, headers=posting.headers | {"Content-Encoding": encoding})
            assert line.post(squeezed).status == 415, encoding
    assert stored.number(server.database, "SELECT count(*) FROM delivery") == 0
    _still_works(server, line, store)


def test_no_malformed_request_gets_a_traceback_or_breaks_anything(serve: StartServer, stores: list[RealStore]) -> None:
    server = serve()
    line = Line(server)
    dice = random.Random(300)
    every = [replace(stores[0].events(), body=body) for body in malformed.EVENTS]
    every += [_signal(stores[0], body, number) for number, body in enumerate(malformed.SIGNALS)]
    every += [_by_chance(dice, dice.choice(stores), number) for number in range(REQUESTS)]
    answered = 0
    for posting in every:
        answer = line.post(posting)
        told = f"{posting.path} {posting.headers} {posting.body[:100]!r}: {answer.status} {answer.text[:300]}"
        assert answer.status in {200, 204, *_REFUSED}, told
        assert not any(inside in answer.text for inside in _INSIDE), told
        answered += answer.status in (200, 204)
    assert answered > REQUESTS / 4  # else it was refused before anybody looked at it
    _still_works(server, line, stores[0])


def test_what_is_no_http_or_stops_halfway_harms_nobody(serve: StartServer, stores: list[RealStore]) -> None:
    server = serve()
    line = Line(server)
    for posting in (stores[0].webhook("carts/update", b"{}"), stores[0].events(), stores[0].signal("t")):
        for raw in RAW:
            answer = _raw(server, raw.replace(b"{path}", posting.path.encode()))
            assert not answer.startswith(b"HTTP/1.1 5"), (raw[:100], answer)
            assert not any(inside.encode() in answer for inside in _INSIDE), (raw[:100], answer)
    assert stored.number(server.database, "SELECT count(*) FROM delivery") == 0
    _still_works(server, line, stores[0])


def _by_chance(dice: random.Random, store: RealStore, number: int) -> Posting:
    """One request to one of the three endpoints, with a signature or key that fits, mostly."""
    headers = dice.choice(HEADERS)
    kind = dice.choice(("webhook", "webhook", "events", "signal"))
    if kind == "events":
        posting = replace(store.events(), body=dice.choice(malformed.EVENTS))
        headers = headers | dice.choice(
            ({}, {}, {"Authorization": dice.choice(("Bearer", "Bearer \xff", "x" * 9_000))})
        )
    elif kind == "signal":
        posting = _signal(store, dice.choice(malformed.SIGNALS), 1_000 + number)
    else:
        topic = dice.choice((*shopify.TOPICS, *shopify.PRIVACY_TOPICS, "other/topic"))
        posting = store.webhook(topic, dice.choice([*UNREADABLE, *READABLE]))
        forged = {"X-Shopify-Hmac-Sha256": dice.choice(("", "=", "\xff", "A" * 8_000, "AAAA"))}
        headers = headers | dice.choice(({}, {}, {}, forged))
    path = dice.choice(
        (posting.path, posting.path, posting.path, PREFIX + "%00%FF", "/beacon/%2e%2e", posting.path + "x")
    )
    return replace(posting, headers=posting.headers | headers, path=path)


def _signal(store: RealStore, body: bytes, number: int) -> Posting:
    """A report from an address of its own, so that it is not refused for being one of many."""
    return replace(store.signal("t", ip=f"198.18.{number % 200}.{number // 200}"), body=body)


def _state(states: dict[bytes, str], body: bytes) -> str | None:
    return states.get(shopify.digest(body, "carts/update", ""))


def _raw(server: Server, sent: bytes) -> bytes:
    """What comes back for some bytes, until either side hangs up."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=shop.PATIENCE) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))
        except ConnectionError:
            return b""


def _still_works(server: Server, line: Line, store: RealStore) -> None:
    """Everything was dealt with, the log tells of no surprise, and the next delivery becomes a session."""
    assert line.get("/healthz").status == 200
    answer: Answer = line.post(store.webhook("carts/create", shop.cart("afterwards", shop.moment())))
    assert answer.status == 200
    stored.until_applied(server.database)
    assert "afterwards" in line.get(f"/api/sessions?store={store.domain}&q=afterwards").text
    line.close()
    server.stop()
    assert "Traceback" not in server.output()
    assert stored.unsound(server.database) == []
