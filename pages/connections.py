"""``/connections``: the ways in that a store has, what has come through them, and the store's settings."""

from collections.abc import Callable

from nicegui import ui
from starlette.requests import Request
from starlette.responses import Response

from data import queries
from data.connection_state import last_taken
from data.database import Busy
from data.records import StoreRecord
from data.stores import MOST_CAPACITY, MOST_IP_DAYS
from pages import doorways, privacy_report
from pages.connection_actions import ConnectionActions
from pages.console import ASSETS_ADDRESS, Console, language_of
from pages.errors import busy, no_such_store
from pages.frame import frame
from pages.notice_actions import NoticeActions
from pages.quarantine_actions import QuarantineActions
from pages.store_page import go
from pages.ways_in import WaysIn, fetch
from ui.beacon_card import beacon_card
from ui.card import card
from ui.connection_card import connection_absent, connection_facts, connection_setup
from ui.connection_state import connection_advice, connection_badge
from ui.controls import button
from ui.frame import connections_address
from ui.intake_table import IntakeTable
from ui.key_list import key_list
from ui.latest import Latest
from ui.privacy_table import privacy_table
from ui.quarantine_table import QuarantineTable
from ui.store_dialog import store_form
from ui.store_table import store_table
from ui.text import Text
from ui.timer_form import TimerForm


def register(console: Callable[[], Console]) -> None:
    """Add the page, and what it leads to."""
    privacy_report.register(console)

    @ui.page("/connections", title="Connections · Cartwatch")
    async def page(request: Request) -> Response | None:
        wanted = request.query_params.get("store")
        try:
            store = await console().store(request, wanted)
            if store is None and wanted is not None:
                no_such_store(request, wanted)
                return None
            await frame(
                console(), request, store, here="connections", on_store=lambda domain: go(connections_address(domain))
            )
            ui.add_head_html(f'<link rel="stylesheet" href="{ASSETS_ADDRESS}/connections.css">')
            await ConnectionsView(console(), request, store).build()
        except Busy as problem:
            return busy(request, problem)
        return None


