"""Shows a new key of the events API, this once."""

from nicegui import Client, ui

from ui.language import Language
from ui.shown_once import shown_once


def key_dialog(client: Client, language: Language, key: str) -> ui.dialog:
    """A dialog with the key; it is nowhere else to be read."""
    return shown_once(
        client,
        language,
        key,
        title=language.text("New key"),
        label=language.text("Key"),
        copy=language.text("Copy key"),
    )
