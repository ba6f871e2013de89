"""The dialog that adds a store."""

from collections.abc import Callable

from nicegui import Client, ui

from data import money
from ui.controls import button
from ui.form import Choice, Field, Form, Send
from ui.language import Language
from ui.text import Text

NAMES = ("domain", "name", "currency")


def store_form(
    language: Language,
    on_add: Send,
    *,
    on_cancel: Callable[[], object] | None = None,
) -> None:
    """The fields of a new store; ``on_add`` gets them by NAMES and answers what is wrong."""
    with Form(NAMES, on_add).classes("cw-stack") as form:
        Field("domain", language.text("Domain"), hint=language.text("The address of the shop.")).example(
            "shop.example"
        ).begin()
        Field("name", language.text("Name"), hint=language.text("What to call it here. Empty: its domain."))
        Choice(
            "currency",
            language.text("Currency"),
            {code: language.currency(code) for code in sorted(money.codes())},
            none=language.text("Choose a currency"),
        )
        form.problem()
        with ui.element("div").classes("cw-actions"):
            if on_cancel is not None:
                button(language.text("Cancel"), on_click=on_cancel)
            button(language.text("Add store"), kind="primary").props('type="submit"')


def store_dialog(client: Client, language: Language, on_add: Send) -> ui.dialog:
    """The same above the page."""
    title = language.text("Add store")
    with client.layout, ui.dialog() as dialog, ui.element("div").classes("cw-dialog"):
        dialog.props["aria-label"] = title
        Text(title, "h2").classes("cw-card-title")
        store_form(language, on_add, on_cancel=dialog.close)
    dialog.on("hide", dialog.delete)
    return dialog
