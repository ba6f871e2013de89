"""The list as plain HTML for the first answer: readable before any script has run, replaced by the live table.

This is the one place where markup is written by hand; everything from outside passes through ``escape``.
"""

from collections.abc import Iterable
from html import escape

from data.filters import SessionFilter
from data.levels import RiskLevel
from data.records import SessionRow
from data.status import Status
from ui.badge import RISK_LOOKS, STATUS_LOOKS, Look, risk_label, status_label
from ui.language import Language
from ui.moments import clock
from ui.text import seen


def first_rows(
    rows: Iterable[SessionRow], count: str, wanted: SessionFilter, language: Language, *, now: int, assets: str
) -> str:
    """A whole readable page: title, count and rows. ``now`` in milliseconds UTC; ``assets`` is our own address."""
    heads = [
        ("", language.text("SESSION")),
        ("cw-first-wide cw-right", language.text("CART")),
        ("", language.text("STATUS")),
        ("cw-first-wide", language.text("RISK")),
        ("cw-first-wide", language.text("STARTED")),
        ("cw-first-wide cw-right", language.text("TIME LEFT")),
        ("cw-first-view", ""),
    ]
    head = "".join(f'<th scope="col" class="{kind}">{escape(text)}</th>' for kind, text in heads)
    body = "".join(_row(row, wanted, language, now, assets) for row in rows)
    return (
        '<div id="cw-first"><header class="cw-top"><span class="cw-brand"><span class="cw-logo"></span>Cartwatch</span>'
        f'</header><main><div class="cw-list-header"><h1 class="cw-title">{escape(language.text("Sessions"))}</h1>'
        f'<p class="cw-count-first">{escape(count)}</p></div><div class="cw-filters cw-first-filters"></div>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></main></div>"
    )


def _row(row: SessionRow, wanted: SessionFilter, language: Language, now: int, assets: str) -> str:
    country = language.country(row["country"])
    flag = (row["country"] or "unknown").lower() if row["country"] in language.countries() else "unknown"
    items = language.plural("{n} item", "{n} items", row["item_count"])
    status, level = Status(row["status"]), RiskLevel(row["risk_level"])
    return (
        f'<tr><td><span class="cw-session"><span class="cw-icon cw-icon-{escape(row["device"])}"></span>'
        f'<bdi class="cw-token">{escape(seen(row["cart_token"]))}</bdi>'
        f'<span class="cw-country" title="{escape(country)}"><img class="cw-flag" alt="" '
        f'src="{assets}/flags/{flag}.svg"><span>{escape(row["country"] or country)}</span></span></span></td>'
        f'<td class="cw-first-wide cw-right"><span class="cw-two-lines"><span class="cw-figure">'
        f"{escape(language.money(row['value'], row['currency']))}</span>"
        f'<span class="cw-secondary">{escape(items)}</span></span></td>'
        f"<td>{_badge(STATUS_LOOKS[status], status_label(status, language))}</td>"
        f'<td class="cw-first-wide">{_badge(RISK_LOOKS[level], risk_label(level, language))}</td>'
        f'<td class="cw-first-wide">{escape(language.relative_milliseconds(row["started_at"], now))}</td>'
        f'<td class="cw-first-wide cw-right cw-figure">{_left(row, now)}</td>'
        f'<td class="cw-right"><a class="cw-view" href="{escape(wanted.session_address(row["cart_token"]))}">'
        f"{escape(language.text('View'))}</a></td></tr>"
    )


def _left(row: SessionRow, now: int) -> str:
    return "–" if row["expires_at"] is None else clock((row["expires_at"] - now) / 1000)


def _badge(look: Look, label: str) -> str:
    picture = f'<span class="cw-icon cw-icon-{look.icon}"></span>' if look.icon else ""
    tone = f"cw-tone-{look.tone}" if look.tone else "cw-badge-plain"
    return f'<span class="cw-badge {tone}">{picture}<span>{escape(label)}</span></span>'
