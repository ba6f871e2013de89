"""The one page behind ``/`` and ``/sessions/{token}``: the list stays mounted while a session's details show."""

import json
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from nicegui import ui
from starlette.requests import Request
from starlette.responses import Response

from data.database import Busy
from data.filters import SessionFilter
from data.list_place import ListPlace
from data.records import StoreRecord
from pages.console import Console, language_of
from pages.details import DetailsView
from pages.errors import busy, no_such_store, nothing_here
from pages.frame import frame
from pages.sessions import SessionsView

DETAILS = "/sessions/"


def register(console: Callable[[], Console]) -> None:
    """Add the page under both addresses."""

    async def shell(request: Request) -> Response | None:
        wanted = SessionFilter.from_query(request.query_params)
        if request.url.path == DETAILS:
            return nothing_here(request)
        try:
            store = await console().store(request, wanted.store)
            if store is None and wanted.store is not None:
                no_such_store(request, wanted.store)
                return None
            await Shell(console(), request, store).build()
        except Busy as problem:
            return busy(request, problem)
        return None

    # One function under both addresses: going from one to the other stays inside the page.
    # A slash in a token is written %2F, but reaches the routes as a slash.
    for path in ("/", DETAILS + "{token:path}"):
        ui.page(path, title="Cartwatch")(shell)


class Shell:
    """One open page of one visitor."""

    def __init__(self, console: Console, request: Request, store: StoreRecord | None) -> None:
        self._console = console
        self._request = request
        self._store = store
        self._language = language_of(request)
        self._address = _address_of(request)

    async def build(self) -> None:
        """Render the frame and both views."""
        language, client = self._language, ui.context.client
        self._switcher = await frame(self._console, self._request, self._store, here="sessions", on_store=self._switch)
        wanted, place = self._state(self._address)
        self._sessions = SessionsView(self._console, language, self._store, wanted, place)
        await self._sessions.build()
        self._details = DetailsView(self._console, language, self._request)
        client.sub_pages_router.current_path = self._address
        with ui.element("div").classes("cw-details"):
            ui.sub_pages({"/": lambda: None, DETAILS + "{token}": self._show_details}, show_404=False)
        client.sub_pages_router.on_path_changed(self._went)
        if not self._address.startswith(DETAILS):
            await self._sessions.first_answer()
            return
        if not await self._details.exists(*self._session_of(self._address)):
            client.status_code = 404
        await self._details.rendered.wait()  # they are rendered beside this; the first answer is to hold them

    async def _show_details(self) -> None:
        token, wanted, place = self._session_of(ui.context.client.sub_pages_router.current_path)
        await self._details.show(token, wanted, place)

    def _went(self, address: str) -> None:
        """The visitor has gone to another address of this page, also by Back and Forward."""
        wanted, _ = self._state(address)
        if self._switcher is not None and wanted.store:
            self._switcher.show(wanted.store)
        if not address.startswith(DETAILS):
            self._details.leave()
            self._sessions.show(wanted)

    def _switch(self, domain: str) -> None:
        # Another store is another document: nothing of the first may stay behind. ui.navigate would stay in this page.
        ui.run_javascript(f"location.assign({json.dumps(SessionFilter(store=domain).list_address())})")

    def _state(self, address: str) -> tuple[SessionFilter, ListPlace]:
        query = dict(parse_qsl(urlsplit(address).query))
        return SessionFilter.from_query(query), ListPlace.from_query(query)

    def _session_of(self, address: str) -> tuple[str, SessionFilter, ListPlace]:
        return unquote(urlsplit(address).path.removeprefix(DETAILS)), *self._state(address)


def _address_of(request: Request) -> str:
    """The address as a browser writes it; what the routes see has been decoded, so a token's "%2F" is a slash there."""
    token = request.path_params.get("token")
    path = "/" if token is None else DETAILS + quote(token, safe="")
    return path + (f"?{request.url.query}" if request.url.query else "")
