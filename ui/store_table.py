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
                for words in (language.text("Domain"), language.text("Name"), language.text("Currency")):
                    Text(words, "th").props('scope="col"')
                for words in (language.text("Timer"), language.text("Sessions")):
                    Text(words, "th").props('scope="col"').classes("cw-right")
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
        Text(store.name, "td").props('dir="auto"')
        Text(store.currency, "td")
        Text(language.text("{n} min", n=store.timer_minutes), "td").classes("cw-right cw-figure")
        Text(language.number(sessions), "td").classes("cw-right cw-figure")
