"""What became of a file of rules, above the list that it went into."""

from nicegui import ui

from data.rule_records import ImportedRules, RejectedRule
from ui.badge import icon
from ui.controls import icon_button
from ui.language import Language
from ui.rule_problems import rule_problem
from ui.text import Text, seen


class ImportReport(ui.element):
    """Nothing, until a file is on its way. A screen reader hears the sum, and finds the lines below it."""

    def __init__(self, language: Language) -> None:
        super().__init__("div")
        self.classes("cw-import-report")
        self._language = language
        with self:
            self._sum = ui.element("div").props('role="status"')
            self._lines = ui.element("div").classes("cw-rejected")
        self._clear()

    def begin(self) -> None:
        """Say that it is being read."""
        self._say("active", "info", self._language.text("Importing…"))

    def failed(self, problem: str) -> None:
        """Nothing of it, or not all of it, could be taken; ``problem`` says why."""
        self._say("warning", "critical", problem)

    def show(self, done: ImportedRules) -> None:
        """What was made, and each line that was rejected with its reason."""
        language, rejected = self._language, len(done.rejected)
        said = [language.plural("{n} rule added", "{n} rules added", done.made)]
        if done.same:
            said.append(language.plural("{n} was there already", "{n} were there already", done.same))
        if not rejected:
            self._say("converted", "success", " · ".join(said))
            return
        said.append(language.plural("{n} line rejected", "{n} lines rejected", rejected))
        self._say("warning", "attention", " · ".join(said))
        self._lines.set_visibility(True)
        with self._lines:
            words = language.text("What could be read is in. Put these lines right and import the file again.")
            Text(words, "p").classes("cw-secondary")
            # One text, however many lines: thousands of elements would hold the page up.
            lines = Text("\n".join(map(self._told, done.rejected)), "pre").classes("cw-token")
            lines.props('tabindex="0" role="region" dir="auto"')
            lines.props["aria-label"] = language.text("Rejected lines")

    def _told(self, one: RejectedRule) -> str:
        line = self._language.text("Line {n}", n=self._language.number(one.line))
        where = f"{line}, {one.field}" if one.field else line
        return f"{where}: {seen(rule_problem(one.message, self._language))}"

    def _say(self, picture: str, tone: str, words: str) -> None:
        self._clear()
        with self._sum, ui.element("div").classes(f"cw-note cw-tone-{tone} cw-import-words"):
            icon(picture)
            Text(words)
            if tone != "info":
                icon_button(self._language.text("Close"), "close", self._clear)

    def _clear(self) -> None:
        self._sum.clear()
        self._lines.clear()
        self._lines.set_visibility(False)
