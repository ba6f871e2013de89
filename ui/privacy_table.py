"""What Shopify has asked for on behalf of customers, and what has become of it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from nicegui import ui

from data.deliveries import PrivacyKind
from data.records import PrivacyRecord
from ui.controls import button
from ui.language import Language
from ui.moments import relative
from ui.text import Text, seen

MOST_ORDERS: Final = 3
"""Orders of a request that are named."""


def privacy_table(
    requests: Sequence[PrivacyRecord],
    language: Language,
    *,
    now: datetime,
    address: Callable[[PrivacyRecord], str],
    on_done: Callable[[PrivacyRecord], object],
) -> None:
    """Every request; ``address`` is where what is to be handed over can be had, ``on_done`` hears that it was."""
    if not requests:
        Text(
            language.text("None so far. Erasures that Shopify asks for are done by themselves and listed here."), "p"
        ).classes("cw-secondary")
        return
    with ui.element("ul").classes("cw-privacy-list"):
        for request in requests:
            _request(request, language, now, address(request), on_done)


def _request(
    request: PrivacyRecord,
    language: Language,
    now: datetime,
    address: str,
    on_done: Callable[[PrivacyRecord], object],
) -> None:
    names = {
        PrivacyKind.DATA_REQUEST: language.text("Customer's data request"),
        PrivacyKind.CUSTOMER_REDACT: language.text("Customer's data erasure"),
        PrivacyKind.SHOP_REDACT: language.text("Shop's data erasure"),
    }
    with ui.element("li"):
        Text(names[request.kind]).classes("cw-entry-kind")
        with ui.element("span").classes("cw-secondary"):
            relative(request.received_at, now, language)
            Text(" · " + language.plural("{n} session found", "{n} sessions found", request.sessions))
        if request.orders:
            with ui.element("span").classes("cw-secondary cw-privacy-orders"):
                Text(_orders(request, language), "bdi")
        with ui.element("span").classes("cw-row-actions"):
            if request.kind is PrivacyKind.DATA_REQUEST and request.done_at is None:
                link = Text(language.text("Download"), "a").classes("cw-button cw-small").props("download")
                link.props["href"] = address
            if request.done_at is not None:
                with ui.element("span").classes("cw-secondary"):
                    Text(language.text("done") + " ")
                    relative(request.done_at, now, language)
            elif request.kind is PrivacyKind.DATA_REQUEST:
                button(language.text("Handed over"), on_click=lambda: on_done(request)).classes("cw-small")
            else:
                Text(language.text("Being done")).classes("cw-secondary")


def _orders(request: PrivacyRecord, language: Language) -> str:
    named = ", ".join(seen(order) for order in request.orders[:MOST_ORDERS])
    rest = len(request.orders) - MOST_ORDERS
    if rest > 0:
        return language.plural("Orders {named} and {n} more", "Orders {named} and {n} more", rest, named=named)
    if len(request.orders) == 1:
        return language.text("Order {named}", named=named)
    return language.text("Orders {named}", named=named)
