"""Deliveries that were signed but not understood: kept until they are, or until the merchant discards them."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from nicegui import ui

from data.records import IntakeRecord, QuarantinedRecord
from ui.controls import button
from ui.language import Language
from ui.moments import relative
from ui.text import Text, seen

FIRST: Final = 10
"""Rows that are shown before somebody asks for all of them."""

Ask = Callable[[QuarantinedRecord], object]


class QuarantineTable:
    """A table of them, the oldest first: what arrives comes below, so that no row moves while it is pointed at."""

    def __init__(self, language: Language, *, on_retry: Ask, on_retry_all: Callable[[], object], on_discard: Ask):
        self._language = language
        self._on_retry = on_retry
        self._on_discard = on_discard
        self._rows: dict[int, _Row] = {}
        self._known: tuple[IntakeRecord, datetime] | None = None
        self._whole = False
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
        with ui.element("div").classes("cw-bar-line cw-after-table") as self._rest:
            self._shown = Text("", "p").classes("cw-secondary")
            self._more = button(language.text("Show all"), on_click=lambda: self._unfold(whole=True))
            self._fewer = button(language.text("Show fewer"), on_click=lambda: self._unfold(whole=False))

    def show(self, intake: IntakeRecord, now: datetime) -> None:
        """Show what is in quarantine now."""
        self._known = intake, now
        found = {one.id: one for one in intake.quarantined[: None if self._whole else FIRST]}
        for known in [*self._rows]:
            if known not in found or not self._rows[known].follow(found[known]):
                self._rows.pop(known).delete()
        for place, (known, record) in enumerate(found.items()):
            if known not in self._rows:
                with self._body:
                    row = self._rows[known] = _Row(record, now, self._language, self._on_retry, self._on_discard)
                row.move(target_index=place)
        self._summary.text = self._words(intake.in_quarantine)
        self._table.set_visibility(bool(found))
        self._all.set_visibility(len(intake.quarantined) > 1)
        self._count(intake, len(found))

    def _unfold(self, *, whole: bool) -> None:
        self._whole = whole
        if self._known is not None:
            self.show(*self._known)

    def _count(self, intake: IntakeRecord, shown: int) -> None:
        number = self._language.number
        self._shown.text = self._language.text(
            "{shown} of {n} in quarantine", shown=number(shown), n=number(intake.in_quarantine)
        )
        foldable = len(intake.quarantined) > FIRST
        self._rest.set_visibility(foldable)
        self._more.set_visibility(not self._whole)
        self._fewer.set_visibility(self._whole)

    def _words(self, number: int) -> str:
        if not number:
            return self._language.text(
                "Nothing is in quarantine. What is signed but not understood is kept here, and can be tried again."
            )
        return self._language.plural(
            "{n} delivery could not be understood.", "{n} deliveries could not be understood.", number
        )


class _Row(ui.element):
    """One delivery, with what can be done about it."""

    def __init__(
        self, record: QuarantinedRecord, now: datetime, language: Language, on_retry: Ask, on_discard: Ask
    ) -> None:
        super().__init__("tr")
        self._kept = bool(record.size)
        with self:
            with ui.element("td"):
                Text(record.topic, "bdi").classes("cw-token")
            with ui.element("td").classes("cw-quarantine-problem"):
                self._problem = Text(seen(record.problem), "bdi")
            with ui.element("td"):
                relative(record.received_at, now, language)
            with ui.element("td").classes("cw-figure"):
                Text(_size(record.size, language) if record.size else language.text("Not kept"))
            with ui.element("td"), ui.element("div").classes("cw-row-actions"):
                if record.size:  # without its content there is nothing to try
                    button(language.text("Retry"), on_click=lambda: on_retry(record)).classes("cw-small")
                button(language.text("Discard"), on_click=lambda: on_discard(record)).classes("cw-small")

    def follow(self, record: QuarantinedRecord) -> bool:
        """Show what is wrong with it now; False where another row has to be made."""
        self._problem.text = seen(record.problem)
        return self._kept == bool(record.size)


def _size(size: int, language: Language) -> str:
    return f"{language.number(max(0.1, round(size / 1000, 1)))}\u00a0kB"
