"""The whole application in the test's own process, without a browser: its pages and endpoints on a fresh database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from nicegui import app
from nicegui.testing import User

from data.database import Database
from data.records import StoreRecord
from pages import app as application
from pages.console import Console
from pages.security import Guard
from tests.factories import a_store, after, event, line, new_database, tell

NOW = after(10)
"""What the console's clock says."""

ADDRESS = "http://localhost:8080"


@dataclass(frozen=True, slots=True)
class Site:
    """A running console and a client that asks it as a browser on the same machine would."""

    console: Console
    client: httpx.AsyncClient
    user: User

    @property
    def database(self) -> Database:
        return self.console.database

    async def store(self, domain: str = "shop.example", sessions: int = 0, **known: Any) -> StoreRecord:
        """A new store that the pages know, with so many sessions named ``<domain>-1`` and on, a minute apart."""
        store = await a_store(self.database, domain, **known)
        started = [
            event(minutes=n / 100, token=f"{domain}-{n}", ip=f"185.22.17.{n}", country="CZ", lines=[line(n)])
            for n in range(1, sessions + 1)
        ]
        if started:
            await tell(self.database, store, *started, now=NOW)
        await self.console.live.look()
        return store

    async def rows(self, address: str) -> list[dict[str, Any]]:
        """The rows of an answer that must be good."""
        answer = await self.client.get(address)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows


def break_reading(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    """Whoever asks the database gets the problem: no file can be made to fail at the wanted moment on every system."""

    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(Database, "reading", fail)
    monkeypatch.setattr(Database, "ask", fail)


@asynccontextmanager
async def a_site(user: User, folder: Path, address: str = "http://127.0.0.1:8080") -> AsyncIterator[Site]:
    """The application with everything that answers pass through when it is served on this machine.

    ``address`` is where it says that it is reached from outside.
    """
    application.register()
    app.add_middleware(Guard, local_only=True)
    database = await Database.open(str(new_database(folder)))
    running = await application.start(database, lambda: NOW, address=address)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    user.http_client.base_url = httpx.URL(ADDRESS)
    try:
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            yield Site(running, client, user)
    finally:
        await application.stop()
