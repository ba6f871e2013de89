"""When the latest delivery arrived, kept up to date in its place."""

from datetime import datetime

from nicegui import ui

from ui.language import Language
from ui.moments import follow, relative
from ui.text import Text


class Latest(ui.element):
    """``last delivery 3m ago``; nothing as long as there was none."""

    def __init__(self, language: Language) -> None:
        super().__init__("span")
        self.classes("cw-secondary")
        self._language = language
        self._moment: Text | None = None

    def show(self, moment: datetime | None, now: datetime) -> None:
        """Show another moment."""
        if moment is None:
            return
        if self._moment is None:
            with self:
                Text(self._language.text("last delivery") + " ")
                self._moment = relative(moment, now, self._language)
        follow(self._moment, moment, now, self._language)
