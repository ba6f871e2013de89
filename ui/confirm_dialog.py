"""Asks before something is done that cannot be undone."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import Client, ui

from ui.card import fact
from ui.controls import button
from ui.language import Language
from ui.text import Text


def confirm_dialog(
    client: Client,
    language: Language,
    *,
    title: str,
    explanation: str,
    confirm: str,
    on_confirm: Callable[[], Awaitable[None]],
    about: Mapping[str, str] | None = None,
) -> ui.dialog:
    """A dialog with the question and both answers; ``confirm`` is the word on the one that does it.

    ``about`` says what it is about, by words for each.
    """
    with client.layout, ui.dialog() as dialog, ui.element("div").classes("cw-dialog"):
        dialog.props["aria-label"] = title
        Text(title, "h2").classes("cw-card-title")
        if about:
            with ui.element("dl").classes("cw-stack cw-about"):
                for term, words in about.items():
                    with fact(term):
                        Text(words, "bdi")
        Text(explanation, "p").classes("cw-secondary")

        async def confirmed() -> None:
            dialog.close()
            await on_confirm()

        with ui.element("div").classes("cw-actions"):
            button(language.text("Cancel"), on_click=dialog.close).props("autofocus")
            button(confirm, kind="danger", on_click=confirmed)
    dialog.on("hide", dialog.delete)
    return dialog
