"""The details of one session: fetched, composed from its parts, and kept up to date while it is open."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

from nicegui import ui
from starlette.requests import Request

from data import details, geo, status
from data.database import Busy
from data.devices import described
from data.events import TimelineKind
from data.filters import SessionFilter
from data.levels import Decision
from data.list_place import ListPlace
from data.records import Neighbours, SessionDetail
from data.status import Status
from data.support import bundle
from pages.console import ASSETS_ADDRESS, Console
from pages.related import RelatedCard
from pages.session_decisions import SessionDecisions
from ui.cart_contents import cart_contents
from ui.fold import Folds
from ui.language import Language
from ui.security_panel import security_panel
from ui.session_facts import session_facts
from ui.session_header import session_header, way_back
from ui.states import not_found
from ui.technical import technical
from ui.timeline import timeline
from ui.toast import toast


class DetailsView:
    """The details view of one open page; shows one session at a time, or none."""

    def __init__(self, console: Console, language: Language, request: Request) -> None:
        self._console = console
        self._language = language
        self._request = request
        self._session: SessionDetail | None = None
        self._parts: list[ui.refreshable[[], None]] = []
        self._kind: TimelineKind | None = None
        self._folds = Folds()
        self._related = RelatedCard(console, language)
        self._client = ui.context.client
        self._decisions = SessionDecisions(console, self._client, language, self._update)
        self.rendered = asyncio.Event()
        console.live.moved.subscribe(self._moved)

    async def exists(self, token: str, wanted: SessionFilter, _: ListPlace) -> bool:
        """Whether there is such a session for this visitor."""
        return await self._fetch(token, wanted) is not None

    async def show(self, token: str, wanted: SessionFilter, place: ListPlace) -> None:
        """Render a session, or say that there is none."""
        try:
            await self._render(token, wanted, place)
        finally:
            self.rendered.set()

    async def _render(self, token: str, wanted: SessionFilter, place: ListPlace) -> None:
        self._wanted, self._place, self._kind, self._folds = wanted, place, None, Folds()
        back = wanted.list_address(place)
        try:
            self._session = await self._fetch(token, wanted)
            found = await self._neighbours(self._session) if self._session else None
            if self._session is not None:
                await self._related.fetch(self._session, wanted, place)
                self._decisions.standing = await self._decisions.find(self._session)
        except Busy as problem:
            self._session = None
            not_found(self._language, str(problem), back, self._language.text("Back to the sessions"), code="503")
            return
        if found is None:
            not_found(
                self._language,
                self._language.text("There is no session with this cart token."),
                back,
                self._language.text("Back to the sessions"),
            )
            return
        ui.page_title(f"{token[:40]} · Cartwatch")
        way_back(self._language, back=back, previous=self._address(found.previous), following=self._address(found.next))
        self._build()

    def leave(self) -> None:
        """The visitor has gone back to the list."""
        self._session = None
        self._parts = []
        ui.page_title("Cartwatch")

    async def _fetch(self, token: str, wanted: SessionFilter) -> SessionDetail | None:
        store = await self._console.store(self._request, wanted.store)
        if store is None:
            return None
        return await details.detail(self._console.database, store.id, token, self._console.clock())

    async def _neighbours(self, session: SessionDetail) -> Neighbours:
        return await details.neighbours(
            self._console.database,
            session.store.id,
            self._wanted,
            session.id,
            now=self._console.clock(),
            locale=self._language.tag,
        )

    def _address(self, token: str | None) -> str | None:
        return None if token is None else self._wanted.session_address(token, self._place)

    # ---- the parts: each is rendered again only when the session has changed

    def _build(self) -> None:
        self._parts = []
        self._part(self._header)
        self._part(self._decisions.render)
        with ui.element("div").classes("cw-columns"):
            with ui.element("div").classes("cw-column"):
                self._part(self._facts)
                self._part(self._cart)
                self._part(self._timeline)
            with ui.element("div").classes("cw-column"):
                self._part(self._security)
                self._part(self._related.render)
                self._part(self._technical)

    def _part(self, render: Callable[[SessionDetail, Status], None]) -> None:
        @ui.refreshable
        def part() -> None:
            if self._session is not None:
                now = self._console.clock()
                render(self._session, status.shown(self._session.status, self._session.expires_at, now))

        # What is rendered anew has lost its place; its box has not, and the browser keeps that where it is.
        with ui.element("div").classes("cw-part"):
            part()
        self._parts.append(part)

    def _header(self, session: SessionDetail, shown: Status) -> None:
        session_header(
            session,
            shown,
            self._language,
            on_refresh=self._refresh,
            on_restrict=lambda: self._ask(Decision.RESTRICTED),
            on_clear=lambda: self._ask(Decision.CLEARED),
        )

    def _facts(self, session: SessionDetail, shown: Status) -> None:
        session_facts(session, shown, self._language, now=self._console.clock(), assets=ASSETS_ADDRESS)

    def _cart(self, session: SessionDetail, _: Status) -> None:
        cart_contents(session, self._language)

    def _timeline(self, session: SessionDetail, _: Status) -> None:
        timeline(session, self._kind, self._language, now=self._console.clock(), on_choose=self._choose_kind)

    def _security(self, session: SessionDetail, _: Status) -> None:
        security_panel(
            session,
            self._language,
            now=self._console.clock(),
            sources=[one.source for one in geo.sources()],
            folds=self._folds,
        )

    def _technical(self, session: SessionDetail, _: Status) -> None:
        technical(session, described(session.user_agent), self._language, on_bundle=self._copy_bundle)

    # ---- what happens

    async def _moved(self, store_id: int, _revision: int) -> None:
        if self._session is not None and self._session.store.id == store_id:
            await self._update()

    async def _update(self, *, asked: bool = False) -> None:
        """Show what has changed. The related sessions are looked for again only then, or when ``asked`` to."""
        before = self._session
        if before is None:
            return
        try:
            after = await details.detail(
                self._console.database, before.store.id, before.cart_token, self._console.clock()
            )
            # The store's revision moves with every session; this page is touched only when its own has changed.
            if after is None:
                return
            standing = await self._decisions.find(after)
            same = replace(after, store=before.store) == before and standing == self._decisions.standing
            if same and not asked:
                return
            await self._related.fetch(after, self._wanted, self._place)
        except Busy:
            return
        if self._session is before:
            self._session, self._decisions.standing = after, standing
            for part in self._parts:
                part.refresh()

    async def _refresh(self) -> None:
        await self._update(asked=True)
        toast(self._client, self._language.text("Up to date"))

    def _choose_kind(self, kind: TimelineKind | None) -> None:
        self._kind = kind
        for part in self._parts:
            part.refresh()

    def _copy_bundle(self) -> None:
        if self._session is not None:
            text = bundle(self._session, self._console.clock())
            self._client.run_javascript(f"cartwatch.copy({json.dumps(text)})")

    async def _ask(self, decision: Decision) -> None:
        if self._session is not None:
            await self._decisions.ask(self._session, decision)
