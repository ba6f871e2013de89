"""The lists of a store's rules: how one comes from one to the other, what each is for, and how far one has read."""

from collections.abc import Mapping
from typing import Final

from nicegui import ui

from ui.language import Language
from ui.rule_addresses import RULE_LISTS, RuleListName
from ui.text import Text

PAGE: Final = 50
"""Rules on a page of a list."""


def list_names(language: Language) -> dict[RuleListName, str]:
    """What the lists are called."""
    return {
        "block": language.text("Block list"),
        "allow": language.text("Allow list"),
        "sessions": language.text("Single sessions"),
    }


def list_purpose(listed: RuleListName, language: Language, *, connections: str) -> None:
    """Render what a list is for; ``connections`` is the address where a shop is made to act on it."""
    purposes: dict[RuleListName, str] = {
        "block": language.text(
            "Sessions from these IPs, networks and devices are restricted as they begin. "
            "Your shop acts on that once it asks or is told:"
        ),
        "allow": language.text(
            "Sessions from these IPs, networks and devices are cleared as they begin, whatever their score: "
            "your own office, a school, a partner."
        ),
        "sessions": language.text(
            "What was decided about one session alone. That is done on the session's own page, and counts before "
            "the lists."
        ),
    }
    with ui.element("p").classes("cw-secondary"):
        Text(purposes[listed])
        if listed == "block":
            Text(" ")
            Text(language.text("Connections"), "a").props("data-leave").props["href"] = connections


class RuleLists(ui.element):
    """Links to the lists, with how many rules are in each; ``here`` is the one that is shown."""

    def __init__(self, here: RuleListName, addresses: Mapping[RuleListName, str], language: Language) -> None:
        super().__init__("nav")
        self.classes("cw-tabs").props["aria-label"] = language.text("Lists")
        self._language = language
        self._numbers: dict[RuleListName, Text] = {}
        names = list_names(language)
        with self:
            for name in RULE_LISTS:
                with ui.element("a").props("data-leave") as link:
                    link.props["href"] = addresses[name]
                    if name == here:
                        link.props["aria-current"] = "page"
                    Text(names[name])
                    self._numbers[name] = Text("").classes("cw-secondary cw-figure")

    def count(self, totals: Mapping[RuleListName, int]) -> None:
        """Show how many rules are in each."""
        for name, total in totals.items():
            self._numbers[name].text = self._language.number(total)


class Paging(ui.element):
    """``51–100 of 10,000`` with links to what is newer and older; nothing where there is one page."""

    def __init__(self, language: Language) -> None:
        super().__init__("nav")
        self.classes("cw-bar-line cw-after-table").props["aria-label"] = language.text("Pages of the list")
        self._language = language

    def show(self, first: int, shown: int, total: int, *, newer: str | None, older: str | None) -> None:
        """Show where one is: ``shown`` from the ``first`` (from 1) of ``total``, and the addresses beside it."""
        self.clear()
        self.set_visibility(bool(newer or older))
        number = self._language.number
        with self:
            words = self._language.text(
                "{first}–{last} of {n}", first=number(first), last=number(first + shown - 1), n=number(total)
            )
            Text(words, "p").classes("cw-secondary cw-figure")
            turn(newer, older, self._language)


def turn(newer: str | None, older: str | None, language: Language, *, newer_words: str | None = None) -> None:
    """Links to the pages beside this one; ``newer_words`` where the first does not lead to the page just before."""
    for address, words in ((newer, newer_words or language.text("Newer")), (older, language.text("Older"))):
        if address is not None:
            with ui.element("a").classes("cw-button cw-small").props("data-leave") as link:
                link.props["href"] = address
                Text(words)
