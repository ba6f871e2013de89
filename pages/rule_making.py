"""Makes and lifts rules for a page: says what is wrong in its form, and afterwards what was done, with Undo."""

from datetime import timedelta

from data import rule_values, rules
from data.database import Busy
from data.levels import Decision
from data.rule_records import RuleRecord, Standing
from data.rule_targets import Target
from data.rule_values import RuleProblem
from pages.store_actions import StoreActions
from ui.form import Wrong
from ui.rule_words import LASTING, problem_words
from ui.toast import toast


class RuleMaking(StoreActions):
    """For one store and one open page; ``on_done`` shows what has become of it."""

    async def add(
        self,
        target: Target,
        value: str,
        decision: Decision,
        lasting: str,
        reason: str,
        *,
        expected: Standing | None = None,
    ) -> Wrong | None:
        """Make a rule for as long as ``lasting`` says (of LASTING); what is wrong, or None.

        ``expected`` is what was shown to stand about the same; where it is something else by now, that is wrong.
        """
        if lasting not in LASTING:
            return Wrong(self._language.text("Choose how long."), "lasting")
        now, length = self._console.clock(), LASTING[lasting]
        until = now + length if isinstance(length, timedelta) else None
        db, store_id = self._console.database, self._store.id
        try:
            about = rule_values.read(target, value)
            before = await rules.about(db, store_id, about.target, about.value)
            made = await rules.add(
                db, store_id, target, value, decision, reason=reason, until=until, now=now, expected=expected
            )
        except (RuleProblem, Busy) as problem:
            return self._wrong(problem)
        await self._done()
        if before is not None and before.id == made.id:
            toast(self._client, self._language.text("That is so already"))
        else:
            self._say(self._made(made), made)
        return None

    async def lift(self, rule: RuleRecord, reason: str) -> Wrong | None:
        """Lift a rule; what is wrong, or None."""
        now = self._console.clock()
        try:
            lifted = await rules.lift(self._console.database, self._store.id, rule.id, reason=reason, now=now)
        except (RuleProblem, Busy) as problem:
            return self._wrong(problem)
        await self._done()
        self._say(self._language.text("Rule lifted"), lifted)
        return None

    def _made(self, rule: RuleRecord) -> str:
        language, restricts = self._language, rule.decision is Decision.RESTRICTED
        if rule.target is Target.SESSION:
            return language.text("Session restricted") if restricts else language.text("Restriction cleared")
        return language.text("Added to the block list") if restricts else language.text("Added to the allow list")

    def _say(self, words: str, rule: RuleRecord) -> None:
        async def undo() -> None:
            try:
                await rules.undo(self._console.database, self._store.id, rule.id, now=self._console.clock())
            except (RuleProblem, Busy) as problem:
                toast(self._client, problem_words(str(problem), self._language))
                return
            await self._done()
            toast(self._client, self._language.text("Undone"))

        toast(self._client, words, action=self._language.text("Undo"), on_action=undo)

    def _wrong(self, problem: RuleProblem | Busy) -> Wrong:
        words = problem_words(str(problem), self._language)
        return Wrong(words, None if isinstance(problem, Busy) else problem.field)

    async def _done(self) -> None:
        self._console.notices.wake()
        await self._on_done()
