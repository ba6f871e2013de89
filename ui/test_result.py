"""What became of a test delivery, below the button that sent it."""

from nicegui import ui

from data.filters import SessionFilter
from data.records import StoreRecord
from ui.badge import icon
from ui.language import Language
from ui.text import Text


class TestResult(ui.element):
    """One line that a screen reader hears; empty until a test is sent."""

    __test__ = False  # it is no test, whatever its name says to pytest

    def __init__(self, language: Language) -> None:
        super().__init__("div")
        self.classes("cw-test-result").props('role="status"')
        self._language = language
        self._sending = False

    def begin(self) -> bool:
        """Say that it is on its way; False while another one still is."""
        if self._sending:
            return False
        self._sending = True
        self._say("active", "info", self._language.text("Sending…"))
        return True

    def arrived(self, store: StoreRecord, token: str) -> None:
        """It came back as a session."""
        words = self._language.text(
            "It arrived through the webhook address, and its signature was good. It has become a session of its own."
        )
        self.succeeded(words)
        with self:
            link = Text(self._language.text("Open the test session"), "a")
            link.props["href"] = SessionFilter(store=store.domain).session_address(token)

    def succeeded(self, words: str) -> None:
        """It arrived."""
        self._sending = False
        self._say("converted", "success", words)

    def failed(self, problem: str) -> None:
        """It did not arrive."""
        self._sending = False
        self._say("warning", "critical", problem)

    def _say(self, picture: str, tone: str, words: str) -> None:
        self.clear()
        self.classes(replace=f"cw-test-result cw-note cw-tone-{tone}")
        with self:
            icon(picture)
            Text(words)
