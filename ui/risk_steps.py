"""How a session's score and level moved: a step for each that differs from the one before."""

from collections.abc import Callable, Sequence
from datetime import datetime

from nicegui import ui

from data.assessment import Step
from ui.badge import risk_badge
from ui.controls import button
from ui.language import Language
from ui.moments import clock
from ui.text import Text

FEW, MOST = 8, 200
"""Steps that are shown at first, and when all are asked for; the latest ones."""


def risk_steps(
    steps: Sequence[Step], started_at: datetime, language: Language, *, everything: bool, on_all: Callable[[], object]
) -> None:
    """Render them, oldest first, each with the time since the session began; nothing where there is but one."""
    if len(steps) < 2:
        return
    Text(language.text("How it moved"), "h3")
    shown = steps[-(MOST if everything else FEW) :]
    left_out = len(steps) - len(shown)
    if left_out and everything:
        Text(language.plural("{n} earlier step is not shown.", "{n} earlier steps are not shown.", left_out), "p")
    elif left_out:
        words = language.plural("Show {n} earlier step", "Show {n} earlier steps", left_out)
        button(words, on_click=on_all).classes("cw-small")
    with ui.element("ol").classes("cw-steps"):
        for step in shown:
            with ui.element("li"):
                Text(clock((step.at - started_at).total_seconds())).classes("cw-figure cw-secondary cw-step-at")
                bar = ui.element("span").classes("cw-bar cw-step-bar").props('aria-hidden="true"')
                bar.style(f"--share: {step.score / 100:.2f}")
                Text(language.number(step.score)).classes("cw-figure cw-step-score")
                risk_badge(step.level, language)
