"""All stores of a console, where there are several."""

from collections.abc import Callable, Mapping, Sequence

from nicegui import ui

from data.records import StoreRecord
from ui.language import Language
from ui.text import Text


def store_table(
    stores: Sequence[StoreRecord],
    here: StoreRecord,
    sessions: Mapping[int, int],
    language: Language,
    *,
    address: Callable[[StoreRecord], str],
) -> None:
    """Each store with its currency, its timer and how many ``sessions`` it has; its domain leads to its connections."""
    with ui.element("div").classes("cw-table-scroll cw-stores-scroll").props('tabindex="0"'):  # noqa: SIM117
        with ui.element("table").classes("cw-table cw-store-table"):
            with ui.element("thead"), ui.element("tr"):
                Text(language.text("Domain"), "th").props('scope="col"')
                Text(language.text("Name"), "th").props('scope="col"').classes("cw-wide-only")
                Text(language.text("Currency"), "th").props('scope="col"')
                Text(language.text("Timer"), "th").props('scope="col"').classes("cw-right cw-wide-only")
                Text(language.text("Sessions"), "th").props('scope="col"').classes("cw-right")
            with ui.element("tbody"):
                for store in stores:
                    _row(store, here, sessions.get(store.id, 0), language, address(store))


def _row(store: StoreRecord, here: StoreRecord, sessions: int, language: Language, address: str) -> None:
    with ui.element("tr").classes("cw-here" if store.id == here.id else ""):
        with ui.element("td"):
            link = Text(store.domain, "a")
            link.props["href"] = address
            if store.id == here.id:
                link.props('aria-current="true"')
        Text(store.name, "td").props('dir="auto"').classes("cw-wide-only")
        Text(store.currency, "td")
        Text(language.text("{n} min", n=store.timer_minutes), "td").classes("cw-right cw-figure cw-wide-only")
        Text(language.number(sessions), "td").classes("cw-right cw-figure")
