"""What a merchant can do about notices on the connections page: where they go, the secret, a test, an end."""

from collections.abc import Callable

from nicegui import ui

from data import notice_addresses
from data.database import Busy
from data.destinations import DestinationProblem
from data.records import NoticeRecord
from pages import doorways
from pages.store_actions import StoreActions
from pages.ways_in import WaysIn
from ui.card import card
from ui.confirm_dialog import confirm_dialog
from ui.controls import button
from ui.form import Wrong
from ui.notice_card import notice_card
from ui.notice_dialog import notice_dialog
from ui.shown_once import shown_once
from ui.test_result import TestResult
from ui.toast import toast

Part = Callable[[Callable[[WaysIn], object], Callable[[WaysIn], None]], None]
"""Places a part of the page that is rendered again when what it has seen is no longer the same."""


class NoticeActions(StoreActions):
    """The card of one open page and what its buttons do; ``on_done`` shows what has become of it."""

    def place(self, part: Part) -> None:
        """Build the card here."""
        with card(self._language.text("Notices"), name="notices"):
            part(lambda known: known.notices, lambda known: self._render(known.notices))
            self._result = TestResult(self._language)

    def _render(self, notices: NoticeRecord | None) -> None:
        language = self._language
        notice_card(notices, doorways.decision(self._console.address), language, now=self._console.clock())
        with ui.element("div").classes("cw-bar-line cw-after-table"):
            if notices is None:
                button(language.text("Set address"), kind="primary", on_click=lambda: self._ask_address(None))
                return
            button(language.text("Send test notice"), on_click=self._test)
            button(language.text("Change address"), on_click=lambda: self._ask_address(notices.url))
            button(language.text("New secret"), on_click=self._ask_secret)
            button(language.text("Remove"), on_click=lambda: self._ask_remove(notices))

    def _ask_address(self, url: str | None) -> None:
        notice_dialog(self._client, self._language, url, self._set).open()

    async def _set(self, url: str) -> Wrong | None:
        console = self._console
        try:
            secret = await notice_addresses.put(
                console.database, self._store.id, url, console.clock(), loopback=console.notices.loopback
            )
        except DestinationProblem as problem:
            return Wrong(str(problem), "url")
        except Busy as problem:
            return Wrong(str(problem))
        console.notices.wake()
        if secret is None:
            await self._done(self._language.text("Saved"))
        else:
            self._show(secret)
            await self._on_done()
        return None

    def _ask_secret(self) -> None:
        language = self._language
        confirm_dialog(
            self._client,
            language,
            title=language.text("Make a new secret?"),
            explanation=language.text("Notices are signed with it at once. Let your shop take both until it has it."),
            confirm=language.text("New secret"),
            on_confirm=self._renew,
        ).open()

    async def _renew(self) -> None:
        try:
            secret = await notice_addresses.renew_secret(self._console.database, self._store.id)
        except Busy as problem:
            toast(self._client, str(problem))
            return
        if secret is not None:
            self._show(secret)
        await self._on_done()

    def _show(self, secret: str) -> None:
        language = self._language
        shown_once(
            self._client,
            language,
            secret,
            title=language.text("Signing secret"),
            label=language.text("Notices are signed with"),
            copy=language.text("Copy secret"),
        ).open()

    async def _test(self) -> None:
        if not self._result.begin():
            return
        try:
            problem = await self._console.notices.try_out(self._store.id, self._store.domain)
        except Busy as busy:
            problem = str(busy)
        except LookupError:  # taken away meanwhile, elsewhere
            problem = self._language.text("There is no address for notices any more.")
        if problem is None:
            self._result.succeeded(self._language.text("Your shop took the test notice."))
        else:
            self._result.failed(problem)
        await self._on_done()

    def _ask_remove(self, notices: NoticeRecord) -> None:
        language = self._language
        confirm_dialog(
            self._client,
            language,
            title=language.text("Send no more notices?"),
            explanation=language.text("Your shop hears of nothing any more, and what waits is not sent."),
            confirm=language.text("Remove"),
            about={language.text("Notices go to"): notices.url},
            on_confirm=self._remove,
        ).open()

    async def _remove(self) -> None:
        try:
            await notice_addresses.remove(self._console.database, self._store.id)
        except Busy as problem:
            toast(self._client, str(problem))
            return
        await self._done(self._language.text("Nothing is sent any more"))

    async def _done(self, words: str) -> None:
        await self._on_done()
        toast(self._client, words)
