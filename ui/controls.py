"""Small controls that several parts of the console share: buttons and native dropdowns."""

from collections.abc import Callable, Mapping

from nicegui import ui
from nicegui.events import GenericEventArguments

from ui.badge import icon
from ui.text import Text


def button(
    label: str, *, picture: str | None = None, kind: str = "plain", on_click: Callable[..., object] | None = None
) -> ui.element:
    """A button with a word and, if named, a picture. ``kind``: plain, primary, danger or quiet."""
    element = ui.element("button").classes(f"cw-button cw-{kind}").props('type="button"')
    with element:
        if picture:
            icon(picture)
        Text(label).classes("cw-button-text")
    if on_click is not None:
        element.on("click", on_click)
    return element


def icon_button(label: str, picture: str, on_click: Callable[..., object] | None = None) -> ui.element:
    """A button that shows only a picture; ``label`` is its name for screen readers and on hover."""
    element = ui.element("button").classes("cw-button cw-icon-button").props('type="button"')
    element.props["aria-label"] = element.props["title"] = label
    with element:
        icon(picture)
    if on_click is not None:
        element.on("click", on_click)
    return element


class Dropdown(ui.element):
    """A native select with a visible label: the same in every browser, on phones, and for screen readers."""

    def __init__(
        self,
        label: str,
        options: Mapping[str, str],
        value: str,
        on_change: Callable[[str], object],
        *,
        hidden: bool = False,
    ) -> None:
        """``options`` maps values to their words; ``hidden`` keeps the label for screen readers only."""
        super().__init__("label")
        self.classes("cw-dropdown")
        with self:
            Text(label).classes("cw-sr-only" if hidden else "cw-dropdown-label")
            # Going back, a browser would put its own memory of the choice over the one that the page shows.
            self._select = ui.element("select").classes("cw-select").props('autocomplete="off"')
            with self._select:
                for option, word in options.items():
                    Text(word, "option").props["value"] = option
        self.show(value)

        def changed(event: GenericEventArguments) -> None:
            chosen = str(event.args)
            if chosen in options:
                self._select.props["value"] = chosen
                on_change(chosen)

        self._select.on("change", changed, js_handler="(event) => emit(event.target.value)")

    def show(self, value: str) -> None:
        """Show ``value`` as chosen."""
        self._select.props["value"] = value
        self._select.update()
