"""The dialog that asks why a session is to be restricted or its restriction cleared."""

from collections.abc import Awaitable, Callable

from nicegui import Client, ui

from ui.controls import button
from ui.language import Language
from ui.text import Text

LONGEST_REASON = 500


def restrict_dialog(
    client: Client,
    language: Language,
    *,
    title: str,
    explanation: str,
    confirm: str,
    on_confirm: Callable[[str], Awaitable[None]],
) -> ui.dialog:
    """A dialog with a required reason; ``on_confirm`` gets it, stripped. The rest of the page may change meanwhile."""
    with client.layout, ui.dialog() as dialog, ui.element("form").classes("cw-dialog") as form:
        dialog.props["aria-label"] = title
        Text(title, "h2").classes("cw-card-title")
        Text(explanation, "p").classes("cw-secondary")
        with ui.element("label").classes("cw-field"):
            Text(language.text("Reason"))
            reason = ui.element("textarea").props(f'rows="3" maxlength="{LONGEST_REASON}" required autofocus')
        written = {"reason": ""}
        reason.on(
            "input",
            lambda event: written.update(reason=str(event.args)[:LONGEST_REASON]),
            js_handler="(event) => emit(event.target.value)",
        )
        with ui.element("div").classes("cw-actions"):
            button(language.text("Cancel"), on_click=dialog.close)
            button(confirm, kind="danger").props('type="submit"')

        async def submit() -> None:
            if written["reason"].strip():
                dialog.close()
                await on_confirm(written["reason"].strip())

        form.on("submit", submit, js_handler="(event) => { event.preventDefault(); emit(); }")
    dialog.on("hide", dialog.delete)
    return dialog
