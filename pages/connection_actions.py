"""What a merchant can do on the connections page, each with its question before and its word afterwards."""

import json
from collections.abc import Awaitable, Callable, Mapping

from nicegui import Client

from data import connections, privacy, stores
from data.connections import ConnectionProblem
from data.database import Busy
from data.records import ConnectionRecord, KeyRecord, PrivacyRecord, StoreRecord
from data.stores import StoreProblem
from pages.console import Console
from pages.trial_delivery import send_test_delivery
from ui.confirm_dialog import confirm_dialog
from ui.connect_dialog import connect_dialog
from ui.form import Wrong
from ui.frame import connections_address
from ui.key_dialog import key_dialog
from ui.language import Language
from ui.store_dialog import store_dialog
from ui.test_result import TestResult
from ui.toast import toast


class ConnectionActions:
    """The actions of one open page; ``on_done`` shows what has become of it."""

    def __init__(
        self,
        console: Console,
        client: Client,
        language: Language,
        store: StoreRecord | None,
        on_done: Callable[[], Awaitable[None]],
    ) -> None:
        self._console = console
        self._client = client
        self._language = language
        self._known_store = store
        self._on_done = on_done

    @property
    def _store(self) -> StoreRecord:
        """The page's store; without one, the page offers nothing but to add it."""
        if self._known_store is None:
            raise LookupError("the page has no store")
        return self._known_store

    # ---- stores and settings

    def ask_store(self) -> None:
        """Ask for another store."""
        store_dialog(self._client, self._language, self.add_store).open()

    async def add_store(self, values: Mapping[str, str]) -> Wrong | None:
        """Add a store and go to its page; what is wrong, or None."""
        try:
            added = await stores.add(
                self._console.database,
                values["domain"],
                name=values["name"],
                currency=values["currency"],
                now=self._console.clock(),
            )
        except (StoreProblem, Busy) as problem:
            return _wrong(problem)
        await self._console.live.look()
        self._client.run_javascript(f"location.assign({json.dumps(connections_address(added.domain))})")
        return None

    async def save(self, values: Mapping[str, str]) -> Wrong | None:
        """Save the store's settings; what is wrong, or None."""
        numbers = {name: _whole(text) for name, text in values.items()}
        for name, number in numbers.items():
            if number is None:
                return Wrong(self._language.text("Give whole numbers, as in 15."), name)
        try:
            await stores.change(
                self._console.database,
                self._store.id,
                {name: number for name, number in numbers.items() if number is not None},
                now=self._console.clock(),
            )
        except (StoreProblem, Busy) as problem:
            return _wrong(problem)
        await self._console.live.look()
        await self._done(self._language.text("Saved. Carts that hold stock now keep what they were granted."))
        return None

    # ---- Shopify

    def ask_connect(self, connection: ConnectionRecord | None) -> None:
        """Ask for the shop's domain and its secret."""
        connect_dialog(self._client, self._language, connection, self._connect).open()

    async def _connect(self, shop: str, secret: str) -> Wrong | None:
        try:
            await connections.connect_shopify(
                self._console.database, self._store, shop=shop, secret=secret, now=self._console.clock()
            )
        except (ConnectionProblem, Busy) as problem:
            return _wrong(problem)
        await self._done(self._language.text("Saved"))
        return None

    def place_for_test(self) -> None:
        """Where the answer of a test delivery stands."""
        self._result = TestResult(self._language)

    async def test(self) -> None:
        """Send a test delivery through the address that Shopify uses, and say what came of it."""
        if not self._result.begin():
            return
        console, store = self._console, self._store
        try:
            sent = await send_test_delivery(console.database, store, console.address, console.clock())
            if sent.problem is None:
                await console.applier.apply_waiting()  # so that its session is there when the link to it is
        except (ConnectionProblem, Busy) as problem:
            self._result.failed(str(problem))
            return
        if sent.problem is None:
            self._result.arrived(store, sent.token)
        else:
            self._result.failed(sent.problem)
        await self._on_done()

    # ---- the beacon and keys

    async def open_beacon(self) -> None:
        """Give the store an address for its beacon."""
        await self._do(
            lambda: connections.open_beacon(self._console.database, self._store, self._console.clock()),
            self._language.text("The beacon is open"),
        )

    async def new_key(self) -> None:
        """Make a key and show it, this once."""
        try:
            key = await stores.add_key(self._console.database, self._store.id, self._console.clock())
        except Busy as problem:
            toast(self._client, str(problem))
            return
        key_dialog(self._client, self._language, key).open()
        await self._on_done()

    def ask_withdraw(self, key: KeyRecord) -> None:
        """Ask whether a key is to be withdrawn."""
        confirm_dialog(
            self._client,
            self._language,
            title=self._language.text("Withdraw the key that ends in {hint}", hint=key.hint),
            explanation=self._language.text("Whoever sends events with it is refused from then on."),
            confirm=self._language.text("Withdraw"),
            on_confirm=lambda: self._do(
                lambda: stores.remove_key(self._console.database, self._store.id, key.id),
                self._language.text("Key withdrawn"),
            ),
        ).open()

    # ---- privacy requests

    def ask_handed_over(self, request: PrivacyRecord) -> None:
        """Ask whether a customer has been given what they asked for."""
        language = self._language
        confirm_dialog(
            self._client,
            language,
            title=language.text("Have you handed over what this customer asked for?"),
            explanation=language.text("The download is removed for good, and the request counts as done."),
            confirm=language.text("Handed over"),
            on_confirm=lambda: self._do(
                lambda: privacy.done(self._console.database, self._store.id, request.id, self._console.clock()),
                language.text("Marked as handed over"),
            ),
        ).open()

    # ---- afterwards

    async def _do(self, work: Callable[[], Awaitable[object]], words: str) -> None:
        try:
            await work()
        except Busy as problem:
            toast(self._client, str(problem))
            return
        await self._done(words)

    async def _done(self, words: str) -> None:
        await self._on_done()
        toast(self._client, words)


def _wrong(problem: StoreProblem | ConnectionProblem | Busy) -> Wrong:
    return Wrong(str(problem), None if isinstance(problem, Busy) else problem.field)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
