"""What the buttons of one open page about a store do: all that they have in common."""

from collections.abc import Awaitable, Callable

from nicegui import Client

from data.records import StoreRecord
from pages.console import Console
from ui.language import Language


class StoreActions:
    """The actions of one open page; ``on_done`` shows what has become of them."""

    def __init__(
        self,
        console: Console,
        client: Client,
        language: Language,
        store: StoreRecord,
        on_done: Callable[[], Awaitable[None]],
    ) -> None:
        self._console = console
        self._client = client
        self._language = language
        self._store = store
        self._on_done = on_done
