"""`python3 -m tests.pictures` makes the pictures of both pages for the README, the same ones every time.

The demo's seed and a clock that stands still, in the server and in the browser, give the same screens again.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from pages import install

NOW = datetime(2026, 3, 2, 14, 33, 20, tzinfo=UTC)
PLAYED = timedelta(seconds=24)
"""How much of the flash sale has gone by when the pictures are taken."""

FOLDER = install.ROOT / "assets" / "screenshots"
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}


async def play(location: str) -> str:
    """Fill a database with the demo up to NOW; the cart token of the riskiest session that has been evaluated."""
    from data import queries, stores
    from data.database import Database
    from data.demo import Demo
    from data.filters import SessionFilter, Sort

    database = await Database.open(location)
    try:
        demo = Demo(database)
        await demo.prepare(NOW - PLAYED)
        for second in range(1, int(PLAYED.total_seconds()) + 1):
            await demo.step(NOW - PLAYED + timedelta(seconds=second))
        [store, *_] = await stores.every(database)
        found = await queries.block(database, store.id, SessionFilter(sort=Sort.RISKIEST), 0, 1, now=NOW)
        return found.rows[0]["cart_token"]
    finally:
        await database.close()


def serve(location: str, port: int) -> None:
    """Serve that database with a clock that stands still."""
    from data.settings import Settings
    from pages import app

    app.serve(Settings(database=location, port=port, open=False), clock=lambda: NOW)


def take(base: str, token: str) -> None:
    """Photograph both pages in every look and width."""
    from playwright.sync_api import sync_playwright

    from tests.browser import chromium

    FOLDER.mkdir(parents=True, exist_ok=True)
    detail = f"/sessions/{quote(token, safe='')}"
    pages = {"sessions": ("/", ".ag-row a[data-token]"), "session": (detail, ".cw-columns")}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.obtain(), args=list(chromium.FLAGS))
        for look in ("light", "dark"):
            for width, (across, down) in SIZES.items():
                context = browser.new_context(
                    viewport={"width": across, "height": down},
                    color_scheme="dark" if look == "dark" else "light",
                    locale="en-US",
                    timezone_id="UTC",
                    reduced_motion="reduce",
                )
                context.clock.set_fixed_time(NOW)
                for name, (path, ready) in pages.items():
                    page = context.new_page()
                    page.goto(base + path)
                    page.locator(ready).first.wait_for()
                    page.evaluate("document.fonts.ready")
                    page.wait_for_timeout(700)  # pictures of flags and icons are fetched one by one
                    page.screenshot(path=FOLDER / f"{name}-{look}-{width}.png")
                    print(f"assets/screenshots/{name}-{look}-{width}.png")
                context.close()
        browser.close()


def main() -> None:
    """Play, serve, photograph."""
    from tests.browser.server import Server, free_port

    with tempfile.TemporaryDirectory() as folder:
        location = str(Path(folder) / "pictures.db")
        token = asyncio.run(play(location))
        port = free_port()
        command = [sys.executable, "-m", "tests.pictures", "serve", location, str(port)]
        with subprocess.Popen(command, cwd=install.ROOT) as process:
            try:
                server = Server(f"http://127.0.0.1:{port}", Path(location), Path(folder) / "unused", process)
                while not server.ready():
                    if process.poll() is not None:
                        raise SystemExit("The application ended before the pictures were taken.")
                    time.sleep(0.1)
                take(server.url, token)
            finally:
                process.terminate()


if __name__ == "__main__":
    install.provide("tests.pictures", ["test"])
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        main()
