"""The keys of a store's events API."""

from collections.abc import Callable, Sequence
from datetime import datetime

from nicegui import ui

from data.records import KeyRecord
from ui.controls import button
from ui.copy_field import copy_field
from ui.language import Language
from ui.moments import relative
from ui.text import Text


def key_list(
    keys: Sequence[KeyRecord],
    address: str,
    language: Language,
    *,
    now: datetime,
    on_withdraw: Callable[[KeyRecord], object],
) -> None:
    """Every key by its end, and where events go."""
    Text(
        language.text("For carts outside Shopify: your own system sends what happens, and signs in with a key."), "p"
    ).classes("cw-secondary")
    copy_field(language.text("Address"), address, language.text("Copy address"))
    if not keys:
        Text(language.text("There is no key yet."), "p").classes("cw-secondary")
        return
    with ui.element("ul").classes("cw-key-list"):
        for key in keys:
            _key(key, language, now, on_withdraw)


def _key(key: KeyRecord, language: Language, now: datetime, on_withdraw: Callable[[KeyRecord], object]) -> None:
    with ui.element("li"):
        Text(f"cw_…{key.hint}", "bdi").classes("cw-token")
        with ui.element("span").classes("cw-secondary cw-key-age"):
            relative(key.created_at, now, language)
        withdraw = button(language.text("Withdraw"), on_click=lambda: on_withdraw(key)).classes("cw-small")
        withdraw.props["aria-label"] = language.text("Withdraw the key that ends in {hint}", hint=key.hint)
