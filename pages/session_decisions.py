"""What a merchant decides on the details page: about the session, or about all that share something with it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import Client

from data import rule_counts, rule_preview, rule_values, rules
from data.database import Busy
from data.filters import SessionFilter
from data.levels import Decision
from data.records import SessionDetail
from data.rule_records import RuleRecord, Standing
from data.rule_targets import Target
from data.rule_values import RuleProblem
from data.status import Status, shown
from pages.console import Console
from pages.rule_making import RuleMaking
from ui.form import Wrong
from ui.language import Language
from ui.radios import Option
from ui.restrict_dialog import LIFT, RestrictDialog
from ui.rule_addresses import rules_address
from ui.rule_confirm import Outlook
from ui.rule_words import lift_words
from ui.standing_rule import standing_rule


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: about a session as it was stored, and under the rule that stood."""

    session: SessionDetail
    standing: RuleRecord | None
    decision: Decision
    values: dict[str, tuple[Target, str]]


class SessionDecisions:
    """The decisions of one open page; ``on_done`` shows what has become of the session."""

    def __init__(
        self, console: Console, client: Client, language: Language, on_done: Callable[[], Awaitable[None]]
    ) -> None:
        self._console = console
        self._client = client
        self._language = language
        self._on_done = on_done
        self.standing: RuleRecord | None = None

    async def find(self, session: SessionDetail) -> RuleRecord | None:
        """The rule that has decided the session, for ``standing``. Raises Busy."""
        return await rules.that_decided(self._console.database, session.store.id, session.id)

    def render(self, session: SessionDetail, _: Status) -> None:
        """The line that says what stands."""
        rule = self.standing
        if rule is not None:
            address = rules_address(session.store.domain, rule)
            standing_rule(rule, self._language, now=self._console.clock(), address=address)

    async def ask(self, session: SessionDetail, decision: Decision) -> None:
        """Ask what the session is to be restricted or cleared with."""
        asked = _Asked(session, self.standing, decision, _values(session))
        dialog = RestrictDialog(
            self._client,
            self._language,
            decision,
            self._options(asked),
            address=SessionFilter(store=session.store.domain).session_address,
            on_look=lambda chosen: self._look(asked, chosen),
            on_confirm=lambda *given: self._decide(asked, *given),
        )
        await dialog.open()

    def _options(self, asked: _Asked) -> dict[str, Option]:
        """What can be chosen: what is known of the session, and to lift the rule that restricts it."""
        language, session, standing = self._language, asked.session, asked.standing
        words = {
            Target.SESSION: language.text("This session"),
            Target.IP: language.text("Its IP"),
            Target.NETWORK: language.text("Its network"),
            Target.DEVICE: language.text("Its device"),
        }
        hint = "" if Target.IP.value in asked.values or session.ip is None else language.text("Its IP is not kept.")
        options = {
            key: Option(
                words[target],
                "" if target is Target.SESSION else value,
                hint if target is Target.NETWORK else "",
            )
            for key, (target, value) in asked.values.items()
        }
        if asked.decision is Decision.RESTRICTED or standing is None or standing.decision is not Decision.RESTRICTED:
            return options
        lift = Option(
            lift_words(standing.target, language), "" if standing.target is Target.SESSION else standing.value
        )
        return {"session": options.pop("session"), LIFT: lift, **options}

    async def _look(self, asked: _Asked, chosen: str) -> Outlook:
        """What would come of a choice."""
        if chosen == LIFT and asked.standing is not None:
            return await self._look_at_lifting(asked.decision, asked.standing)
        target, value = asked.values[chosen]
        try:
            found = await rule_preview.preview(
                self._console.database,
                asked.session.store.id,
                target,
                value,
                asked.decision,
                self._console.clock(),
            )
        except (Busy, RuleProblem) as problem:
            return Outlook(asked.decision, words=str(problem))
        return Outlook(asked.decision, found, self._notes(asked, target, value, asked.standing))

    async def _look_at_lifting(self, decision: Decision, rule: RuleRecord) -> Outlook:
        """What would come of lifting a rule."""
        language = self._language
        words = language.text("What remains decides then: other rules, or the score.")
        if rule.target is not Target.SESSION:
            try:
                number = (await rule_counts.active(self._console.database, [rule.id]))[rule.id]
            except Busy as problem:
                return Outlook(decision, words=str(problem), confirm=language.text("Lift rule"))
            counted = language.plural("It decides {n} active session.", "It decides {n} active sessions.", number)
            words = f"{counted} {words}"
        return Outlook(decision, words=words, confirm=language.text("Lift rule"))

    def _notes(self, asked: _Asked, target: Target, value: str, standing: RuleRecord | None) -> tuple[str, ...]:
        """What a merchant might not expect of such a rule."""
        language = self._language
        if target is Target.SESSION:
            if standing is not None and standing.target is not Target.SESSION:
                return (language.text("The rule that stands goes on for all other sessions."),)
            return ()
        stored = asked.session
        if shown(stored.status, stored.expires_at, self._console.clock()) is not Status.ACTIVE:
            return (language.text("This session is over and stays as it is."),)
        if standing is not None and standing.decision is not asked.decision:
            mine, theirs = rule_values.read(target, value), rule_values.read(standing.target, standing.value)
            if theirs.rank < mine.rank:
                return (language.text("This session stays as it is: a more particular rule decides it."),)
        return ()

    async def _decide(self, asked: _Asked, chosen: str, lasting: str, reason: str, seen: Outlook) -> Wrong | None:
        session = asked.session
        making = RuleMaking(self._console, self._client, self._language, session.store, self._on_done)
        if chosen == LIFT and asked.standing is not None:
            return await making.lift(asked.standing, reason)
        target, value = asked.values[chosen]
        expected = Standing(seen.preview.replaces) if seen.preview is not None else None
        return await making.add(target, value, asked.decision, lasting, reason, expected=expected)


def _values(session: SessionDetail) -> dict[str, tuple[Target, str]]:
    """What is known of a session that a rule can be about, by what the form sends."""
    known = {
        Target.SESSION: session.cart_token,
        Target.IP: session.ip if session.ip and "/" not in session.ip else None,  # else only its network is left of it
        Target.NETWORK: session.network,
        Target.DEVICE: session.device_id,
    }
    return {target.value: (target, value) for target, value in known.items() if value}
