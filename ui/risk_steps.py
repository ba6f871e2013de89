"""How a session's score and level moved: a step for each that differs from the one before."""

from collections.abc import Sequence
from datetime import datetime

from nicegui import ui

from data.assessment import Step
from ui.badge import risk_badge
from ui.fold import Folds
from ui.language import Language
from ui.moments import clock
from ui.text import Text

FEW, MOST = 8, 200
"""The latest steps that are shown at once, and those that can be unfolded."""


def risk_steps(steps: Sequence[Step], started_at: datetime, language: Language, folds: Folds) -> None:
    """Render them, oldest first, each with the time since the session began; nothing where there is but one."""
    if len(steps) < 2:
        return
    Text(language.text("How it moved"), "h3")
    Text(language.text("Time since the session began, score, and level by the score."), "p").classes(
        "cw-secondary cw-hint"
    )
    earlier = steps[-MOST:-FEW]
    if earlier:
        with folds.fold("steps", language.plural("{n} earlier step", "{n} earlier steps", len(earlier))):
            _listed(earlier, started_at, language)
    _listed(steps[-FEW:], started_at, language)


def _listed(steps: Sequence[Step], started_at: datetime, language: Language) -> None:
    with ui.element("ol").classes("cw-score-steps"):
        for step in steps:
            with ui.element("li"):
                Text(clock((step.at - started_at).total_seconds())).classes("cw-figure cw-secondary cw-step-at")
                bar = ui.element("span").classes("cw-bar cw-step-bar").props('aria-hidden="true"')
                bar.style(f"--share: {step.score / 100:.2f}")
                Text(language.number(step.score)).classes("cw-figure cw-step-score")
                risk_badge(step.level, language)
