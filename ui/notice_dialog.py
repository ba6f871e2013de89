"""The dialog that says where a store's notices go."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import Client, ui

from ui.controls import button
from ui.form import Field, Form, Wrong
from ui.language import Language
from ui.text import Text

SetAddress = Callable[[str], Awaitable[Wrong | None]]
"""Gets the address; answers what is wrong with it."""


def notice_dialog(client: Client, language: Language, url: str | None, on_set: SetAddress) -> ui.dialog:
    """Asks for the address, with the one that is there (``url``), if any."""
    title = language.text("Set address") if url is None else language.text("Change address")

    async def send(values: Mapping[str, str]) -> Wrong | None:
        wrong = await on_set(values["url"])
        if wrong is None:
            dialog.close()
        return wrong

    with client.layout, ui.dialog() as dialog, Form(("url",), send).classes("cw-dialog") as form:
        dialog.props["aria-label"] = title
        Text(title, "h2").classes("cw-card-title")
        Field(
            "url",
            language.text("Address for notices"),
            value=url or "",
            hint=language.text("An https address of your own shop or server, on the public internet."),
        ).example("https://shop.example/cartwatch").begin()
        form.problem()
        with ui.element("div").classes("cw-actions"):
            button(language.text("Cancel"), on_click=dialog.close)
            button(language.text("Save"), kind="primary").props('type="submit"')
    dialog.on("hide", dialog.delete)
    return dialog
