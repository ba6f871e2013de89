"""Acknowledgements beside open pages: every delivery is answered while Shopify still waits for it."""

import asyncio
from pathlib import Path

from tests.bench.deliveries import acknowledgements
from tests.server import shop, stored
from tests.server.conftest import StartServer

RATE, SECONDS, PAGES = 50, 5, 5


def test_deliveries_are_answered_in_time_beside_open_pages(serve: StartServer, tmp_path: Path) -> None:
    [store] = shop.opened(tmp_path, "a.example")
    server = serve()
    taken = asyncio.run(acknowledgements(server.url, store, rate=RATE, seconds=SECONDS, pages=PAGES))
    assert len(taken) == RATE * SECONDS
    stored.until_applied(server.database)
    server.stop()
    assert stored.states(server.database) == {"applied": RATE * SECONDS}
    assert stored.unsound(server.database) == []
