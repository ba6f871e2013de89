"""The field that asks why something is decided. Without an answer nothing is."""

from nicegui import ui

from data.rule_values import LONGEST_REASON
from ui.language import Language
from ui.text import Text

# A reason is one line, however long: Enter sends it, as in any other field.
_SENDS = """(event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}"""


class ReasonField(ui.element):
    """A labelled field named ``reason``; ``begin`` puts the keyboard there when the dialog opens."""

    def __init__(self, language: Language, *, begin: bool = False) -> None:
        super().__init__("div")
        self.classes("cw-field")
        with self:
            caption = Text(language.text("Reason"), "label")
            box = ui.element("textarea")
            box.props.update({"name": "reason", "rows": "2", "maxlength": str(LONGEST_REASON), "required": True})
            box.props["autocomplete"] = "off"
            if begin:
                box.props["autofocus"] = True
            caption.props["for"] = box.html_id
            box.on("keydown", js_handler=_SENDS)
