"""The dialog that connects a store to Shopify, or changes its domain or secret there."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import Client, ui

from data.records import ConnectionRecord
from ui.controls import button
from ui.form import Field, Form, Wrong
from ui.language import Language
from ui.text import Text

Connect = Callable[[str, str], Awaitable[Wrong | None]]
"""Gets the shop's domain and the secret; answers what is wrong with them."""


def connect_dialog(
    client: Client, language: Language, connection: ConnectionRecord | None, on_connect: Connect
) -> ui.dialog:
    """Asks for the shop's domain and the secret. The secret that is there is not shown: it never leaves the server."""
    title = _title(connection, language)

    async def send(values: Mapping[str, str]) -> Wrong | None:
        wrong = await on_connect(values["shop"], values["secret"])
        if wrong is None:
            dialog.close()
        return wrong

    with client.layout, ui.dialog() as dialog, Form(("shop", "secret"), send).classes("cw-dialog") as form:
        dialog.props["aria-label"] = title
        Text(title, "h2").classes("cw-card-title")
        shop = Field(
            "shop",
            language.text("Domain at Shopify"),
            value=(connection.shop or "") if connection else "",
            hint=language.text("The one that ends in myshopify.com, even where the shop has a domain of its own."),
        ).example("my-shop.myshopify.com")
        secret = Field(
            "secret", language.text("Signing secret"), kind="password", hint=_about_secret(connection, language)
        )
        (secret if connection else shop).begin()
        form.problem()
        with ui.element("div").classes("cw-actions"):
            button(language.text("Cancel"), on_click=dialog.close)
            button(language.text("Save") if connection else language.text("Connect"), kind="primary").props(
                'type="submit"'
            )
    dialog.on("hide", dialog.delete)
    return dialog


def _title(connection: ConnectionRecord | None, language: Language) -> str:
    """The word of the button that opens it."""
    if connection is None:
        return language.text("Connect Shopify")
    return language.text("Enter secret") if connection.hint is None else language.text("Change secret")


def _about_secret(connection: ConnectionRecord | None, language: Language) -> str:
    if connection is not None and connection.hint is not None:
        return language.text(
            "A new secret counts at once, and the former one for one hour more, so that nothing is lost on the way. "
            "Leave this empty to keep the one that ends in {hint}.",
            hint=connection.hint,
        )
    return language.text(
        "Shopify shows it below its webhooks once there is one. Leave this empty until then: the address comes first."
    )
