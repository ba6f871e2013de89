"""A test delivery: what it makes of a console, and of whatever else may answer at that address."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data import connections, money
from data.applier import Applier
from data.connections import ConnectionProblem
from data.database import Database
from data.records import StoreRecord
from pages.console import Console
from pages.trial_delivery import send_test_delivery
from pages.webhooks import PREFIX, answer
from tests.browser.server import free_port
from tests.factories import NOON, a_store, opened, the_lines, the_session
from tests.shopify import SECRET, SHOP


async def connected(db: Database, **known: str) -> StoreRecord:
    store = await a_store(db, **known)
    await connections.connect_shopify(db, store, shop=SHOP, secret=SECRET, now=NOON)
    return store


@asynccontextmanager
async def answering(words: bytes) -> AsyncIterator[str]:
    """The address of something that gives one answer to whoever asks; without one, it hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(words)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def http(status: str, body: bytes, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


async def test_a_store_that_is_not_connected_has_nothing_to_sign_with(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        with pytest.raises(ConnectionProblem, match=r"shop\.example is not connected to Shopify yet"):
            await send_test_delivery(db, store, "http://127.0.0.1:1", NOON)
        await connections.open_beacon(db, store, NOON)
        with pytest.raises(ConnectionProblem, match="is not connected"):
            await send_test_delivery(db, store, "http://127.0.0.1:1", NOON)
        await connections.connect_shopify(db, store, shop=SHOP, secret="", now=NOON)
        with pytest.raises(ConnectionProblem, match="no secret from Shopify yet"):
            await send_test_delivery(db, store, "http://127.0.0.1:1", NOON)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (http("401 Unauthorized", b'{"error": "There is no store at this address."}'), "use this database?"),
        (http("401 Unauthorized", b'{"error": "There is no store at this address."}'), "There is no store at this"),
        (http("403 Forbidden", b"This console answers only on this machine.", "text/plain"), "Start it with --public"),
        (http("503 Busy", b'{"error": "Nothing was stored. The disk is full."}'), "(503): Nothing was stored. The"),
        (http("503 Busy", b'{"error": "red \\u001b[31m' + b"x" * 5000 + b'"}'), "(503): red [31mxxx"),
        (http("200 OK", b'{"status": "fine"}'), "answered 200, but not as Cartwatch does"),
        (http("200 OK", b'["stored"]'), "answered 200, but not as Cartwatch does"),
        (http("200 OK", b"[" * 9000), "answered 200, but not as Cartwatch does"),
        (http("200 OK", b"\xff\x00" * 100_000), "answered 200, but not as Cartwatch does"),
        (http("302 Found", b""), "answered 302, but not as Cartwatch does"),
        (http("404 Not Found", b"<h1>nginx</h1>", "text/html"), "answered 404, but not as Cartwatch does"),
        (b"SSH-2.0-OpenSSH\r\n", "cannot be reached ("),
        (b"", "cannot be reached ("),
    ],
)
async def test_what_else_answers_is_a_sentence(tmp_path: Path, words: bytes, sentence: str) -> None:
    async with opened(tmp_path) as db, answering(words) as base:
        sent = await send_test_delivery(db, await connected(db), base, NOON)
        assert sent.problem
        assert sentence in sent.problem
        assert base in sent.problem
        assert sent.problem.isprintable()
        assert len(sent.problem) < 400


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:{port}", "http://no such name:{port}", "http://[:{port}", "https://"]
)
async def test_where_nothing_answers_it_is_asked_whether_the_console_runs(tmp_path: Path, base: str) -> None:
    async with opened(tmp_path) as db:
        sent = await send_test_delivery(db, await connected(db), base.format(port=free_port()), NOON)
        assert sent.problem
        assert "Is the console running there?" in sent.problem


@asynccontextmanager
async def listening(db: Database) -> AsyncIterator[str]:
    """The address of a server with the real endpoint, on this database."""
    console = Console.over(db, lambda: NOON)

    async def receive(request: Request) -> Response:
        return await answer(request, request.path_params["address"], console)

    application = Starlette(routes=[Route(PREFIX + "{address}", receive, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(application, log_level="critical", lifespan="off"))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        task = asyncio.create_task(server.serve([bound]))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        await task


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
async def test_a_console_takes_it_and_a_session_begins(tmp_path: Path, currency: str) -> None:
    async with opened(tmp_path) as db, listening(db) as base:
        store = await connected(db, currency=currency)
        sent = [await send_test_delivery(db, store, base, NOON) for _ in range(2)]
        assert [one.problem for one in sent] == [None, None]
        assert sent[0].token != sent[1].token
        assert await Applier(db, lambda: NOON).apply_waiting() == 2
        cart = await the_session(db, store, sent[0].token)
        assert (cart.currency, cart.item_count, cart.started_at) == (currency, 1, NOON)
        assert cart.value == 10 ** money.exponent(currency)
        assert [line.title for line in await the_lines(db, store, sent[0].token)] == ["Cartwatch test"]


async def test_a_console_that_does_not_know_the_store_refuses_it(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with opened(tmp_path) as db, opened(tmp_path / "other") as other, listening(other) as base:
        sent = await send_test_delivery(db, await connected(db), base, NOON)
        assert sent.problem == (
            f"{base} refused it: There is no store at this address. Does the console there use this database?"
        )
