"""Related sessions: what other sessions share with one, how they ended, and the newest of them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from nicegui import ui

from data.filters import SessionFilter
from data.levels import RiskLevel
from data.relations import RelatedSession, Relation, Shared
from data.status import Status
from ui.badge import risk_badge, status_badge
from ui.card import card
from ui.language import Language
from ui.moments import relative
from ui.text import Text, seen


def related_sessions(
    relations: Sequence[Relation],
    language: Language,
    *,
    now: datetime,
    session_address: Callable[[str], str],
    list_address: Callable[[SessionFilter], str],
) -> None:
    """Render them. The addresses are those of a session's details, and of the list under a filter."""
    with card(language.text("Related sessions"), name="related"):
        if not relations:
            words = language.text("No other session shares its IP, network, device or cart.")
            Text(words, "p").classes("cw-secondary")
        for relation in relations:
            with ui.element("div").classes("cw-relation"):
                _summary(relation, language)
                with ui.element("ul").classes("cw-relation-newest"):
                    for one in relation.newest:
                        _session(one, language, now, session_address(one.cart_token))
                title = f"{language.text('Show in the list')}: {_title(relation.shared, language)}"
                link = Text(language.text("Show in the list"), "a")
                link.props["href"] = list_address(relation.wanted)
                link.props["aria-label"] = title


def _summary(relation: Relation, language: Language) -> None:
    with ui.element("h3"):
        Text(_title(relation.shared, language))
        if relation.shared is not Shared.CART:  # its value is this session itself
            Text(seen(relation.value), "bdi").classes("cw-token cw-secondary")
    outcomes = ", ".join(_ended(status, n, language) for status, n in _most_first(relation.statuses))
    if relation.capped:
        counted = language.number(relation.total)
        words = language.text("{n} sessions or more. Of the newest: {outcomes}", n=counted, outcomes=outcomes)
    else:
        words = language.plural(
            "{n} session: {outcomes}", "{n} sessions: {outcomes}", relation.total, outcomes=outcomes
        )
    Text(words, "p").classes("cw-figure")
    concerns = [(level, n) for level, n in reversed(relation.levels.items()) if level is not RiskLevel.NORMAL]
    if concerns:
        Text(", ".join(_concern(level, n, language) for level, n in concerns), "p").classes("cw-figure cw-secondary")


def _session(one: RelatedSession, language: Language, now: datetime, address: str) -> None:
    with ui.element("li"):
        link = Text(seen(one.cart_token), "a").classes("cw-token")
        link.props["href"] = address
        status_badge(one.status, language)
        if one.risk_level is not RiskLevel.NORMAL:
            risk_badge(one.risk_level, language)
        relative(one.started_at, now, language).props(remove="tabindex")  # a stop for each would be many


def _most_first(counts: dict[Status, int]) -> list[tuple[Status, int]]:
    return sorted(counts.items(), key=lambda counted: -counted[1])


def _title(shared: Shared, language: Language) -> str:
    return {
        Shared.DEVICE: language.text("Same device"),
        Shared.IP: language.text("Same IP"),
        Shared.NETWORK: language.text("Same network"),
        Shared.CART: language.text("Nearly the same cart"),
    }[shared]


def _ended(status: Status, n: int, language: Language) -> str:
    counted = language.number(n)
    return {
        Status.ACTIVE: language.text("{n} active", n=counted),
        Status.CONVERTED: language.text("{n} converted", n=counted),
        Status.EXPIRED: language.text("{n} expired", n=counted),
        Status.CANCELLED: language.text("{n} cancelled", n=counted),
    }[status]


def _concern(level: RiskLevel, n: int, language: Language) -> str:
    counted = language.number(n)
    return {
        RiskLevel.NORMAL: "",
        RiskLevel.MONITORED: language.text("{n} monitored", n=counted),
        RiskLevel.REVIEW: language.text("{n} in review", n=counted),
        RiskLevel.RESTRICTED: language.text("{n} restricted", n=counted),
    }[level]
