"""``/rules``: a store's block list and allow list, and what was decided about single sessions."""

import asyncio
from collections.abc import Callable

from nicegui import ui
from starlette.requests import Request

from data import rule_counts, rules
from data.database import Busy
from data.levels import Decision
from data.records import StoreRecord
from data.rule_records import RuleList
from data.rule_targets import Target
from pages import rule_exchange
from pages.console import Console, language_of
from pages.rule_actions import RuleActions
from pages.store_page import store_page
from ui.card import card
from ui.controls import button
from ui.ended_rules import EndedRules
from ui.frame import connections_address
from ui.rule_addresses import RULE_LISTS, RuleListName, audit_address, rules_address
from ui.rule_lists import PAGE, Paging, RuleLists, list_names, list_purpose
from ui.rule_search import rule_search
from ui.rule_table import RuleTable
from ui.text import Text, seen

FOLLOW = 1.0
"""Seconds after which a page shows what has changed: a sale changes something all the time."""

MOST_ENDED = 50
"""Ended rules that are shown; the audit has them all."""

LONGEST_PART = 255
"""Characters of a value or reason that are looked for."""

_WIDE = (Target.IP, Target.NETWORK, Target.DEVICE)
_MEANT: dict[RuleListName, tuple[Decision | None, tuple[Target, ...]]] = {
    "block": (Decision.RESTRICTED, _WIDE),
    "allow": (Decision.CLEARED, _WIDE),
    "sessions": (None, (Target.SESSION,)),
}


def register(console: Callable[[], Console]) -> None:
    """Add the page, and its files."""
    rule_exchange.register(console)
    store_page(
        console,
        "/rules",
        title="Rules · Cartwatch",
        here="rules",
        sheet="rules.css",
        address=rules_address,
        build=lambda console, request, store: RulesView(console, request, store).build(),
    )


class RulesView:
    """One list on one open page of one visitor."""

    def __init__(self, console: Console, request: Request, store: StoreRecord) -> None:
        self._console = console
        self._store = store
        self._language = language_of(request)
        query = request.query_params
        self._listed: RuleListName = next((name for name in RULE_LISTS if name == query.get("list")), "block")
        self._part = "".join(c for c in query.get("q", "") if c.isprintable()).strip()[:LONGEST_PART]
        number = query.get("page", "")
        self._page = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1
        self._stale = False
        self._showing = asyncio.Lock()
        self._actions = RuleActions(console, ui.context.client, self._language, store, self._update)

    async def build(self) -> None:
        """Render the page."""
        language, listed = self._language, self._listed
        with ui.element("div").classes("cw-page"):
            self._header()
            self._actions.place_report()
            self._lists = RuleLists(listed, {name: self._address(name) for name in RULE_LISTS}, language)
            with card(list_names(language)[listed], name="rules"):
                list_purpose(listed, language, connections=connections_address(self._store.domain))
                self._search = rule_search(self._store.domain, listed, self._part, language)
                self._none = Text("", "p").classes("cw-none").props('role="status"')
                with ui.element("div").classes("cw-table-scroll"):
                    self._table = RuleTable(
                        language, self._store.domain, self._actions.ask_lift, mixed=listed == "sessions"
                    )
                self._paging = Paging(language)
            with ui.element("section").classes("cw-card") as section:
                section.props["aria-label"] = language.text("Ended rules")
                self._ended = EndedRules(language, self._show_ended)
        await self._show()
        self._console.live.moved.subscribe(self._moved)
        ui.timer(FOLLOW, self._follow)

    def _header(self) -> None:
        language = self._language
        with ui.element("div").classes("cw-page-header"):
            Text(language.text("Rules"), "h1").classes("cw-title")
            Text(self._store.domain, "bdi").classes("cw-secondary cw-page-store")
            ui.element("span").classes("cw-space")
            with ui.element("div").classes("cw-actions"):
                self._link(language.text("Audit"), audit_address(self._store.domain))
                self._actions.place_import()
                export = self._link(language.text("Export CSV"), rule_exchange.export_address(self._store.domain))
                export.props("download")
                if self._listed != "sessions":
                    decision = _MEANT[self._listed][0] or Decision.RESTRICTED
                    words = language.text("Add to block list"), language.text("Add to allow list")
                    button(
                        words[decision is Decision.CLEARED],
                        kind="primary",
                        on_click=lambda: self._actions.ask_add(decision),
                    )

    def _link(self, words: str, address: str) -> ui.element:
        with ui.element("a").classes("cw-button").props("data-leave") as link:
            link.props["href"] = address
            Text(words)
        return link

    def _address(self, listed: RuleListName, page: int = 1) -> str:
        part = self._part if listed == self._listed else ""
        return rules_address(self._store.domain, listed=listed, part=part, page=page)

    # ---- what is shown

    async def _show(self) -> None:
        """Show everything as it is now. Raises Busy."""
        db, now = self._console.database, self._console.clock()
        found = await self._found(self._page)
        last = max(1, -(-found.total // PAGE))
        if self._page > last:  # so many have ended meanwhile
            self._page = last
            found = await self._found(last)
        sessions = await rule_counts.active(db, [rule.id for rule in found.rules])
        totals = {name: (await self._of(name, limit=0)).total for name in RULE_LISTS}
        self._lists.count(totals)
        self._table.show(found.rules, sessions, rule_counts.MOST, now)
        self._table.set_visibility(bool(found.rules))
        self._search.set_visibility(bool(self._part) or totals[self._listed] > 1)
        self._none.text = "" if found.rules else self._nothing()
        self._paging.show(
            (self._page - 1) * PAGE + 1,
            len(found.rules),
            found.total,
            newer=self._address(self._listed, self._page - 1) if self._page > 1 else None,
            older=self._address(self._listed, self._page + 1) if self._page < last else None,
        )
        if self._ended.open:
            await self._show_ended()

    async def _show_ended(self) -> None:
        try:
            found = await self._of(self._listed, ended=True, part=self._part, limit=MOST_ENDED)
        except Busy:
            return  # it is asked again at the next change
        self._ended.show(found, self._console.clock(), audit_address(self._store.domain))

    async def _found(self, page: int) -> RuleList:
        return await self._of(self._listed, part=self._part, limit=PAGE, offset=(page - 1) * PAGE)

    async def _of(
        self, listed: RuleListName, *, ended: bool = False, part: str = "", limit: int, offset: int = 0
    ) -> RuleList:
        decision, targets = _MEANT[listed]
        return await rules.of_store(
            self._console.database,
            self._store.id,
            ended=ended,
            decision=decision,
            targets=targets,
            part=part,
            limit=limit,
            offset=offset,
        )

    def _nothing(self) -> str:
        language = self._language
        if self._part:
            return language.text("No rule of this list has “{part}” in its value or reason.", part=seen(self._part))
        return {
            "block": language.text("Nothing is on the block list. Add an IP, a network or a device, or import a list."),
            "allow": language.text("Nothing is on the allow list. Add an IP, a network or a device, or import a list."),
            "sessions": language.text("No single session is restricted or cleared."),
        }[self._listed]

    # ---- following along

    async def _update(self) -> None:
        """Show everything as it is now; a busy database is asked again at the next change."""
        self._stale = False
        async with self._showing:  # else what was asked first might be shown last
            try:
                await self._show()
            except Busy:
                self._stale = True

    async def _follow(self) -> None:
        if self._stale:
            await self._update()

    def _moved(self, store_id: int, _revision: int) -> None:
        self._stale = self._stale or store_id == self._store.id
