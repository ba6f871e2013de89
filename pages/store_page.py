"""A page about one store: which store its address means, the frame around it, the way to that of another store."""

import json
from collections.abc import Awaitable, Callable

from nicegui import ui
from starlette.requests import Request
from starlette.responses import Response

from data.database import Busy
from data.records import StoreRecord
from pages.console import ASSETS_ADDRESS, Console
from pages.errors import busy, no_such_store
from pages.frame import frame
from ui.frame import Here


def store_page(
    console: Callable[[], Console],
    path: str,
    *,
    title: str,
    here: Here,
    sheet: str,
    address: Callable[[str], str],
    build: Callable[[Console, Request, StoreRecord], Awaitable[None]],
) -> None:
    """Add a page, which ``build`` renders below the frame. ``address`` gives that of another store, by its domain.

    ``here`` is its place in the top bar, ``sheet`` the name of its stylesheet.
    """

    @ui.page(path, title=title)
    async def page(request: Request) -> Response | None:
        wanted = request.query_params.get("store")
        try:
            store = await console().store(request, wanted)
            if store is None:
                no_such_store(request, wanted or "")
                return None
            await frame(console(), request, store, here=here, on_store=lambda domain: go(address(domain)))
            ui.add_head_html(f'<link rel="stylesheet" href="{ASSETS_ADDRESS}/{sheet}">')
            await build(console(), request, store)
        except Busy as problem:
            return busy(request, problem)
        return None


def go(address: str) -> None:
    """Lead the visitor of the open page to another one."""
    ui.run_javascript(f"location.assign({json.dumps(address)})")
