"""Technical details of a session, for debugging and support."""

from collections.abc import Callable

from nicegui import ui

from data.records import SessionDetail
from ui.card import card, facts, plain_fact
from ui.controls import button
from ui.language import Language
from ui.session_grid import device_labels
from ui.text import Text

MOST_RAW = 50
"""Raw events that are shown, the latest ones; the support bundle names them all."""


def technical(
    session: SessionDetail, user_agent: str | None, language: Language, *, on_bundle: Callable[[], object]
) -> None:
    """Render them; ``user_agent`` is the parsed form of the raw one."""
    unknown = language.text("Unknown")
    with card(language.text("Technical details"), name="technical"):
        button(language.text("Copy support bundle"), picture="copy", on_click=on_bundle).classes("cw-bundle")
        with facts():
            plain_fact(language.text("IP address"), session.ip, unknown=unknown, mono=True)
            plain_fact(language.text("Network"), session.network, unknown=unknown, mono=True)
            plain_fact(language.text("Device"), device_labels(language).get(session.device), unknown=unknown)
            plain_fact(language.text("Browser"), user_agent, unknown=unknown)
            plain_fact(language.text("User agent"), session.user_agent, unknown=unknown, mono=True)
            plain_fact(language.text("Accepted languages"), session.accept_language, unknown=unknown, mono=True)
            plain_fact(language.text("Device id"), session.device_id, unknown=unknown, mono=True)
            plain_fact(language.text("Cart token"), session.cart_token, unknown=unknown, mono=True)
            plain_fact(language.text("Checkout token"), session.checkout_token, unknown=unknown, mono=True)
            plain_fact(language.text("Order"), session.order_id, unknown=unknown, mono=True)
            plain_fact(language.text("Session id"), str(session.id), unknown=unknown, mono=True)
            plain_fact(
                language.text("Timer"),
                language.plural("{n} minute", "{n} minutes", session.store.timer_minutes),
                unknown=unknown,
            )
            plain_fact(language.text("Maximum renewals"), language.number(session.max_renewals), unknown=unknown)
        _raw_events(session, language)


def _raw_events(session: SessionDetail, language: Language) -> None:
    stored = [entry for entry in session.timeline if entry.raw]
    with ui.element("details").classes("cw-raw"):
        Text(language.plural("{n} raw stored event", "{n} raw stored events", len(stored)), "summary")
        for entry in stored[-MOST_RAW:]:
            Text(entry.raw or "", "pre").classes("cw-token").props('tabindex="0"')
