"""The start: settings in, a running console out."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from nicegui import app, ui
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from data import expiry, geo, lapsing, privacy, retention
from data import learning as learned
from data.connections import forget_former
from data.database import Busy, Database
from data.demo import Demo
from data.settings import Settings
from pages import api, audit, beacon, connections, decision, errors, events, learning, listening, shell, webhooks
from pages import rules as rules_page
from pages.console import ASSETS, ASSETS_ADDRESS, Console, utc_now
from pages.live import TICK
from pages.rounds import Rounds
from pages.security import LOCAL, Guard

log = logging.getLogger("cartwatch")

SWEEP = 1.0
"""Seconds between two looks for sessions whose time is over, and for rules."""

RECONNECT = 20.0
"""Seconds that an open page is kept for a browser that has lost its connection."""

STOPPING = 5
"""Seconds that open requests are waited for when the console is stopped."""

TALLY = 5.0
"""Seconds between two times that refused deliveries are written down, and privacy requests looked for."""

TIDY = 60.0
"""Seconds between two looks for what is not to be kept any longer."""

LEARN = 3600.0
"""Seconds between two looks for labels that something new can be learned from."""

_console: list[Console] = []
_rounds: list[Rounds] = []


def console() -> Console:
    """The running console; its routes are registered before it is there."""
    return _console[0]


def register() -> None:
    """Add every page and endpoint to NiceGUI's application."""
    app.add_static_files(ASSETS_ADDRESS, ASSETS, max_cache_age=31_536_000)
    shell.register(console)
    connections.register(console)
    learning.register(console)
    rules_page.register(console)
    audit.register(console)
    api.register(console)
    events.register(console)
    decision.register(console)
    webhooks.register(console)
    beacon.register(console)
    errors.register()

    @app.get("/healthz")
    async def ready() -> Response:
        try:
            await console().live.stores()
        except (Busy, IndexError):
            return JSONResponse({"status": "not ready"}, 503)
        return JSONResponse({"status": "ok"})


async def start(
    database: Database,
    clock: Callable[[], datetime] = utc_now,
    *,
    demo: bool = False,
    address: str = "http://127.0.0.1:8080",
    local_only: bool = True,
) -> Console:
    """Begin to watch an open database, to apply what is in its inbox, and to send what shops are to be told."""
    running, rounds = Console.over(database, clock, address, local_only=local_only), Rounds()
    _console[:] = [running]
    _rounds[:] = [rounds]
    rounds.every(0, running.applier.run)
    rounds.every(0, running.notices.run)
    await asyncio.to_thread(geo.sources)  # read once, and not while a page waits for it
    if demo:
        sale = Demo(database)
        await sale.prepare(clock())
        rounds.every(TICK, lambda: sale.step(clock()))
    await running.live.look()
    rounds.every(TICK, running.live.look)
    rounds.every(SWEEP, lambda: expiry.sweep(database, clock()))
    rounds.every(SWEEP, lambda: lapsing.lapse(database, clock()))
    rounds.every(TALLY, running.refusals.write)
    rounds.every(TALLY, lambda: privacy.work(database, clock()))
    rounds.every(TIDY, lambda: retention.tidy(database, clock()))
    rounds.every(TIDY, lambda: forget_former(database, clock()))
    rounds.every(LEARN, lambda: learned.learn_where_due(database, clock()))
    return running


async def stop() -> None:
    """Let what runs come to its end, and close what is open: a connection would keep the process from ending."""
    for running in _console:
        running.applier.stop()
        running.notices.stop()
    while _rounds:
        await _rounds.pop().end()
    while _console:
        await _console.pop().database.close()


def serve(settings: Settings, *, demo: bool = False, clock: Callable[[], datetime] = utc_now) -> None:
    """Run the console until it is stopped. Raises DatabaseProblem before anything listens."""
    location = settings.location(demo=demo)
    # Found out here, where the command line can still say it in one sentence.
    asyncio.run(_check(location))
    register()

    async def started() -> None:
        address = settings.public_url or listening.url(settings.host, settings.port)
        local_only = settings.host in LOCAL
        await start(await Database.open(location), clock, demo=demo, address=address, local_only=local_only)

    app.on_startup(started)
    app.on_shutdown(stop)
    app.add_middleware(Guard, local_only=settings.host in LOCAL, public_host=settings.public_host)
    ui.run(
        host=settings.host,
        port=settings.port,
        title="Cartwatch",
        favicon=ASSETS / "icons" / "cartwatch.svg",
        dark=None,
        reload=False,
        show=settings.open and not settings.native,
        native=settings.native,
        window_size=(1280, 860) if settings.native else None,
        tailwind=False,
        reconnect_timeout=RECONNECT,
        show_welcome_message=False,
        gzip_middleware_factory=_compressed,
        ws_max_size=1_000_000,
        timeout_graceful_shutdown=STOPPING,
        forwarded_allow_ips=settings.trusted_proxies,
    )


async def _check(location: str) -> None:
    await (await Database.open(location)).close()


def _compressed(inner: ASGIApp) -> GZipMiddleware:
    # Level 1 costs a tenth of the default's time for nearly the same size; files are compressed on every request.
    return GZipMiddleware(inner, minimum_size=1000, compresslevel=1)
