"""The reasons of a score: what raises the risk, what speaks for the shopper, and how they add up.

Figures carry their sign; a bar beside them is only for the eye.
"""

from collections.abc import Sequence

from nicegui import ui

from data.assessment import Assessment, Cause, Origin, Sum
from ui.fold import Folds
from ui.language import Language
from ui.risk_words import cause_words
from ui.text import Text

FEW = 8
"""Reasons of a group that are shown at once."""


def risk_causes(assessment: Assessment, language: Language, folds: Folds) -> None:
    """Render them in groups, the weightiest first; a group that is empty is left out."""
    causes = assessment.causes
    largest = max((abs(cause.contribution) for cause in causes), default=0.0)
    raising = [cause for cause in causes if cause.contribution > 0]
    easing = [cause for cause in causes if cause.contribution < 0]
    told = [cause for cause in causes if not cause.contribution]
    for name, title, group in (
        ("raising", language.text("Raises the risk"), raising),
        ("easing", language.text("Speaks for the shopper"), easing),
        ("told", language.text("Seen, without weight"), told),
    ):
        if group:
            Text(title, "h3")
            _listed(group[:FEW], assessment.origin, largest, language)
        if group[FEW:]:
            with folds.fold(name, language.plural("{n} more reason", "{n} more reasons", len(group) - FEW)):
                _listed(group[FEW:], assessment.origin, largest, language, first=FEW + 1)
    if assessment.total is not None:
        _sum(assessment.total, raising, easing, language)


def _listed(causes: Sequence[Cause], origin: Origin, largest: float, language: Language, *, first: int = 1) -> None:
    with ui.element("ol").classes("cw-reasons").props(f'start="{first}"'):
        for cause in causes:
            with ui.element("li").classes("cw-reason"):
                with ui.element("div").classes("cw-reason-words"):
                    Text(cause_words(cause, origin, language), "bdi")
                    if cause.hard:
                        Text(language.text("Hard evidence")).classes("cw-hard")
                if not cause.contribution:
                    continue
                Text(language.signed(cause.contribution)).classes("cw-reason-weight cw-figure")
                bar = ui.element("span").classes("cw-bar " + ("cw-adds" if cause.contribution > 0 else "cw-eases"))
                bar.props('aria-hidden="true"').style(f"--share: {abs(cause.contribution) / largest:.3f}")


def _sum(total: Sum, raising: Sequence[Cause], easing: Sequence[Cause], language: Language) -> None:
    Text(language.text("How it adds up"), "h3")
    parts = [
        (language.text("To begin with"), total.base),
        (language.text("Raises the risk"), sum(cause.contribution for cause in raising)),
        (language.text("Speaks for the shopper"), sum(cause.contribution for cause in easing)),
        (language.text("Too little to tell"), total.rest),
    ]
    with ui.element("dl").classes("cw-sum"):
        for term, weight in parts:
            if abs(weight) >= _SHOWN:
                _part(term, weight, language)
        _part(language.text("Together (log-odds)"), total.log_odds, language)


def _part(term: str, weight: float, language: Language) -> None:
    with ui.element("div"):
        Text(term, "dt")
        Text(language.signed(weight), "dd").classes("cw-figure")


_SHOWN = 0.005  # what two decimals do not show
