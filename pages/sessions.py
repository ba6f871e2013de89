"""The sessions list: composes its parts, follows the address, and hears when the store changes."""

import json

from nicegui import ui
from nicegui.events import GenericEventArguments

from data import queries
from data.database import Busy
from data.filters import SessionFilter
from data.list_place import ListPlace
from data.records import StoreRecord
from pages.console import ASSETS_ADDRESS, Console
from ui.filter_bar import FilterBar
from ui.first_rows import first_rows
from ui.frame import connections_address
from ui.language import Language
from ui.list_header import list_header, new_sessions_pill
from ui.moments import milliseconds
from ui.session_grid import session_grid
from ui.states import list_states

FIRST_ROWS = 30
"""Rows in the first answer: what a tall screen shows."""


class SessionsView:
    """The list of one open page. The filter lives here; rows, scroll and selection live in the browser."""

    def __init__(
        self, console: Console, language: Language, store: StoreRecord | None, wanted: SessionFilter, place: ListPlace
    ) -> None:
        self._console = console
        self._language = language
        self._store = store
        self._wanted = wanted
        self._place = place

    async def build(self) -> None:
        """Render the list; its rows are fetched by the browser."""
        language = self._language
        currencies = {store.currency for store in await self._console.live.stores()}
        with ui.element("div").classes("cw-list"):
            list_header(language, "")
            self._filters = FilterBar(self._wanted, language, self._changed, self._refresh)
            with ui.element("div").classes("cw-grid-card"):
                new_sessions_pill()
                session_grid(self._wanted, self._place, language, currencies=currencies, assets=ASSETS_ADDRESS)
                list_states(
                    language,
                    connections=connections_address(self._store.domain if self._store else None),
                    on_clear=self._filters.clear,
                    on_retry=self._refresh,
                )
        ui.on("cartwatch_sort", self._sorted)
        ui.on("cartwatch_condition", self._narrowed)
        self._console.live.moved.subscribe(self._moved)
        self._client = ui.context.client

    async def first_answer(self) -> None:
        """Put the first rows into the HTML of the first answer."""
        if self._store is None:
            return
        now = self._console.clock()
        try:
            found = await queries.block(
                self._console.database,
                self._store.id,
                self._wanted,
                self._place.row,
                self._place.row + FIRST_ROWS,
                now=now,
                locale=self._language.tag,
                until=self._place.until,
            )
            everything = await queries.count_everything(self._console.database, self._store.id)
        except Busy:
            return  # the list itself will say so, and offer to try again
        html = first_rows(
            found.rows,
            self._count(found.total, everything, capped=found.capped),
            self._wanted,
            self._language,
            now=milliseconds(now),
            assets=ASSETS_ADDRESS,
        )
        ui.add_body_html(html)

    def show(self, wanted: SessionFilter) -> None:
        """Show another state of the list, as after Back: the address is already there."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._filters.show(wanted)
            self._tell("keep")

    def _count(self, total: int, everything: int, *, capped: bool) -> str:
        if not self._wanted.has_conditions:
            return self._language.plural("{n} total session", "{n} total sessions", everything)
        matching = self._language.number(total) + ("+" if capped else "")
        return self._language.plural(
            "{matching} of {n} session", "{matching} of {n} sessions", everything, matching=matching
        )

    def _changed(self, wanted: SessionFilter, typing: bool) -> None:
        self._wanted = wanted
        self._tell("replace" if typing else "push")

    def _sorted(self, event: GenericEventArguments) -> None:
        self._wanted = SessionFilter.from_query(self._wanted.to_query() | {"sort": str(event.args)})
        self._filters.show(self._wanted)
        self._tell("push")

    def _narrowed(self, event: GenericEventArguments) -> None:
        """A cell's menu was used: ``{"name": "country", "value": "DE", "only": true}``."""
        asked = event.args if isinstance(event.args, dict) else {}
        name, value = str(asked.get("name")), str(asked.get("value"))
        self._wanted = self._wanted.only(name, value) if asked.get("only") else self._wanted.excluding(name, value)
        self._filters.show(self._wanted)
        self._tell("push")

    def _refresh(self) -> None:
        ui.run_javascript("cartwatch.grid.refresh()")

    def _tell(self, mode: str) -> None:
        query, address = json.dumps(self._wanted.to_query()), json.dumps(self._wanted.list_address())
        # Not through the element that was pressed: a chip is gone by now.
        self._client.run_javascript(f"cartwatch.show({query}, {address}, '{mode}')")

    def _moved(self, store_id: int, revision: int) -> None:
        if self._store is None:
            self._client.run_javascript("location.reload()")  # the first store has come: the page begins anew
        elif store_id == self._store.id:
            self._client.run_javascript(f"cartwatch.grid.live.changed({revision})")
