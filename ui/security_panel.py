"""Security analysis: the stored assessment, its reasons ranked, and what is not known."""

from datetime import datetime

from nicegui import ui

from data.events import Assessment, Reason
from data.levels import Decision, RiskLevel
from data.records import SessionDetail
from ui.badge import risk_badge
from ui.card import card, fact, facts
from ui.language import Language
from ui.moments import relative
from ui.text import Text


def security_panel(session: SessionDetail, language: Language, *, now: datetime) -> None:
    """Render the newest assessment, or say plainly that there is none."""
    with card(language.text("Security analysis"), name="security"):
        if session.decision is not None:
            Text(_decided(session.decision, language), "p").classes("cw-note")
        if session.assessment is None:
            Text(language.text("This session was not evaluated."), "p")
            Text(
                language.text("It has no risk score and no reasons. Its level is the default, not a finding."), "p"
            ).classes("cw-secondary")
            return
        _verdict(session.assessment, language, now)
        _reasons(session.assessment.reasons, language)
        if session.assessment.unknown:
            Text(language.text("Not known"), "h3")
            with ui.element("ul").classes("cw-unknown"):
                for item in session.assessment.unknown:
                    Text(item, "li").props('dir="auto"')


def _decided(decision: Decision, language: Language) -> str:
    if decision is Decision.RESTRICTED:
        return language.text("Restricted by the merchant. This stands until it is cleared.")
    return language.text("Cleared by the merchant. Later scores do not change the level.")


def _verdict(assessment: Assessment, language: Language, now: datetime) -> None:
    with facts():
        with fact(language.text("Score")), ui.element("span").classes("cw-verdict"):
            Text(language.number(assessment.score)).classes("cw-big cw-figure")
            Text(language.text("of 100")).classes("cw-secondary")
        with fact(language.text("Level")):
            risk_badge(RiskLevel(assessment.level), language)
        with fact(language.text("Assessed")):
            relative(assessment.assessed_at, now, language)
        with fact(language.text("Model")):
            Text(assessment.model_version, "bdi")


def _reasons(reasons: tuple[Reason, ...], language: Language) -> None:
    Text(language.text("Reasons"), "h3")
    if not reasons:
        Text(language.text("No reasons were stored with this score."), "p").classes("cw-secondary")
        return
    largest = max(abs(reason.contribution) for reason in reasons) or 1.0
    with ui.element("ol").classes("cw-reasons"):
        for reason in sorted(reasons, key=lambda r: -abs(r.contribution)):
            adds = reason.contribution > 0
            with ui.element("li").classes("cw-reason"):
                Text(reason.sentence, "span").props('dir="auto"')
                words = language.text("raises risk") if adds else language.text("speaks for the shopper")
                Text(f"{language.signed(reason.contribution)} {words}").classes("cw-secondary cw-figure")
                bar = ui.element("span").classes("cw-bar " + ("cw-adds" if adds else "cw-eases"))
                bar.props('aria-hidden="true"').style(f"--share: {abs(reason.contribution) / largest:.3f}")
