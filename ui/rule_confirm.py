"""The foot of a dialog that makes a rule: what it would hit, what is wrong, and the button that says what it does."""

from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui

from data.levels import Decision
from data.rule_records import Preview
from ui.controls import button
from ui.language import Language
from ui.live_form import LiveForm
from ui.rule_preview import RulePreview, SessionAddress, confirm_words
from ui.text import Text


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would come of a choice: what a rule would hit, where one would be made and it could be counted.

    ``words`` stand in its place, ``notes`` below it; ``confirm`` is on the button where it says something of its own.
    """

    decision: Decision
    preview: Preview | None = None
    notes: tuple[str, ...] = ()
    words: str = ""
    confirm: str | None = None


class RuleConfirm:
    """The foot of ``form``, rendered where it is made; ``confirm`` is on the button until an outlook is shown."""

    def __init__(
        self,
        form: LiveForm,
        language: Language,
        address: SessionAddress,
        *,
        confirm: str,
        on_cancel: Callable[[], object],
    ) -> None:
        self._language = language
        self._preview = RulePreview(language, address)
        form.problem()
        with ui.element("div").classes("cw-actions"):
            button(language.text("Cancel"), on_click=on_cancel)
            self._button = ui.element("button").classes("cw-button").props('type="submit"')
            with self._button:
                self._words = Text(confirm).classes("cw-button-text")

    @property
    def words(self) -> str:
        """What the button says that it does."""
        return str(self._words.text)

    def show(self, outlook: Outlook) -> None:
        """Show what would come of it."""
        if outlook.preview is None:
            self._preview.say(outlook.words)
        else:
            self._preview.show(outlook.preview, outlook.decision, outlook.notes)
        kind = "danger" if outlook.decision is Decision.RESTRICTED else "primary"
        self._button.classes(remove="cw-danger cw-primary", add=f"cw-{kind}")
        self._words.text = outlook.confirm or confirm_words(outlook.preview, outlook.decision, self._language)
