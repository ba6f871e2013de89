"""The conditions of a list that have no control of their own, each with a button that takes it away."""

from collections.abc import Callable, Sequence

from nicegui import ui

from data.filters import NOWHERE, Chip
from data.levels import RiskLevel
from data.status import Status
from ui.badge import risk_label, status_label
from ui.controls import icon_button
from ui.language import Language
from ui.session_grid import device_labels
from ui.text import Text, seen

# The focus stays near what was taken away; not in the search box, which would open the keyboard of a phone.
_NEXT = """() => setTimeout(() => {
  const left = [".cw-chips button", ".cw-clear", ".cw-refresh"].map((one) => document.querySelector(one));
  left.find((one) => one && one.getClientRects().length)?.focus();
}, 150)"""


class FilterChips:
    """Shows chips and tells which one is to go: ``on_remove(chip)``."""

    def __init__(self, chips: Sequence[Chip], language: Language, on_remove: Callable[[Chip], object]) -> None:
        self._language = language
        self._on_remove = on_remove
        self._shown: Sequence[Chip] = ()
        self._list = ui.element("ul").classes("cw-chips")
        self._list.props["aria-label"] = language.text("More filters")
        self.show(chips)

    def show(self, chips: Sequence[Chip]) -> None:
        """Show these and no others."""
        if chips == self._shown:
            return
        self._shown = chips
        self._list.clear()
        with self._list:
            for chip in chips:
                self._chip(chip)

    def _chip(self, chip: Chip) -> None:
        words = seen(chip_words(chip, self._language))
        with ui.element("li").classes("cw-chip"):
            Text(words).classes("cw-chip-words").props('dir="auto"').props["title"] = words
            remove = icon_button(self._language.text("Remove filter: {filter}", filter=words), "close")
            remove.on("click", lambda: self._on_remove(chip))
            remove.on("click", js_handler=_NEXT)


def chip_words(chip: Chip, language: Language) -> str:
    """``Country: Germany``, or ``Not Germany``."""
    name = chip.name.removeprefix("not_")
    value = _value(name, chip.value, language)
    if name != chip.name:
        return language.text("Not {value}", value=value)
    if name == "like":
        return language.text("Cart like that of {value}", value=value)
    return f"{_names(language)['network' if '/' in value and name == 'ip' else name]}: {value}"


def _names(language: Language) -> dict[str, str]:
    return {
        "country": language.text("Country"),
        "device": language.text("Device"),
        "ip": language.text("IP address"),
        "network": language.text("Network"),
        "device_id": language.text("Device id"),
    }


def _value(name: str, value: str, language: Language) -> str:
    match name:
        case "status":
            return status_label(Status(value), language)
        case "risk":
            return risk_label(RiskLevel(value), language)
        case "device":
            return device_labels(language)[value]
        case "country" if value == NOWHERE:
            return language.text("Unknown country")
        case "country":
            return language.country(value)
        case _:
            return value
