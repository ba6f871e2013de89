"""What surrounds both views: the head of the document, the top bar, and the banners."""

import json
from collections.abc import Callable, Mapping
from typing import Literal

from nicegui import ui

from data.filters import SessionFilter
from ui.badge import icon
from ui.controls import Dropdown, icon_button
from ui.language import LANGUAGES, Language
from ui.learning_words import learning_address
from ui.rule_addresses import rules_address
from ui.text import Text
from ui.tones import style_sheet

THEMES = ("auto", "light", "dark")

Here = Literal["sessions", "rules", "learning", "connections"]
"""The pages that the top bar leads to; others belong to one of them."""


def connections_address(store: str | None) -> str:
    """The address of a store's connections; of the first store where there is no other."""
    return "/connections" + SessionFilter(store=store).list_address().removeprefix("/")


def document_head(assets: str, theme: str, language: Language) -> str:
    """Markup for the document's head; every value in it is ours (``theme`` one of THEMES)."""
    if theme not in THEMES:
        raise ValueError(f"unknown theme {theme!r}")
    data_theme = "" if theme == "auto" else f"document.documentElement.dataset.theme='{theme}';"
    return (
        f"<style>{style_sheet()}</style>"
        f'<link rel="stylesheet" href="{assets}/console.css"><link rel="stylesheet" href="{assets}/pages.css">'
        f"<script>{data_theme}document.documentElement.lang={_literal(language.code)};"
        f"document.documentElement.dir={_literal(language.direction)};"
        "document.addEventListener('DOMContentLoaded',()=>"
        f"cartwatch.start({_literal(language.browser_texts())},{_literal(language.tag)}));</script>"
        f'<script type="module" src="{assets}/console.js"></script>'
    )


def _literal(value: object) -> str:
    # "<" is written so that no text can end the script.
    return json.dumps(value).replace("<", "\\u003c")


def top_bar(
    language: Language,
    *,
    here: Here,
    theme: str,
    stores: Mapping[str, str],
    store: str,
    on_store: Callable[[str], object],
    on_shortcuts: Callable[[], object],
) -> Dropdown | None:
    """Product name, the pages, store switcher (domain → name, where there are several), language, theme, help."""
    switcher = None
    named = store if len(stores) > 1 else None
    back = SessionFilter(store=named).list_address()
    with ui.element("header").classes("cw-top"):
        with ui.element("a").classes("cw-brand").props("data-back") as brand:
            brand.props["href"] = back
            ui.element("span").classes("cw-logo").props('aria-hidden="true"')
            Text("Cartwatch")
        _pages(language, here, back, named)
        if len(stores) > 1:
            switcher = Dropdown(language.text("Store"), stores, store, on_store, hidden=True).classes("cw-stores")
        else:
            Text(stores.get(store, "")).classes("cw-store-name")
        ui.element("span").classes("cw-space")
        themes = {"auto": language.text("System"), "light": language.text("Light"), "dark": language.text("Dark")}
        Dropdown(language.text("Theme"), themes, theme, lambda value: _choose("theme", value), hidden=True).classes(
            "cw-wide-only"
        )
        names = dict(LANGUAGES)
        Dropdown(
            language.text("Language"), names, language.code, lambda value: _choose("language", value), hidden=True
        ).classes("cw-wide-only")
        icon_button(language.text("Keyboard shortcuts"), "help", on_shortcuts)
    return switcher


def _pages(language: Language, here: Here, back: str, store: str | None) -> None:
    """Links to the pages; on a small screen behind a button that says where one is (console.css)."""
    pages: dict[Here, tuple[str, str, str]] = {
        "sessions": (language.text("Sessions"), "data-back", back),
        # Other documents: nothing of the list stays behind, so the list need not be told (console.js).
        "rules": (language.text("Rules"), "data-leave", rules_address(store)),
        "learning": (language.text("Learning"), "data-leave", learning_address(store)),
        "connections": (language.text("Connections"), "data-leave", connections_address(store)),
    }
    with ui.element("nav").classes("cw-nav") as nav:
        nav.props["aria-label"] = language.text("Pages")
        with ui.element("button").classes("cw-button cw-nav-here").props('type="button"') as opener:
            Text(pages[here][0])
            icon("chevron")
        with ui.element("div").classes("cw-pages").props('popover="auto"') as links:
            opener.props["popovertarget"] = links.html_id
            for name, (words, mark, address) in pages.items():
                _page(words, mark, address, current=name == here)


def _page(words: str, mark: str, address: str, *, current: bool) -> None:
    """A link, or where it would lead to this page, its words. ``mark`` tells console.js what to do with it."""
    if current:
        Text(words).props('aria-current="page"')
    else:
        Text(words, "a").props(mark).props["href"] = address


def _choose(name: str, value: str) -> None:
    # Both callers pass keys of their own options only.
    ui.run_javascript(f"cartwatch.choose({name!r}, {value!r})")


def connection_banner(language: Language) -> None:
    """Shown while the page does not hear the server."""
    with ui.element("div").classes("cw-banner cw-offline-banner").props('role="status"'):
        ui.element("span").classes("cw-icon cw-icon-warning").props('aria-hidden="true"')
        Text(language.text("Connection lost. What you see may be out of date. Trying to reconnect…"))
