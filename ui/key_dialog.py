"""Shows a new key of the events API, this once."""

from nicegui import Client, ui

from ui.controls import button
from ui.copy_field import copy_field
from ui.language import Language
from ui.text import Text


def key_dialog(client: Client, language: Language, key: str) -> ui.dialog:
    """A dialog with the key; it is nowhere else to be read."""
    title = language.text("New key")
    with client.layout, ui.dialog() as dialog, ui.element("div").classes("cw-dialog"):
        dialog.props["aria-label"] = title
        dialog.props("persistent")  # a click beside it must not lose the key
        Text(title, "h2").classes("cw-card-title")
        Text(language.text("Copy it now: it is shown only this once."), "p").classes("cw-secondary")
        copy_field(language.text("Key"), key, language.text("Copy key")).props("autofocus")
        with ui.element("div").classes("cw-actions"):
            button(language.text("Done"), kind="primary", on_click=dialog.close)
    dialog.on("hide", dialog.delete)
    return dialog
