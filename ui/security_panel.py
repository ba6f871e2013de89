"""Security analysis: score and level, why, what is unknown, what would change the level, and how it came about."""

from collections.abc import Sequence
from datetime import datetime

from nicegui import ui

from data.assessment import Assessment, Origin
from data.levels import RiskLevel
from data.range_file import Source
from data.records import SessionDetail
from ui.badge import risk_badge
from ui.card import card, fact, facts
from ui.data_credits import data_credits
from ui.fold import Folds
from ui.language import Language
from ui.moments import relative
from ui.risk_causes import risk_causes
from ui.risk_steps import risk_steps
from ui.risk_words import level_words
from ui.text import Text, seen


def security_panel(
    session: SessionDetail,
    language: Language,
    *,
    now: datetime,
    sources: Sequence[Source],
    folds: Folds,
) -> None:
    """Render what is thought of the session, or say plainly that nothing is, or that it is hidden.

    ``sources`` are those of countries and hosting networks: their licences ask for credits where they are used.
    """
    with card(language.text("Security analysis"), name="security"):
        if session.score_hidden:
            _hidden(language)
        elif session.assessment is None:
            Text(language.text("Not scored yet"), "p").classes("cw-strong")
            words = language.text("It was imported without a score. It is scored with the next event that is reported.")
            Text(words, "p").classes("cw-secondary")
        else:
            _verdict(session.assessment, session.risk_level, language, now)
            risk_causes(session.assessment, language, folds)
            _unknown(session.assessment, language)
            _levels(session, session.assessment, language)
            risk_steps(session.assessment.steps, session.started_at, language, folds)
            if session.assessment.origin is Origin.TABLE:
                data_credits(sources, language)


def _hidden(language: Language) -> None:
    Text(language.text("Chosen for a random check: decide before you see the score"), "p").classes("cw-strong")
    words = language.text(
        "What you think without knowing the score shows what the rules overlook. "
        "Score and reasons appear as soon as you have decided."
    )
    Text(words, "p").classes("cw-secondary")


def _verdict(assessment: Assessment, level: RiskLevel, language: Language, now: datetime) -> None:
    with facts():
        with fact(language.text("Score")), ui.element("span").classes("cw-verdict"):
            Text(language.number(assessment.score)).classes("cw-big cw-figure")
            Text(language.text("of 100")).classes("cw-secondary")
        with fact(language.text("Level")), ui.element("span").classes("cw-verdict-level"):
            risk_badge(level, language)
        if assessment.probability is not None:
            with fact(language.text("Probability")):
                Text(language.share(assessment.probability)).classes("cw-figure")
        with fact(language.text("Assessed")):
            relative(assessment.assessed_at, now, language)
        with fact(language.text("Model")):
            Text(seen(assessment.model_version), "bdi")
    Text(_made(assessment, language), "p").classes("cw-secondary cw-hint cw-made")


def _made(assessment: Assessment, language: Language) -> str:
    """How the score was made, and what it is not."""
    if assessment.origin is Origin.IMPORTED:
        return language.text("This score was imported; it is not of Cartwatch's making.")
    if assessment.origin is Origin.GONE:
        return language.text(
            "Made by {version}, whose table is no longer here: its reasons cannot be told.",
            version=seen(assessment.model_version),
        )
    if assessment.probability is None:
        return language.text(
            "Rules, not yet calibrated: a higher score deserves a look first. It is no probability until enough of "
            "your decisions are known."
        )
    return language.text("Learned from your decisions; the probability was measured on sessions it had not seen.")


def _unknown(assessment: Assessment, language: Language) -> None:
    if not assessment.unknown:
        return
    Text(language.text("Unknown"), "h3")
    Text(language.text("Adds nothing to the score."), "p").classes("cw-secondary cw-hint")
    with ui.element("ul").classes("cw-unknown"):
        for item in assessment.unknown:
            words = seen(item) if assessment.origin is Origin.IMPORTED else language.of_data(item)
            Text(words, "li").props('dir="auto"')


def _levels(session: SessionDetail, assessment: Assessment, language: Language) -> None:
    said = level_words(assessment, session.decision, language)
    if said:
        Text(language.text("What would change the level"), "h3")
        for words in said:
            Text(words, "p")
