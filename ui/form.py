"""Forms of the browser's own fields. What was typed arrives at once, when the form is sent, and never before."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from nicegui import ui
from nicegui.events import GenericEventArguments

from ui.text import Text

LONGEST_VALUE = 1_000
"""Characters of one field that are read. More than anything may have, so that what is too long is said to be."""


class Wrong(NamedTuple):
    """What is wrong with what was sent, in words, and the name of the field that it is about, where there is one."""

    words: str
    field: str | None = None


Send = Callable[[Mapping[str, str]], Awaitable[Wrong | None]]
"""Gets the fields' values by their names, stripped; answers what is wrong with them."""


class Form(ui.element):
    """A form of the fields ``names``, for ``on_send``."""

    def __init__(self, names: tuple[str, ...], on_send: Send) -> None:
        super().__init__("form")
        # The browser would say what is wrong in bubbles of its own; here it stands in the form, for as long as it is.
        self.props("novalidate autocomplete=off")
        self._problem: Text | None = None

        async def sent(event: GenericEventArguments) -> None:
            given = event.args if isinstance(event.args, Mapping) else {}
            values = {name: str(given.get(name, "")).strip()[:LONGEST_VALUE] for name in names}
            wrong = await on_send(values)
            if not self.is_deleted:
                self.say(wrong)

        self.on(
            "submit",
            sent,
            js_handler="(event) => { event.preventDefault(); emit(Object.fromEntries(new FormData(event.target))); }",
        )

    def problem(self) -> None:
        """The place in the form where it says what is wrong."""
        self._problem = Text("", "p").classes("cw-problem").props('role="alert"')

    def say(self, wrong: Wrong | None) -> None:
        """Show what is wrong, and go to where it is put right; None when nothing is."""
        if self._problem is not None:
            self._problem.text = wrong.words if wrong else ""
        for box in self.descendants():
            if "name" in box.props:
                self._mark(box, wrong=wrong is not None and box.props["name"] == wrong.field)

    def _mark(self, box: ui.element, *, wrong: bool) -> None:
        if box.props.get("aria-invalid", "false") != ("true" if wrong else "false"):
            box.props["aria-invalid"] = "true" if wrong else "false"
            box.update()
        if wrong:
            self.client.run_javascript(f"document.getElementById({json.dumps(box.html_id)})?.focus()")


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
            self._box.props.update({"name": name, "type": kind, "defaultValue": value})
            self._box.props["maxlength"] = str(LONGEST_VALUE)
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

    def begin(self) -> "Field":
        """The first field that is to be filled in: the keyboard is there at once."""
        self._box.props["autofocus"] = True
        return self

    def example(self, words: str) -> "Field":
        """What such a value looks like, as long as there is none."""
        self._box.props["placeholder"] = words
        return self

    def show(self, value: str) -> None:
        """What stands in the field as long as nobody has typed anything else."""
        if self._box.props["defaultValue"] != value:
            self._box.props["defaultValue"] = value
            self._box.update()


class Choice(ui.element):
    """A labelled field where one of several words is chosen; nothing is, to begin with."""

    def __init__(self, name: str, label: str, options: Mapping[str, str], *, none: str, hint: str = "") -> None:
        """``options`` maps values to their words; ``none`` are the words for no choice."""
        super().__init__("div")
        self.classes("cw-field")
        with self:
            caption = Text(label, "label")
            box = ui.element("select").classes("cw-input")
            box.props.update({"name": name, "autocomplete": "off"})
            caption.props["for"] = box.html_id
            with box:
                for value, words in {"": none, **options}.items():
                    Text(words, "option").props["value"] = value
            if hint:
                words_below = Text(hint).classes("cw-hint cw-secondary")
                box.props["aria-describedby"] = words_below.html_id