class ConnectionsView:
    """One open page of one visitor. Each part is rendered again only when what it shows has changed."""

    def __init__(self, console: Console, request: Request, store: StoreRecord | None) -> None:
        self._console = console
        self._request = request
        self._store = store
        self._language = language_of(request)
        self._client = ui.context.client
        self._actions = ConnectionActions(console, self._client, self._language, store, self._update)
        self._follows: list[Callable[[WaysIn], None]] = []

    async def build(self) -> None:
        """Render the page."""
        language = self._language
        with ui.element("div").classes("cw-page"):
            with ui.element("div").classes("cw-page-header"):
                Text(language.text("Connections"), "h1").classes("cw-title")
                if self._store is not None:
                    Text(self._store.domain, "bdi").classes("cw-secondary cw-page-store")
                    ui.element("span").classes("cw-space")
                    button(language.text("Add store"), on_click=self._actions.ask_store)
            if self._store is None:
                self._first_store()
            else:
                await self._parts(self._store)
        self._console.live.moved.subscribe(self._moved)

    def _first_store(self) -> None:
        with card(self._language.text("Add your store"), name="first-store"):
            Text(self._language.text("Cartwatch watches the carts of stores. Which one is yours?"), "p").classes(
                "cw-secondary cw-before-form"
            )
            store_form(self._language, self._actions.add_store)

    async def _parts(self, store: StoreRecord) -> None:
        known = self._known = await fetch(self._console.database, store, self._console.address)
        several = await self._console.allowed_stores(self._request)
        if len(several) > 1:
            sessions = {one.id: await queries.count_everything(self._console.database, one.id) for one in several}
            with card(self._language.text("Stores"), name="stores"):
                store_table(
                    several, store, sessions, self._language, address=lambda one: connections_address(one.domain)
                )
        with ui.element("div").classes("cw-columns"):
            with ui.element("div").classes("cw-column"):
                self._shopify()
                self._intake()
                self._quarantine(store)
            with ui.element("div").classes("cw-column"):
                self._settings(store)
                self._beacon()
                self._keys()
                NoticeActions(self._console, self._client, self._language, store, self._update).place(self._part)
                self._privacy()
        for follow in self._follows:
            follow(known)

    # ---- the parts

    def _part(self, seen: Callable[[WaysIn], object], render: Callable[[WaysIn], None]) -> None:
        """A part that is rendered again when what it has ``seen`` is no longer the same."""

        @ui.refreshable
        def part() -> None:
            render(self._known)

        before = seen(self._known)

        def follow(known: WaysIn) -> None:
            nonlocal before
            if seen(known) != before:
                before = seen(known)
                part.refresh()

        part()
        self._follows.append(follow)

    def _shopify(self) -> None:
        language, actions = self._language, self._actions
        with card(language.text("Shopify"), name="shopify"):
            with ui.element("div").classes("cw-bar-line"):
                self._part(lambda known: known.state, lambda known: connection_badge(known.state, language))
                latest = Latest(language)
                self._follows.append(lambda known: latest.show(last_taken(known.intake.topics), self._console.clock()))
                ui.element("span").classes("cw-space")
                self._part(lambda known: known.shopify, self._shopify_buttons)
            actions.place_for_test()
            self._part(lambda known: known.state, lambda known: connection_advice(known.state, language))
            self._part(lambda known: known.shopify, self._shopify_connection)

    def _shopify_buttons(self, known: WaysIn) -> None:
        language, found = self._language, known.shopify

        def ask() -> None:
            self._actions.ask_connect(found)

        if found is None:
            button(language.text("Connect Shopify"), kind="primary", on_click=ask)
        elif found.hint is None:
            button(language.text("Enter secret"), kind="primary", on_click=ask)
        else:
            button(language.text("Change secret"), on_click=ask)
            button(language.text("Send test delivery"), on_click=self._actions.test)

    def _shopify_connection(self, known: WaysIn) -> None:
        if known.shopify is None:
            connection_absent(self._language)
            return
        connection_facts(known.shopify, self._console.clock(), self._language)
        base = self._console.address
        connection_setup(
            doorways.shopify_webhooks(base, known.shopify.address),
            self._language,
            reached=known.reached,
        )

    def _intake(self) -> None:
        with card(self._language.text("What arrived"), name="intake"):
            table = IntakeTable(self._language)
        self._follows.append(lambda known: table.show(known.intake, known.expected, self._console.clock()))

    def _quarantine(self, store: StoreRecord) -> None:
        actions = QuarantineActions(self._console, self._client, self._language, store, self._update)
        with card(self._language.text("Quarantine"), name="quarantine"):
            table = QuarantineTable(
                self._language,
                on_retry=actions.retry,
                on_retry_all=actions.retry_all,
                on_discard=actions.ask_discard,
            )
        self._follows.append(lambda known: table.show(known.intake, self._console.clock()))

    def _settings(self, store: StoreRecord) -> None:
        with card(self._language.text("Timer, privacy and review"), name="settings"):
            form = TimerForm(
                store, self._language, self._actions.save, most_ip_days=MOST_IP_DAYS, most_capacity=MOST_CAPACITY
            )
        self._follows.append(lambda known: form.show(known.store))

    def _beacon(self) -> None:
        def render(known: WaysIn) -> None:
            address, minutes = self._console.address, known.store.timer_minutes
            line = doorways.beacon_line(address, known.beacon.address, minutes) if known.beacon else None
            beacon_card(line, self._language)
            if known.beacon is None:
                button(self._language.text("Open beacon"), on_click=self._actions.open_beacon)

        with card(self._language.text("Storefront beacon"), name="beacon"):
            self._part(lambda known: (known.beacon, known.store.timer_minutes), render)

    def _keys(self) -> None:
        def render(known: WaysIn) -> None:
            key_list(
                known.keys,
                doorways.events(self._console.address),
                self._language,
                now=self._console.clock(),
                on_withdraw=self._actions.ask_withdraw,
            )

        with card(self._language.text("Events API"), name="events-api"):
            self._part(lambda known: known.keys, render)
            button(self._language.text("New key"), on_click=self._actions.new_key)

    def _privacy(self) -> None:
        def render(known: WaysIn) -> None:
            privacy_table(
                known.privacy,
                self._language,
                now=self._console.clock(),
                address=lambda request: privacy_report.report_address(known.store, request),
                on_done=self._actions.ask_handed_over,
            )

        with card(self._language.text("Privacy requests"), name="privacy"):
            self._part(lambda known: known.privacy, render)

    # ---- following along

    async def _update(self) -> None:
        """Show everything as it is now; a busy database is asked again at the next change."""
        if self._store is None:
            return
        try:
            store = await self._console.store(self._request, self._store.domain)
            self._known = await fetch(self._console.database, store or self._store, self._console.address)
        except Busy:
            return
        for follow in self._follows:
            follow(self._known)

    async def _moved(self, store_id: int, _revision: int) -> None:
        if self._store is not None and self._store.id == store_id:
            await self._update()
