"""Forms of the browser's own fields. What was typed arrives at once, when the form is sent, and never before."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui
from nicegui.events import GenericEventArguments

from ui.text import Text

LONGEST_VALUE = 1_000
"""Characters of one field that are read."""


class Form(ui.element):
    """A form; ``on_send`` gets the fields' values by their names, stripped, and answers what is wrong with them."""

    def __init__(self, names: tuple[str, ...], on_send: Callable[[Mapping[str, str]], Awaitable[str | None]]) -> None:
        super().__init__("form")
        # The browser would say what is wrong in bubbles of its own; here it stands in the form, for as long as it is.
        self.props("novalidate autocomplete=off")
        self._problem: Text | None = None

        async def sent(event: GenericEventArguments) -> None:
            given = event.args if isinstance(event.args, Mapping) else {}
            values = {name: str(given.get(name, "")).strip()[:LONGEST_VALUE] for name in names}
            problem = await on_send(values)
            if not self.is_deleted:
                self.say(problem)

        self.on(
            "submit",
            sent,
            js_handler="(event) => { event.preventDefault(); emit(Object.fromEntries(new FormData(event.target))); }",
        )

    def problem(self) -> None:
        """The place in the form where it says what is wrong."""
        self._problem = Text("", "p").classes("cw-problem").props('role="alert"')

    def say(self, problem: str | None) -> None:
        """Show what is wrong; None when nothing is."""
        if self._problem is not None:
            self._problem.text = problem or ""


class Field(ui.element):
    """A labelled field of a form. What the server changes shows only where nobody has typed."""

    def __init__(self, name: str, label: str, *, value: str = "", hint: str = "", kind: str = "text") -> None:
        """``kind`` is text, password or number."""
        super().__init__("div")
        self.classes("cw-field")
        with self:
            caption = Text(label, "label")
            # A "value" would be put back over what is being typed whenever anything on the page changes.
            self._box = ui.element("input").classes("cw-input")
            self._box.props.update({"name": name, "type": kind, "defaultValue": value, "maxlength": "255"})
            # A password that the browser remembers for this console is not a shop's secret.
            self._box.props.update({"autocomplete": "new-password" if kind == "password" else "off"})
            self._box.props.update({"autocapitalize": "off", "spellcheck": "false"})
            caption.props["for"] = self._box.html_id
            if hint:
                words = Text(hint).classes("cw-hint cw-secondary")
                self._box.props["aria-describedby"] = words.html_id

    def limit(self, least: int, most: int) -> "Field":
        """For whole numbers: what the browser's arrows and a phone's keyboard keep to."""
        self._box.props.update({"min": str(least), "max": str(most), "step": "1", "inputmode": "numeric"})
        return self

    def begin(self, example: str = "") -> "Field":
        """The first field of a dialog: the keyboard is there at once."""
        self._box.props.update({"autofocus": True, "placeholder": example})
        return self

    def show(self, value: str) -> None:
        """What stands in the field as long as nobody has typed anything else."""
        if self._box.props["defaultValue"] != value:
            self._box.props["defaultValue"] = value
            self._box.update()
