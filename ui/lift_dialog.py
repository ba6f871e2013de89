"""The dialog that asks why a rule is lifted."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import Client, ui

from data.rule_records import RuleRecord
from ui.card import fact
from ui.controls import button
from ui.form import Form, Wrong
from ui.language import Language
from ui.reason_field import ReasonField
from ui.rule_words import target_words
from ui.text import Text, seen

Lift = Callable[[str], Awaitable[Wrong | None]]
"""Gets the reason; answers what is wrong with it."""


def lift_dialog(client: Client, language: Language, rule: RuleRecord, on_lift: Lift) -> ui.dialog:
    """Asks about one rule, which it shows with the reason that it was made for."""
    title = language.text("Lift this rule?")

    async def send(values: Mapping[str, str]) -> Wrong | None:
        wrong = await on_lift(values["reason"])
        if wrong is None:
            dialog.close()
        return wrong

    with client.layout, ui.dialog() as dialog, Form(("reason",), send).classes("cw-dialog") as form:
        dialog.props["aria-label"] = title
        Text(title, "h2").classes("cw-card-title")
        with ui.element("dl").classes("cw-stack cw-about"):
            with fact(target_words(rule.target, language)):
                Text(seen(rule.value), "bdi").classes("cw-token")
            with fact(language.text("It was made because")):
                Text(seen(rule.reason), "bdi").classes("cw-long-words")
        Text(language.text("Its sessions are decided by what remains: other rules, or their own score."), "p").classes(
            "cw-secondary"
        )
        ReasonField(language, begin=True)
        form.problem()
        with ui.element("div").classes("cw-actions"):
            button(language.text("Cancel"), on_click=dialog.close)
            button(language.text("Lift rule"), kind="primary").props('type="submit"')
    dialog.on("hide", dialog.delete)
    return dialog
