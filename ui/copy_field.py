"""Something exact to take elsewhere: shown whole, copied with one button."""

from nicegui import ui

from ui.session_header import copy_button
from ui.text import Text


def copy_field(label: str, words: str, copy_label: str, *, block: bool = False) -> ui.element:
    """``words`` with a button that copies them, which is answered; ``copy_label`` names it. ``block`` keeps lines."""
    with ui.element("div").classes("cw-copied"):
        Text(label).classes("cw-copied-label")
        with ui.element("div").classes("cw-copied-box"):
            shown = Text(words, "pre" if block else "code").classes("cw-token")
            if block:
                shown.props('tabindex="0"')
            return copy_button(words, copy_label)
