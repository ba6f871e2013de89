"""The head of the sessions list: title, count, how fresh it is, Pause, and the sessions that have come since."""

from nicegui import ui

from ui.controls import button
from ui.language import Language
from ui.text import Text


def list_header(language: Language, count: str) -> None:
    """Render it; ``assets/live_list.js`` keeps the count and the freshness up to date."""
    with ui.element("div").classes("cw-list-header"):
        Text(language.text("Sessions"), "h1").classes("cw-title")
        Text(count, "p").classes("cw-count").props('aria-live="polite"')
        ui.element("span").classes("cw-space")
        with ui.element("span").classes("cw-live"):
            ui.element("span").classes("cw-dot").props('aria-hidden="true"')
            Text("").classes("cw-freshness")
        pause = button(language.text("Pause"), picture="pause").classes("cw-pause")
        pause.props('aria-pressed="false"')
        pause.on("click", js_handler="() => cartwatch.grid.live.setPaused(!cartwatch.grid.live.paused)")


def new_sessions_pill() -> None:
    """``37 new``: shows the sessions that started since the list was loaded."""
    pill = ui.element("button").classes("cw-new").props('type="button" hidden')
    pill.on("click", js_handler="() => cartwatch.grid.live.showNew()")
