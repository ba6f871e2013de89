"""What a merchant can do with deliveries in quarantine, each with a word of what has become of it."""

import asyncio

from nicegui import background_tasks

from data import intake, quarantine
from data.database import Busy, DatabaseProblem
from data.deliveries import DeliveryState
from data.records import QuarantinedRecord
from pages.store_actions import StoreActions
from ui.confirm_dialog import confirm_dialog
from ui.text import seen
from ui.toast import toast
from ui.topics import topic_label

MOMENT = 2.0
"""Seconds that a merchant waits to hear what has become of what was tried again."""


class QuarantineActions(StoreActions):
    """The actions of one open page; ``on_done`` shows what has become of it."""

    async def retry(self, record: QuarantinedRecord) -> None:
        """Try a delivery again, and say what has become of it."""
        language = self._language
        try:
            again = await quarantine.try_again(self._console.database, self._store.id, [record.id])
            await self._applied()
            state = await quarantine.state_of(self._console.database, self._store.id, record.id)
        except Busy as problem:
            toast(self._client, str(problem))
            return
        if not again:
            await self._done(language.text("This delivery is not in quarantine any more"))
        elif state is DeliveryState.QUARANTINED:
            await self._done(language.text("Still not understood"))
        elif state is DeliveryState.UNMATCHED:
            await self._done(language.text("Understood. It waits for a session that is not here yet."))
        elif state is DeliveryState.WAITING:
            await self._done(language.plural("{n} delivery is tried again", "{n} deliveries are tried again", again))
        else:
            await self._done(language.text("Applied"))

    async def retry_all(self) -> None:
        """Try all of them again, and say what has become of them."""
        language, database, store = self._language, self._console.database, self._store
        try:
            before = (await intake.of_store(database, store.id)).in_quarantine
            again = await quarantine.try_again(database, store.id)
            finished = await self._applied()
            left = (await intake.of_store(database, store.id)).in_quarantine - (before - again)
        except Busy as problem:
            toast(self._client, str(problem))
            return
        still = min(max(left, 0), again)  # others may have come into quarantine meanwhile
        if not again:
            words = language.text("There is nothing left that could be tried again")
        elif not finished:
            words = language.plural("{n} delivery is tried again", "{n} deliveries are tried again", again)
        elif still:
            words = language.plural(
                "{still} of {n} delivery is still not understood",
                "{still} of {n} deliveries are still not understood",
                again,
                still=language.number(still),
            )
        else:
            words = language.plural("{n} delivery is understood now", "{n} deliveries are understood now", again)
        await self._done(words)

    async def _applied(self) -> bool:
        """Let what waits be applied; whether that came to its end within a moment. It goes on in any case."""

        async def apply() -> bool:
            try:
                await self._console.applier.apply_waiting()
            except DatabaseProblem:
                self._console.applier.wake()
                return False
            return True

        applying = background_tasks.create(apply())
        await asyncio.wait({applying}, timeout=MOMENT)
        return applying.done() and applying.result()

    def ask_discard(self, record: QuarantinedRecord) -> None:
        """Ask whether a delivery is to be thrown away, and say which one that is."""
        language = self._language
        confirm_dialog(
            self._client,
            language,
            title=language.text("Discard this delivery?"),
            about={
                language.text("Topic"): topic_label(record.source, record.topic, language) or record.topic,
                language.text("Received"): language.date_time(record.received_at),
                language.text("Problem"): seen(record.problem),
            },
            explanation=language.text("What it says is lost: Shopify does not send it again."),
            confirm=language.text("Discard"),
            on_confirm=lambda: self._discard(record),
        ).open()

    async def _discard(self, record: QuarantinedRecord) -> None:
        try:
            gone = await quarantine.discard(self._console.database, self._store.id, record.id)
        except Busy as problem:
            toast(self._client, str(problem))
            return
        words = self._language.text("Delivery discarded")
        await self._done(words if gone else self._language.text("This delivery is not in quarantine any more"))

    async def _done(self, words: str) -> None:
        await self._on_done()
        toast(self._client, words)
