"""Value, times and metrics of one session."""

from datetime import datetime

from nicegui import ui

from data.records import SessionDetail
from data.status import Status
from ui.card import card, fact, facts
from ui.language import Language
from ui.moments import clock, countdown, duration_since, relative
from ui.text import Text


def session_facts(session: SessionDetail, status: Status, language: Language, *, now: datetime, assets: str) -> None:
    """Cart value, Created, Expires, Last Activity, then the metrics. ``status`` is the one to show now."""
    with card(language.text("Overview"), name="overview"):
        with facts():
            with fact(language.text("Cart value")):
                Text(language.money(session.value, session.currency)).classes("cw-big cw-figure")
            with fact(language.text("Created")):
                relative(session.started_at, now, language)
                _exact(session.started_at, language)
            with fact(language.text("Expires")):
                _expires(session, status, language, now)
            with fact(language.text("Last Activity")):
                relative(session.last_activity_at, now, language)
                _exact(session.last_activity_at, language)
        with ui.element("dl").classes("cw-metrics"):
            with fact(language.text("Country")), ui.element("span").classes("cw-country"):
                flag(session.country, language, assets)
                Text(_country(session.country, language))
            _metric(language.text("Products"), _products(session, language))
            _metric(language.text("Cart Updates"), language.number(session.cart_updates))
            _metric(
                language.text("Renewals"),
                f"{language.number(session.renewals)}/{language.number(session.max_renewals)}",
            )
            _metric(language.text("Manual Extends"), language.number(session.manual_extends))
            with fact(language.text("Duration")):
                if status is Status.ACTIVE:
                    duration_since(session.started_at, now).classes("cw-figure")
                else:
                    Text(clock((_end(session) - session.started_at).total_seconds())).classes("cw-figure")


def flag(country: str | None, language: Language, assets: str) -> None:
    """The bundled picture of a country's flag; the code or name stands beside it as text."""
    name = country.lower() if country is not None and country in language.countries() else "unknown"
    ui.element("img").classes("cw-flag").props(f'src="{assets}/flags/{name}.svg" alt=""')


def _products(session: SessionDetail, language: Language) -> str:
    # An imported session knows how many items it had, but not which.
    known = session.lines or not session.item_count
    return language.number(session.product_count) if known else "–"


def _country(country: str | None, language: Language) -> str:
    name = language.country(country)
    return f"{country} · {name}" if country else name


def _expires(session: SessionDetail, status: Status, language: Language, now: datetime) -> None:
    if session.expires_at is None:
        Text(language.text("Unknown")).classes("cw-secondary")
    elif status is Status.ACTIVE:
        countdown(session.expires_at, now).classes("cw-figure cw-countdown")
        _exact(session.expires_at, language)
    elif status is Status.EXPIRED:
        relative(session.expires_at, now, language)
        _exact(session.expires_at, language)
    else:
        Text(language.text("Timer ended")).classes("cw-secondary")
        _exact(_end(session), language)


def _exact(moment: datetime, language: Language) -> None:
    Text(language.date_time(moment)).classes("cw-secondary cw-exact")


def _metric(term: str, words: str) -> None:
    with fact(term):
        Text(words).classes("cw-figure")


def _end(session: SessionDetail) -> datetime:
    return session.ended_at or session.expires_at or session.last_activity_at
