"""What stands in the table's place when there are no rows to show: empty, no match, error, unknown address."""

from collections.abc import Callable

from nicegui import ui

from ui.badge import icon
from ui.controls import button
from ui.language import Language
from ui.text import Text


def list_states(
    language: Language, *, connections: str, on_clear: Callable[[], object], on_retry: Callable[[], object]
) -> None:
    """The three states of the list that are not rows; the page's ``data-state`` chooses (console.css).

    ``connections`` is the address where the first session can be had.
    """
    with _state("empty", "cart", language.text("No sessions yet")):
        Text(
            language.text(
                "Sessions appear here by themselves as soon as your store sends its first event. "
                "Connect it here, or on the command line with: cartwatch store add DOMAIN; "
                "or load a file with: cartwatch import FILE"
            ),
            "p",
        )
        link = ui.element("a").classes("cw-button cw-primary").props("data-leave")
        link.props["href"] = connections
        with link:
            Text(language.text("Connect a store"))
    with _state("nomatch", "search", language.text("No sessions match")):
        Text(language.text("Nothing in this store fits the search and the filters."), "p")
        button(language.text("Clear filters"), kind="primary", on_click=on_clear)
    with _state("error", "warning", language.text("Sessions could not be loaded")):
        Text("", "p").classes("cw-error-text")
        button(language.text("Retry"), kind="primary", on_click=on_retry)


def not_found(language: Language, message: str, back: str, back_label: str, *, code: str = "404") -> None:
    """An address that leads nowhere, with a way back."""
    with ui.element("div").classes("cw-not-found").props('role="alert"'):
        Text(code).classes("cw-404")
        Text(message, "h1").classes("cw-title")
        link = ui.element("a").classes("cw-button cw-primary")
        link.props["href"] = back
        with link:
            Text(back_label)


def _state(name: str, picture: str, title: str) -> ui.element:
    box = ui.element("div").classes(f"cw-state cw-state-{name}").props('role="status"')
    with box:
        icon(picture)
        Text(title, "h2").classes("cw-state-title")
    return box
