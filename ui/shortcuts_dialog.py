"""The list of keyboard shortcuts, and the switch that turns them off."""

from nicegui import ui

from ui.controls import button
from ui.language import Language
from ui.text import Text


def shortcuts_dialog(language: Language) -> ui.dialog:
    """A dialog; ``assets/shortcuts.js`` acts on the keys and keeps the choice."""
    with ui.dialog() as dialog, ui.element("div").classes("cw-dialog"):
        title = language.text("Keyboard shortcuts")
        dialog.props["aria-label"] = title
        Text(title, "h2").classes("cw-card-title")
        with ui.element("dl").classes("cw-keys"):
            for key, words in (
                ("/", language.text("Search")),
                ("j  k  ↑  ↓", language.text("Move through the list")),
                ("Enter", language.text("Open the session")),
                ("Shift+F10", language.text("Filter by a cell’s value (also by right click)")),
                ("Esc", language.text("Back to the list")),
                ("u", language.text("Undo, while it is offered")),
                ("?", language.text("Show this list")),
            ):
                with ui.element("div"):
                    with ui.element("dt"):
                        Text(key, "kbd")
                    Text(words, "dd")
        with ui.element("label").classes("cw-check"):
            box = ui.element("input").props('type="checkbox"').classes("cw-shortcuts-on")
            box.on("change", js_handler="(event) => cartwatch.turnShortcuts(event.target.checked)")
            Text(language.text("Use keyboard shortcuts"))
        with ui.element("div").classes("cw-actions"):
            button(language.text("Close"), kind="primary", on_click=dialog.close)
    dialog.on("show", js_handler="() => cartwatch.showShortcutsChoice(document.querySelector('.cw-shortcuts-on'))")
    return dialog
