"""One choice of a few, all of them in sight."""

from collections.abc import Mapping
from typing import NamedTuple

from nicegui import ui

from ui.text import Text, seen


class Option(NamedTuple):
    """The words of an option, a value from outside that belongs to it, and what is to be known of it."""

    words: str
    value: str = ""
    hint: str = ""


class Radios(ui.element):
    """A group of the browser's own radio buttons named ``name``; ``inline`` puts them beside each other."""

    def __init__(
        self, name: str, legend: str, options: Mapping[str, Option], chosen: str, *, inline: bool = False
    ) -> None:
        super().__init__("fieldset")
        self.classes("cw-radios" + (" cw-inline" if inline else ""))
        with self:
            Text(legend, "legend")
            for key, option in options.items():
                self._option(name, key, option, chosen=key == chosen)

    def _option(self, name: str, key: str, option: Option, *, chosen: bool) -> None:
        with ui.element("label").classes("cw-radio"):
            box = ui.element("input")
            # "checked" would be put back over the choice whenever the page changes.
            box.props.update({"type": "radio", "name": name, "value": key, "defaultChecked": chosen})
            box.props["autocomplete"] = "off"
            with ui.element("span").classes("cw-radio-words"):
                Text(option.words)
                if option.value:
                    # The longest are cut off after two lines.
                    Text(seen(option.value), "bdi").classes("cw-token cw-secondary").props["title"] = option.value
            if option.hint:
                Text(option.hint).classes("cw-hint cw-secondary")
