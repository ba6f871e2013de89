"""``/audit``: who did what in a store, why, and what was so before and after; the newest first."""

from collections.abc import Callable

from nicegui import ui
from starlette.requests import Request

from data import audit
from data.database import Busy
from data.records import StoreRecord
from data.rule_targets import RuleAction
from pages.console import Console, language_of
from pages.store_page import go, store_page
from ui.audit_table import AuditTable
from ui.card import card
from ui.controls import Dropdown
from ui.rule_addresses import audit_address, rules_address
from ui.rule_lists import turn
from ui.rule_words import action_words
from ui.text import Text

PAGE = 50
"""Lines on a page."""

FOLLOW = 1.0
"""Seconds after which a page shows what has been done meanwhile."""

_LARGEST = 2**63 - 1  # what a database can hold


def register(console: Callable[[], Console]) -> None:
    """Add the page."""
    store_page(
        console,
        "/audit",
        title="Audit · Cartwatch",
        here="rules",
        sheet="rules.css",
        address=audit_address,
        build=lambda console, request, store: AuditView(console, request, store).build(),
    )


class AuditView:
    """One page of it, as one visitor has it open; the first follows what is done."""

    def __init__(self, console: Console, request: Request, store: StoreRecord) -> None:
        self._console = console
        self._store = store
        self._language = language_of(request)
        query = request.query_params
        self._action = next((one for one in RuleAction if one.value == query.get("action")), None)
        before = query.get("before", "")
        known = before.isascii() and before.isdigit() and len(before) < 20
        self._before = min(int(before), _LARGEST) if known else None
        self._stale = False

    async def build(self) -> None:
        """Render the page."""
        language, domain = self._language, self._store.domain
        with ui.element("div").classes("cw-page"):
            with ui.element("div").classes("cw-page-header"):
                Text(language.text("Audit"), "h1").classes("cw-title")
                Text(domain, "bdi").classes("cw-secondary cw-page-store")
                ui.element("span").classes("cw-space")
                with ui.element("div").classes("cw-actions"):
                    self._choice()
                    with ui.element("a").classes("cw-button").props("data-leave") as link:
                        link.props["href"] = rules_address(domain)
                        Text(language.text("Rules"))
            with card(language.text("What was done"), name="audit"):
                self._none = Text("", "p").classes("cw-none").props('role="status"')
                with ui.element("div").classes("cw-table-scroll"):
                    self._table = AuditTable(language, domain)
                self._turns = ui.element("nav").classes("cw-bar-line cw-after-table")
                self._turns.props["aria-label"] = language.text("Pages of the list")
        await self._show()
        self._console.live.moved.subscribe(self._moved)
        ui.timer(FOLLOW, self._follow)

    def _choice(self) -> None:
        language = self._language
        actions = {"": language.text("Everything")} | {one.value: action_words(one, language) for one in RuleAction}
        chosen = self._action.value if self._action else ""
        Dropdown(
            language.text("Show"),
            actions,
            chosen,
            lambda action: go(audit_address(self._store.domain, action=action)),
            hidden=True,
        )

    async def _show(self) -> None:
        """Show it as it is now. Raises Busy."""
        found = await audit.of_store(
            self._console.database, self._store.id, before_id=self._before, action=self._action, limit=PAGE + 1
        )
        lines, more = found[:PAGE], len(found) > PAGE
        self._table.show(lines, self._console.clock())
        self._table.set_visibility(bool(lines))
        self._none.text = "" if lines else self._nothing()
        newest = self._address(None) if self._before is not None else None
        older = self._address(str(lines[-1].id)) if more else None
        self._turns.clear()
        self._turns.set_visibility(bool(newest or older))
        with self._turns:
            turn(newest, older, self._language, newer_words=self._language.text("Newest"))

    def _address(self, before: str | None) -> str:
        action = self._action.value if self._action else None
        return audit_address(self._store.domain, action=action, before=before)

    def _nothing(self) -> str:
        if self._action is not None or self._before is not None:
            return self._language.text("There is nothing of this kind here.")
        return self._language.text(
            "Nothing was done yet. Every decision is written down here, with who, what and why, and stays."
        )

    async def _follow(self) -> None:
        if not self._stale:
            return
        self._stale = False
        try:
            await self._show()
        except Busy:
            self._stale = True

    def _moved(self, store_id: int, _revision: int) -> None:
        self._stale = self._stale or store_id == self._store.id
