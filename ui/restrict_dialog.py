"""The dialog that asks what a session is to be restricted or cleared with, for how long, and why."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import Client, ui

from data.levels import Decision
from ui.form import Wrong
from ui.language import Language
from ui.live_form import LiveForm
from ui.radios import Option, Radios
from ui.reason_field import ReasonField
from ui.rule_confirm import Outlook, RuleConfirm
from ui.rule_preview import SessionAddress
from ui.rule_words import lasting_words
from ui.text import Text

LIFT = "lift"
"""The choice to lift the rule that stands; it has no time of its own."""

Look = Callable[[str], Awaitable[Outlook]]
"""What would come of a choice."""

Confirm = Callable[[str, str, str, Outlook], Awaitable[Wrong | None]]
"""Gets the choice, how long (of ``LASTING``), why, and what was shown of it; answers what is wrong with them."""

_NAMES = ("about", "lasting", "reason")


class RestrictDialog:
    """The dialog: ``options`` are what can be chosen, the first one is; the rest of the page may change meanwhile."""

    def __init__(
        self,
        client: Client,
        language: Language,
        decision: Decision,
        options: Mapping[str, Option],
        *,
        address: SessionAddress,
        on_look: Look,
        on_confirm: Confirm,
    ) -> None:
        restricts = decision is Decision.RESTRICTED
        title = language.text("Restrict Session") if restricts else language.text("Clear Restriction")
        self._language = language
        self._options = options
        self._chosen = next(iter(options))
        self._shown: tuple[str, Outlook] | None = None
        self._done = False
        self._on_look = on_look
        self._on_confirm = on_confirm
        with client.layout, ui.dialog() as self._dialog:
            self._dialog.props["aria-label"] = title
            with LiveForm(_NAMES, self._send, self._settled).classes("cw-dialog cw-rule-dialog") as form:
                Text(title, "h2").classes("cw-card-title")
                Radios("about", language.text("For"), options, self._chosen)
                words = {key: Option(said) for key, said in lasting_words(language).items()}
                self._lasting = Radios("lasting", language.text("How long"), words, "open", inline=True)
                ReasonField(language, begin=True)
                self._foot = RuleConfirm(form, language, address, confirm=title, on_cancel=self._dialog.close)
        self._dialog.on("hide", self._dialog.delete)

    async def open(self) -> None:
        """Open it, and then show what the first choice would do."""
        self._dialog.open()
        await self._look()

    async def _settled(self, values: Mapping[str, str]) -> None:
        chosen = values["about"]
        if chosen == self._chosen or chosen not in self._options:
            return
        self._choose(chosen)
        await self._look()

    def _choose(self, chosen: str) -> None:
        self._chosen = chosen
        self._lasting.set_visibility(chosen != LIFT)

    async def _send(self, values: Mapping[str, str]) -> Wrong | None:
        chosen = values["about"]
        if chosen not in self._options or self._done:
            return None
        said = self._foot.words
        if self._shown is None or self._shown[0] != chosen:
            self._choose(chosen)
            await self._look()
        if self._shown is None or self._shown[0] != chosen or self._foot.words != said:
            # Nobody confirms what the button has not said.
            return Wrong(self._language.text("See what this would do, then confirm again."))
        wrong = await self._on_confirm(chosen, values["lasting"], values["reason"], self._shown[1])
        if wrong is None:
            self._done = True  # a second click may come while it closes
            self._dialog.close()
        elif wrong.field is None:
            await self._look()
        return wrong

    async def _look(self) -> None:
        chosen = self._chosen
        outlook = await self._on_look(chosen)
        # Another one may have been chosen meanwhile, or the dialog closed.
        if chosen == self._chosen and not self._dialog.is_deleted:
            self._shown = chosen, outlook
            self._foot.show(outlook)
