"""What every page has: the head of its document, the top bar, the banner, and the dialog of shortcuts."""

from collections.abc import Callable

from nicegui import ui
from starlette.requests import Request

from data.records import StoreRecord
from pages.console import ASSETS_ADDRESS, Console, language_of
from ui.controls import Dropdown
from ui.frame import THEMES, Here, connection_banner, document_head, top_bar
from ui.shortcuts_dialog import shortcuts_dialog
from ui.toast import toast


async def frame(
    console: Console, request: Request, store: StoreRecord | None, *, here: Here, on_store: Callable[[str], object]
) -> Dropdown | None:
    """Render it; the switcher between stores, where there are several. ``on_store`` gets the domain of another one."""
    language, client = language_of(request), ui.context.client
    theme = request.cookies.get("cartwatch_theme", "auto")
    theme = theme if theme in THEMES else "auto"
    ui.add_head_html(document_head(ASSETS_ADDRESS, theme, language))
    ui.dark_mode({"auto": None, "light": False, "dark": True}[theme])
    shortcuts = shortcuts_dialog(language)
    switcher = top_bar(
        language,
        here=here,
        theme=theme,
        stores={known.domain: known.name for known in await console.allowed_stores(request)},
        store=store.domain if store else "",
        on_store=on_store,
        on_shortcuts=shortcuts.open,
    )
    connection_banner(language)
    ui.on("cartwatch_shortcuts", shortcuts.open)
    ui.on("cartwatch_copied", lambda: toast(client, language.text("Copied")))
    return switcher
