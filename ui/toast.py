"""Short messages at the foot of the page, with Undo where an action can be undone."""

from collections.abc import Awaitable, Callable

from nicegui import Client, ui

from ui.controls import button
from ui.text import Text

SHORT, LONG = 3.0, 10.0
"""Seconds a message stays; the long one leaves time to undo."""


def toast(
    client: Client, words: str, *, action: str | None = None, on_action: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Show ``words`` on the page of ``client``; ``action`` is the word on the button that runs ``on_action``."""
    with client.layout, ui.element("div").classes("cw-toast").props('role="status"') as box:
        Text(words)

        async def act() -> None:
            box.delete()
            if on_action is not None:
                await on_action()

        if action is not None:
            button(action, kind="quiet", on_click=act)
        ui.timer(LONG if action else SHORT, box.delete, once=True)
