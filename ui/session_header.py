"""The head of the details page: who this session is, how it stands, and the hand to act on it."""

from collections.abc import Callable

from nicegui import ui

from data.levels import RiskLevel
from data.records import SessionDetail
from data.status import Status
from ui.badge import icon, risk_badge, status_badge
from ui.controls import button
from ui.language import Language
from ui.text import Text


def session_header(
    session: SessionDetail,
    status: Status,
    language: Language,
    *,
    on_refresh: Callable[[], object],
    on_restrict: Callable[[], object],
    on_clear: Callable[[], object],
) -> None:
    """Render it; ``status`` is the one to show now."""
    with ui.element("div").classes("cw-session-header"):
        with ui.element("div").classes("cw-session-name"):
            Text(session.cart_token, "h1").classes("cw-title cw-token").props('dir="auto"')
            copy_button(session.cart_token, language.text("Copy cart token"))
            status_badge(status, language)
            risk_badge(session.risk_level, language)
        with ui.element("p").classes("cw-secondary"):
            Text(session.store.domain, "bdi")
            Text(" · ")
            Text(language.text("Token hash")).classes("cw-sr-only")
            hashed = Text(f"{session.token_hash[:12]}…", "code").classes("cw-token")
            hashed.props["title"] = session.token_hash
        with ui.element("div").classes("cw-actions"):
            button(language.text("Refresh"), picture="refresh", on_click=on_refresh)
            if session.risk_level is RiskLevel.RESTRICTED:
                button(language.text("Clear Restriction"), picture="cleared", on_click=on_clear)
            else:
                button(language.text("Restrict Session"), picture="restricted", kind="danger", on_click=on_restrict)


def copy_button(words: str, label: str) -> ui.element:
    """Copies ``words``; the browser does it, without asking the server."""
    element = ui.element("button").classes("cw-button cw-icon-button cw-copy").props('type="button"')
    element.props["aria-label"] = element.props["title"] = label
    element.props["data-copy"] = words
    element.on("click", js_handler="(event) => cartwatch.copy(event.currentTarget.dataset.copy)")
    with element:
        icon("copy")
    return element


def way_back(language: Language, *, back: str, previous: str | None, following: str | None) -> None:
    """Back to the list, and the sessions before and after this one in the list's order (their addresses)."""
    with ui.element("nav").classes("cw-way-back") as navigation:
        navigation.props["aria-label"] = language.text("Session navigation")
        _link(back, "back", language.text("Sessions"), words=True).props("data-back")
        ui.element("span").classes("cw-space")
        _link(previous, "previous", language.text("Previous session"))
        _link(following, "next", language.text("Next session"))


def _link(address: str | None, picture: str, label: str, *, words: bool = False) -> ui.element:
    link = ui.element("a" if address else "span").classes("cw-button" + ("" if words else " cw-icon-button"))
    if address:
        link.props["href"] = address
    else:
        link.props('role="link" aria-disabled="true"')
    if not words:
        link.props["aria-label"] = link.props["title"] = label
    with link:
        icon(picture)
        if words:
            Text(label)
    return link
