"""What a merchant does on the page of rules: adds, lifts and imports, each with what came of it."""

from collections.abc import Awaitable, Callable

from nicegui import Client, ui
from nicegui.events import GenericEventArguments

from data import rule_files, rule_preview
from data.csv_lines import CsvProblem
from data.database import Busy
from data.filters import SessionFilter
from data.levels import Decision
from data.records import StoreRecord
from data.rule_records import RuleRecord, Standing
from data.rule_targets import Target
from data.rule_values import RuleProblem
from pages.console import Console
from pages.rule_exchange import uploads
from pages.rule_making import RuleMaking
from pages.store_actions import StoreActions
from ui.controls import button
from ui.form import Wrong
from ui.import_report import ImportReport
from ui.language import Language
from ui.lift_dialog import lift_dialog
from ui.rule_confirm import Outlook
from ui.rule_dialog import RuleDialog
from ui.rule_words import problem_words

# What is chosen is sent at once and forgotten, so that the same file can be chosen again once it is put right.
_SENDS = """async (event) => {
  const file = event.target.files[0];
  if (!file) return;
  if (file.size > %d) { emit("large"); event.target.value = ""; return; }
  emit("begin");
  try { await fetch("%s", { method: "POST", body: file }); } catch { emit("lost"); }
  event.target.value = "";
}"""


class RuleActions(StoreActions):
    """The actions of one open page; ``on_done`` shows what has become of it."""

    def __init__(
        self,
        console: Console,
        client: Client,
        language: Language,
        store: StoreRecord,
        on_done: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(console, client, language, store, on_done)
        self._making = RuleMaking(console, client, language, store, on_done)

    # ---- one rule

    def ask_add(self, decision: Decision) -> None:
        """Ask what is to be on the list of a decision."""

        async def look(target: Target, value: str) -> Outlook:
            return await self._look(decision, target, value)

        async def add(target: Target, value: str, lasting: str, reason: str, shown: Outlook | None) -> Wrong | None:
            expected = Standing(shown.preview.replaces) if shown is not None and shown.preview is not None else None
            return await self._making.add(target, value, decision, lasting, reason, expected=expected)

        RuleDialog(
            self._client,
            self._language,
            decision,
            address=SessionFilter(store=self._store.domain).session_address,
            on_look=look,
            on_confirm=add,
        ).open()

    async def _look(self, decision: Decision, target: Target, value: str) -> Outlook:
        db, store_id, now = self._console.database, self._store.id, self._console.clock()
        try:
            return Outlook(decision, await rule_preview.preview(db, store_id, target, value, decision, now))
        except (RuleProblem, Busy) as problem:
            return Outlook(decision, words=problem_words(str(problem), self._language))

    def ask_lift(self, rule: RuleRecord) -> None:
        """Ask why a rule is lifted."""
        lift_dialog(self._client, self._language, rule, lambda reason: self._making.lift(rule, reason)).open()

    # ---- many rules

    def place_import(self) -> None:
        """The button that takes a file."""
        address, close = uploads.open(self._import, lambda problem: self._report.failed(problem))
        self._client.on_delete(close)
        words = self._language.text("Import CSV")
        chosen = ui.element("input").props('type="file" accept=".csv,text/csv" hidden')
        chosen.on("change", self._told, js_handler=_SENDS % (rule_files.LARGEST, address))
        button(words).on("click", js_handler=f"() => document.getElementById('{chosen.html_id}').click()")

    def place_report(self) -> None:
        """Where it is told what became of a file."""
        self._report = ImportReport(self._language)

    def _told(self, event: GenericEventArguments) -> None:
        """What the browser says of a file that it sends, or cannot send."""
        if event.args == "begin":
            self._report.begin()
        elif event.args == "large":
            self._report.failed(
                self._language.text("The file is larger than {n} MB.", n=rule_files.LARGEST // 1_000_000)
            )
        else:
            self._report.failed(self._language.text("The file did not come through. Import it again."))

    async def _import(self, content: bytes) -> None:
        try:
            done = await rule_files.read(self._console.database, self._store.id, content, now=self._console.clock())
        except CsvProblem as problem:
            self._report.failed(problem_words(str(problem), self._language))
            return
        except Busy as problem:
            self._report.failed(
                f"{problem} " + self._language.text("What was imported until then stays. Import the file again.")
            )
            return
        self._console.notices.wake()
        self._report.show(done)
        await self._on_done()
