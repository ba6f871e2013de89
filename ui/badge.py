"""Badges: a status or a risk level as a word with a shape and a tone. Never colour alone."""

from typing import Final, NamedTuple

from nicegui import ui

from data.levels import RiskLevel
from data.status import Status
from ui.language import Language
from ui.text import Text
from ui.tones import Tone


class Look(NamedTuple):
    """How one value is shown; ``icon`` is a file of ``assets/icons`` without its ending."""

    tone: Tone | None
    icon: str | None


STATUS_LOOKS: Final[dict[Status, Look]] = {
    Status.ACTIVE: Look(Tone.INFO, "active"),
    Status.CONVERTED: Look(Tone.SUCCESS, "converted"),
    Status.EXPIRED: Look(Tone.ATTENTION, "expired"),
    Status.CANCELLED: Look(Tone.NEUTRAL, "cancelled"),
}

RISK_LOOKS: Final[dict[RiskLevel, Look]] = {
    RiskLevel.NORMAL: Look(None, None),
    RiskLevel.MONITORED: Look(Tone.TRACKED, "monitored"),
    RiskLevel.REVIEW: Look(Tone.WARNING, "review"),
    RiskLevel.RESTRICTED: Look(Tone.CRITICAL, "restricted"),
}


def status_label(status: Status, language: Language) -> str:
    """The word of a status."""
    return {
        Status.ACTIVE: language.text("Active"),
        Status.CONVERTED: language.text("Converted"),
        Status.EXPIRED: language.text("Expired"),
        Status.CANCELLED: language.text("Cancelled"),
    }[status]


def risk_label(level: RiskLevel, language: Language) -> str:
    """The word of a risk level."""
    return {
        RiskLevel.NORMAL: language.text("Normal"),
        RiskLevel.MONITORED: language.text("Monitored"),
        RiskLevel.REVIEW: language.text("Review"),
        RiskLevel.RESTRICTED: language.text("Restricted"),
    }[level]


def status_badge(status: Status, language: Language) -> None:
    """Render a status."""
    badge(STATUS_LOOKS[status], status_label(status, language))


def risk_badge(level: RiskLevel, language: Language) -> None:
    """Render a risk level; Normal stays plain text."""
    badge(RISK_LOOKS[level], risk_label(level, language))


def badge(look: Look, label: str) -> None:
    """Render a look with its word."""
    with ui.element("span").classes("cw-badge" + (f" cw-tone-{look.tone}" if look.tone else " cw-badge-plain")):
        if look.icon:
            icon(look.icon)
        Text(label)


def icon(name: str) -> ui.element:
    """A decorative picture of ``assets/icons`` in the colour of the text around it; hidden from screen readers."""
    return ui.element("span").classes(f"cw-icon cw-icon-{name}").props('aria-hidden="true"')
