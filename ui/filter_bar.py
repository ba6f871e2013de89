"""Search box, Status and Risk Level dropdowns, Refresh, clear-all and the other conditions above the sessions table."""

from collections.abc import Callable

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from data.filters import LONGEST_SEARCH, SessionFilter
from data.levels import RiskLevel
from data.status import Status
from ui.badge import risk_label, status_label
from ui.controls import Dropdown, button
from ui.filter_chips import FilterChips
from ui.language import Language

DEBOUNCE = 40
"""Milliseconds without a key stroke before a search is asked for: the reader sees rows within 250."""

ALL = "all"


class FilterBar:
    """Shows a filter and tells every change of it: ``on_change(filter, typing)``."""

    def __init__(
        self,
        wanted: SessionFilter,
        language: Language,
        on_change: Callable[[SessionFilter, bool], None],
        on_refresh: Callable[[], None],
    ) -> None:
        self._wanted = wanted
        self._on_change = on_change
        with ui.element("div").classes("cw-filters").props('role="search"'):
            placeholder = language.text("Search by cart token, IP, or country...")
            self._search = (
                ui.input(placeholder=placeholder, value=wanted.q, on_change=self._typed)
                .props(f'dense outlined clearable debounce={DEBOUNCE} maxlength={LONGEST_SEARCH} type="search"')
                .classes("cw-search")
            )
            self._search.props["aria-label"] = placeholder
            self._status = Dropdown(
                language.text("Status"),
                {ALL: language.text("All"), **{s.value: status_label(s, language) for s in Status}},
                wanted.status or ALL,
                lambda value: self._choose(self._limited("status", value)),
            )
            self._risk = Dropdown(
                language.text("Risk Level"),
                {ALL: language.text("All"), **{r.value: risk_label(r, language) for r in RiskLevel}},
                wanted.risk or ALL,
                lambda value: self._choose(self._limited("risk", value)),
            )
            self._clear = button(language.text("Clear all"), picture="close", kind="quiet", on_click=self.clear)
            self._clear.classes("cw-clear")
            self._clear.set_visibility(wanted.has_conditions)
            button(language.text("Refresh"), picture="refresh", on_click=on_refresh).classes("cw-refresh")
            self._chips = FilterChips(wanted.chips, language, lambda chip: self._choose(self._wanted.without(chip)))

    def show(self, wanted: SessionFilter) -> None:
        """Show another filter, as after Back; nothing is told."""
        self._wanted = wanted
        if (self._search.value or "") != wanted.q:
            self._search.value = wanted.q
        self._status.show(wanted.status or ALL)
        self._risk.show(wanted.risk or ALL)
        self._chips.show(wanted.chips)
        self._clear.set_visibility(wanted.has_conditions)

    def clear(self) -> None:
        """Take every condition away."""
        self._choose(self._wanted.without_conditions())
        self.show(self._wanted)

    def _typed(self, event: ValueChangeEventArguments[str | None]) -> None:
        wanted = SessionFilter.from_query(self._wanted.to_query() | {"q": event.value or ""})
        if wanted.q != self._wanted.q:
            self._tell(wanted, typing=True)

    def _choose(self, wanted: SessionFilter) -> None:
        if wanted != self._wanted:
            self._tell(wanted, typing=False)

    def _limited(self, name: str, value: str) -> SessionFilter:
        if value == ALL:
            return SessionFilter.from_query(self._wanted.to_query() | {name: ""})
        return self._wanted.only(name, value)

    def _tell(self, wanted: SessionFilter, *, typing: bool) -> None:
        self._wanted = wanted
        self._chips.show(wanted.chips)
        self._clear.set_visibility(wanted.has_conditions)
        self._on_change(wanted, typing)
