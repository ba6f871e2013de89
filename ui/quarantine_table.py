"""Deliveries that were signed but not understood: kept until they are, or until the merchant discards them."""

from collections.abc import Callable
from datetime import datetime

from nicegui import ui

from data.records import IntakeRecord, QuarantinedRecord
from ui.controls import button
from ui.language import Language
from ui.moments import relative
from ui.text import Text

Ask = Callable[[QuarantinedRecord], object]


class QuarantineTable:
    """A table of them, the latest first; ``show`` brings it up to date and leaves rows that stay as they are."""

    def __init__(self, language: Language, *, on_retry: Ask, on_retry_all: Callable[[], object], on_discard: Ask):
        self._language = language
        self._on_retry = on_retry
        self._on_discard = on_discard
        self._rows: dict[int, ui.element] = {}
        with ui.element("div").classes("cw-bar-line"):
            self._summary = Text("", "p").classes("cw-secondary")
            self._all = button(language.text("Retry all"), picture="refresh", on_click=on_retry_all)
        with ui.element("table").classes("cw-table cw-quarantine-table") as self._table:
            with ui.element("thead"), ui.element("tr"):
                for words in (
                    *(language.text("Topic"), language.text("Problem"), language.text("Received")),
                    *(language.text("Size"), language.text("Actions")),
                ):
                    Text(words, "th").props('scope="col"')
            self._body = ui.element("tbody")

    def show(self, intake: IntakeRecord, now: datetime) -> None:
        """Show what is in quarantine now."""
        found = {one.id: one for one in intake.quarantined}
        for gone in [known for known in self._rows if known not in found]:
            self._rows.pop(gone).delete()
        for place, (known, record) in enumerate(found.items()):
            if known not in self._rows:
                with self._body:
                    row = self._rows[known] = self._row(record, now)
                row.move(target_index=place)
        self._summary.text = self._words(intake)
        self._table.set_visibility(bool(found))
        self._all.set_visibility(len(found) > 1)

    def _words(self, intake: IntakeRecord) -> str:
        if not intake.in_quarantine:
            return self._language.text(
                "Nothing is in quarantine. What is signed but not understood is kept here, and can be tried again."
            )
        shown = len(intake.quarantined)
        if shown < intake.in_quarantine:
            return self._language.plural(
                "The latest {shown} of {n} delivery that could not be understood.",
                "The latest {shown} of {n} deliveries that could not be understood.",
                intake.in_quarantine,
                shown=self._language.number(shown),
            )
        return self._language.plural(
            "{n} delivery could not be understood.", "{n} deliveries could not be understood.", intake.in_quarantine
        )

    def _row(self, record: QuarantinedRecord, now: datetime) -> ui.element:
        language = self._language
        with ui.element("tr") as row:
            with ui.element("td"):
                Text(record.topic, "bdi").classes("cw-token")
            with ui.element("td").classes("cw-quarantine-problem"):
                Text(record.problem, "span").props('dir="auto"')
            with ui.element("td"):
                relative(record.received_at, now, language)
            with ui.element("td").classes("cw-figure"):
                Text(_size(record.size, language) if record.size else language.text("Not kept"))
            with ui.element("td"), ui.element("div").classes("cw-row-actions"):
                if record.size:  # without its content there is nothing to try
                    button(language.text("Retry"), on_click=lambda: self._on_retry(record)).classes("cw-small")
                button(language.text("Discard"), on_click=lambda: self._on_discard(record)).classes("cw-small")
        return row


def _size(size: int, language: Language) -> str:
    return f"{language.number(max(0.1, round(size / 1000, 1)))}\u00a0kB"
