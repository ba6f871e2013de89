"""`python3 -m tests.pictures` makes the pictures of the pages for the README, the same ones every time.

The demo's seed and a clock that stands still, in the server and in the browser, give the same screens again.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pages import install

if TYPE_CHECKING:  # the packages that they need may not be installed yet
    from data.database import Database
    from data.records import StoreRecord

NOW = datetime(2026, 3, 2, 14, 33, 20, tzinfo=UTC)
PLAYED = timedelta(seconds=24)
"""How much of the flash sale has gone by when the pictures are taken."""

FOLDER = install.ROOT / "assets" / "screenshots"
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}


async def play(location: str) -> tuple[str, str]:
    """Fill a database with the demo up to NOW; the riskiest session's cart token, and a store that is connected."""
    from data import queries, stores
    from data.database import Database
    from data.demo import Demo
    from data.filters import SessionFilter, Sort
    from data.levels import RiskLevel
    from data.status import Status

    database = await Database.open(location)
    try:
        demo = Demo(database)
        await demo.prepare(NOW - PLAYED)
        for second in range(1, int(PLAYED.total_seconds()) + 1):
            await demo.step(NOW - PLAYED + timedelta(seconds=second))
        [store, connected, *_] = await stores.every(database)
        await connect(database, connected)
        wanted = SessionFilter(status=Status.ACTIVE, risk=RiskLevel.REVIEW, sort=Sort.RISKIEST)
        found = await queries.block(database, store.id, wanted, 0, 1, now=NOW)
        await rule(database, store.id)
        return found.rows[0]["cart_token"], connected.domain
    finally:
        await database.close()


async def rule(database: "Database", store_id: int) -> None:
    """Block and allow a few, as a merchant does during a sale."""
    from data import rules
    from data.levels import Decision
    from data.rule_targets import Target

    blocked, allowed = Decision.RESTRICTED, Decision.CLEARED
    for target, value, decision, reason, minutes in (
        (Target.NETWORK, "203.0.113.0/24", blocked, "Held much and bought nothing, all day", 60),
        (Target.IP, "198.51.100.121", blocked, "Tries one card after another", 15),
        (Target.DEVICE, "d-34f3d413faf0", blocked, "Holds the drop behind many addresses", None),
        (Target.NETWORK, "192.0.2.0/24", allowed, "Our own office", None),
        (Target.IP, "198.51.100.77", allowed, "A wholesale customer", 24 * 60),
    ):
        until = NOW + timedelta(minutes=minutes) if minutes else None
        await rules.add(database, store_id, target, value, decision, reason=reason, until=until, now=NOW)


async def connect(database: "Database", store: "StoreRecord") -> None:
    """Connect the store to Shopify, with an address that stays the same, and let a few deliveries arrive."""
    from sqlalchemy import text

    from data import connections, shopify
    from data.applier import Applier
    from data.deliveries import Delivery, Source
    from data.inbox import Inbox
    from tests.shopify import SECRET, cart, checkout, encoded, item, order

    await connections.connect_shopify(
        database, store, shop=f"{store.domain.partition('.')[0]}.myshopify.com", secret=SECRET, now=NOW
    )
    await connections.open_beacon(database, store, NOW)
    async with database.writing() as session:
        named = "UPDATE connection SET address = 'x7Kq2vT9mB4nR1sW8cYzLd0' || length(kind)"
        await (await session.connection()).execute(text(named))
    inbox = Inbox(database)
    bodies = [("carts/create", cart(token=f"c1-{number:04}", created_at=None, updated_at=None)) for number in range(38)]
    bodies += [
        ("carts/update", cart(token=f"c1-{number:04}", items=[item(number)], updated_at=None)) for number in range(61)
    ]
    bodies += [("checkouts/create", checkout(token=f"ch-{number}", cart_token=None)) for number in range(17)]
    bodies += [("orders/create", order(number=number, cart_token=None, checkout_token=None)) for number in range(12)]
    bodies.append(("carts/update", cart(token="c1-0001", items=[item(quantity=-2)])))
    for number, (topic, payload) in enumerate(bodies):
        body = encoded(payload)
        await inbox.receive(
            Delivery(
                store_id=store.id,
                source=Source.SHOPIFY,
                topic=topic,
                delivery_id=str(number),
                digest=shopify.digest(body, topic, None),
                triggered_at=None,
                received_at=NOW - timedelta(seconds=len(bodies) - number),
                body=body,
            )
        )
    await Applier(database, lambda: NOW).apply_waiting()


def serve(location: str, port: int) -> None:
    """Serve that database with a clock that stands still."""
    from data.settings import Settings
    from pages import app

    app.serve(
        Settings(database=location, port=port, open=False, public_url="https://cartwatch.shop.example"),
        clock=lambda: NOW,
    )


def take(base: str, token: str, domain: str) -> None:
    """Photograph the pages in every look and width."""
    from playwright.sync_api import sync_playwright

    from tests.browser import chromium

    FOLDER.mkdir(parents=True, exist_ok=True)
    detail = f"/sessions/{quote(token, safe='')}"
    pages = {"sessions": ("/", ".ag-row a[data-token]"), "session": (detail, ".cw-columns")}
    pages["connections"] = (f"/connections?store={domain}", ".cw-intake-table")
    pages["rules"] = ("/rules", "table")
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
                    if name == "session" and width == "wide":
                        panel = page.locator(".cw-card", has=page.get_by_role("heading", name="Security analysis"))
                        panel.screenshot(path=FOLDER / f"analysis-{look}.png")
                        print(f"assets/screenshots/analysis-{look}.png")
                context.close()
        browser.close()


def main() -> None:
    """Play, serve, photograph."""
    from tests.browser.server import Server, free_port

    with tempfile.TemporaryDirectory() as folder:
        location = str(Path(folder) / "pictures.db")
        token, domain = asyncio.run(play(location))
        port = free_port()
        command = [sys.executable, "-m", "tests.pictures", "serve", location, str(port)]
        with subprocess.Popen(command, cwd=install.ROOT) as process:
            try:
                server = Server(f"http://127.0.0.1:{port}", Path(location), Path(folder) / "unused", process)
                while not server.ready():
                    if process.poll() is not None:
                        raise SystemExit("The application ended before the pictures were taken.")
                    time.sleep(0.1)
                take(server.url, token, domain)
            finally:
                process.terminate()


if __name__ == "__main__":
    install.provide("tests.pictures", ["test"])
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        main()
