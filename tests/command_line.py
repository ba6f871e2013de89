"""Commands as they are typed, run in this process, with a folder and a database of their own; and what is in that."""

import asyncio
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data import connections, stores
from data.connections import Doorway
from data.deliveries import ConnectionKind, Delivery, Source
from data.inbox import Inbox
from data.records import ConnectionRecord, StoreRecord
from pages.cli import commands
from pages.invocation import now
from tests.factories import NOON, opened

PROBLEM = "line_items: must be a list"

Cartwatch = Callable[..., Result]
"""Runs ``cartwatch`` with these words; ``given`` is what is piped into it."""


def typed_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    """Runs commands in the folder, with a database there."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CARTWATCH_DATABASE", str(folder / "cartwatch.db"))
    return lambda *words, given=None: CliRunner().invoke(commands, list(words), input=given, prog_name="cartwatch")


def added(cartwatch: Cartwatch, domain: str = "shop.example", *options: str) -> str:
    """The domain of a store that has just been added."""
    assert cartwatch("store", "add", domain, "--currency", "EUR", *options).exit_code == 0
    return domain


def said(result: Result) -> str:
    """What a command printed that went well and complained of nothing."""
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def said_only(result: Result, code: int) -> str:
    """The one line on standard error of a command that ended with this code, and nothing else was said."""
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()


def stored(folder: Path) -> tuple[StoreRecord, dict[ConnectionKind, ConnectionRecord]]:
    """The first store as the database has it, and its ways in."""

    async def ask() -> tuple[StoreRecord, dict[ConnectionKind, ConnectionRecord]]:
        async with opened(folder) as db:
            store = (await stores.every(db))[0]
            return store, await connections.of_store(db, store.id)

    return asyncio.run(ask())


def doorway(folder: Path) -> Doorway:
    """What the endpoint behind the first store's address for Shopify goes by, now."""

    async def ask() -> Doorway | None:
        async with opened(folder) as db:
            known = await connections.of_store(db, (await stores.every(db))[0].id)
            return await connections.doorway(db, ConnectionKind.SHOPIFY, known[ConnectionKind.SHOPIFY].address, now())

    found = asyncio.run(ask())
    assert found
    return found


def arrived(folder: Path, *bodies: bytes, topic: str = "carts/create", at: datetime = NOON) -> None:
    """Deliveries of the first store that nobody has applied yet."""

    async def receive() -> None:
        async with opened(folder) as db:
            store, inbox = (await stores.every(db))[0], Inbox(db)
            await asyncio.gather(
                *(
                    inbox.receive(
                        Delivery(store.id, Source.SHOPIFY, topic, None, sha256(body).digest(), None, at, body)
                    )
                    for body in bodies
                )
            )

    asyncio.run(receive())


def quarantine(folder: Path, problem: str = PROBLEM) -> None:
    """Quarantine all that waits, as a version of Cartwatch would that does not understand it."""
    changed(folder, "UPDATE delivery SET state = 'quarantined', problem = ? WHERE state = 'waiting'", problem)


def changed(folder: Path, statement: str, *values: object) -> None:
    """Run one statement on the database."""
    with closing(sqlite3.connect(folder / "cartwatch.db")) as connection, connection:
        connection.execute(statement, values)


def cells(table: str, line: int) -> list[str]:
    """What stands in one line of a table."""
    return [cell.strip() for cell in re.split(r"\s{2,}", table.splitlines()[line]) if cell.strip()]
