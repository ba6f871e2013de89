"""The dialog that puts an IP, a network or a device on the block list or the allow list."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import Client, ui

from data.levels import Decision
from data.rule_targets import Target
from ui.form import Field, Wrong
from ui.language import Language
from ui.live_form import LiveForm
from ui.radios import Option, Radios
from ui.reason_field import ReasonField
from ui.rule_confirm import Outlook, RuleConfirm
from ui.rule_preview import SessionAddress
from ui.rule_words import lasting_words, target_words
from ui.text import Text

Look = Callable[[Target, str], Awaitable[Outlook]]
"""What would come of a rule about this."""

Confirm = Callable[[Target, str, str, str, Outlook | None], Awaitable[Wrong | None]]
"""Gets what it is about, how long (of ``LASTING``), why, and what was shown of it; answers what is wrong with them."""

_NAMES = ("target", "value", "lasting", "reason")
_TARGETS = {target.value: target for target in (Target.IP, Target.NETWORK, Target.DEVICE)}


class RuleDialog:
    """The dialog of the list of one ``decision``. What a rule would do is shown while it is typed."""

    def __init__(
        self,
        client: Client,
        language: Language,
        decision: Decision,
        *,
        address: SessionAddress,
        on_look: Look,
        on_confirm: Confirm,
    ) -> None:
        restricts = decision is Decision.RESTRICTED
        title = language.text("Add to block list") if restricts else language.text("Add to allow list")
        self._language = language
        self._title = title
        self._decision = decision
        self._on_look = on_look
        self._on_confirm = on_confirm
        self._asked = (Target.IP, "")
        self._shown: tuple[tuple[Target, str], Outlook] | None = None
        with client.layout, ui.dialog() as self._dialog:
            self._dialog.props["aria-label"] = title
            with LiveForm(_NAMES, self._send, self._settled).classes("cw-dialog cw-rule-dialog") as form:
                Text(title, "h2").classes("cw-card-title")
                words = {name: Option(target_words(target, language)) for name, target in _TARGETS.items()}
                Radios("target", language.text("For"), words, Target.IP.value, inline=True)
                hint = language.text("An IP as in 203.0.113.7, a network as in 203.0.113.0/24, or a device ID.")
                Field("value", language.text("Which one"), hint=hint).begin()
                lasting = {key: Option(said) for key, said in lasting_words(language).items()}
                Radios("lasting", language.text("How long"), lasting, "open", inline=True)
                ReasonField(language)
                self._foot = RuleConfirm(form, language, address, confirm=title, on_cancel=self._dialog.close)
                self._foot.show(self._nothing())
        self._dialog.on("hide", self._dialog.delete)

    def open(self) -> None:
        """Open it."""
        self._dialog.open()

    def _nothing(self) -> Outlook:
        words = self._language.text("What it would hit is shown here as you type.")
        return Outlook(self._decision, words=words, confirm=self._title)

    async def _settled(self, values: Mapping[str, str]) -> None:
        target, value = _TARGETS.get(values["target"]), values["value"]
        if target is not None and (target, value) != self._asked:
            self._asked = (target, value)
            await self._look()

    async def _send(self, values: Mapping[str, str]) -> Wrong | None:
        target, value = _TARGETS.get(values["target"]), values["value"]
        if target is None:
            return None
        if self._shown is None or self._shown[0] != (target, value):
            # Nobody confirms what they have not seen.
            await self._settled(values)
            if value:
                return Wrong(self._language.text("See what this would do, then confirm again."))
        wrong = await self._on_confirm(
            target, value, values["lasting"], values["reason"], self._shown and self._shown[1]
        )
        if wrong is None:
            self._dialog.close()
        elif wrong.field is None:
            await self._look()
        return wrong

    async def _look(self) -> None:
        asked = self._asked
        outlook = await self._on_look(*asked) if asked[1] else self._nothing()
        # Something else may have been typed meanwhile, or the dialog closed.
        if asked == self._asked and not self._dialog.is_deleted:
            self._shown = asked, outlook
            self._foot.show(outlook)
