"""Shows something secret that was made just now, this once."""

from nicegui import Client, ui

from ui.controls import button
from ui.copy_field import copy_field
from ui.language import Language
from ui.text import Text


def shown_once(client: Client, language: Language, secret: str, *, title: str, label: str, copy: str) -> ui.dialog:
    """A dialog with the secret, which is nowhere else to be read; ``label`` says what it is, ``copy`` is the button."""
    with client.layout, ui.dialog() as dialog, ui.element("div").classes("cw-dialog"):
        dialog.props["aria-label"] = title
        dialog.props("persistent")  # a click beside it must not lose the secret
        Text(title, "h2").classes("cw-card-title")
        Text(language.text("Copy it now: it is shown only this once."), "p").classes("cw-secondary")
        copy_field(label, secret, copy).props("autofocus")
        with ui.element("div").classes("cw-actions"):
            button(language.text("Done"), kind="primary", on_click=dialog.close)
    dialog.on("hide", dialog.delete)
    return dialog
