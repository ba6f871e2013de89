"""What a merchant reads of a learned model: on what it was learned, how it does beside the one in use, what changes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from nicegui import ui

from ui.card import fact, facts
from ui.language import Language
from ui.learning_words import change_words, levels_words, measure_words, verdict_words
from ui.text import Text


def comparison(found: Mapping[str, Any], language: Language) -> None:
    """A table of both models on the same sessions."""
    with ui.element("table").classes("cw-table cw-comparison"):
        with ui.element("thead"), ui.element("tr"):
            for name in ("", language.text("In use"), language.text("Learned")):
                Text(name, "th").props('scope="col"')
        with ui.element("tbody"):
            for row, name in (
                (language.text("Ranks a bad one above a good one (AUC)"), "auc"),
                (language.text("Bad ones found at 1% false alarms"), "recall"),
            ):
                with ui.element("tr"):
                    Text(row, "th").props('scope="row"')
                    for which in ("old", "new"):
                        Text(measure_words(found[which][name], language), "td")
            errors = found.get("calibration")
            if errors:
                with ui.element("tr"):
                    Text(language.text("Probabilities are off by"), "th").props('scope="row"')
                    for which in ("old", "new"):
                        Text(language.number(round(errors[which], 3)), "td")


def learning_report(report: Mapping[str, Any], language: Language) -> None:
    """The whole report of one model."""
    Text(verdict_words(report, language), "p")
    with facts():
        with fact(language.text("Learned from")):
            Text(_learned_from(report, language))
        with fact(language.text("Measured on")):
            words = language.text(
                "{n} later sessions, {bad} of them bad", n=language.number(report["later"]), bad=report["later_bad"]
            )
            Text(words)
        with fact(language.text("Would change")):
            Text(levels_words(report["levels"], language))
    comparison(report, language)
    if report["changes"]:
        Text(language.text("What counts differently"), "h3")
        with ui.element("ul").classes("cw-changes"):
            for change in report["changes"]:
                Text(change_words(change, language), "li")


def _learned_from(report: Mapping[str, Any], language: Language) -> str:
    return language.text(
        "{n} labelled sessions, {bad} of them bad, from {first} to {last}",
        n=language.number(report["labels"]),
        bad=language.number(report["bad"]),
        first=language.date_time(_moment(report["from"])),
        last=language.date_time(_moment(report["until"])),
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
