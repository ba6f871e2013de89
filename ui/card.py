"""Cards and lists of facts: the furniture of the details page."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from ui.text import Text


@contextmanager
def card(title: str, *, name: str) -> Iterator[None]:
    """A titled region; ``name`` is its class for style and tests."""
    with ui.element("section").classes(f"cw-card cw-{name}") as section:
        section.props["aria-label"] = title
        Text(title, "h2").classes("cw-card-title")
        yield


@contextmanager
def facts() -> Iterator[None]:
    """A description list for ``fact``."""
    with ui.element("dl").classes("cw-facts"):
        yield


@contextmanager
def fact(term: str) -> Iterator[None]:
    """One term and, inside, its description."""
    with ui.element("div").classes("cw-fact"):
        Text(term, "dt")
        with ui.element("dd"):
            yield


def plain_fact(term: str, words: str | None, *, unknown: str, mono: bool = False) -> None:
    """A fact that is plain text, or known to be unknown."""
    with fact(term):
        Text(words or unknown, "bdi").classes("cw-token" if words and mono else "" if words else "cw-secondary")
