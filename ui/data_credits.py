"""Whose data the country and the hosting network of an address are from: their licences ask to be told, with links."""

from collections.abc import Sequence

from nicegui import ui

from data.range_file import Source
from ui.language import Language
from ui.text import Text

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def data_credits(sources: Sequence[Source], language: Language) -> None:
    """Render one quiet line."""
    named = dict.fromkeys(credit for source in sources for credit in source.credits)
    licences = dict.fromkeys(source.licence for source in sources)
    with ui.element("p").classes("cw-secondary cw-hint cw-credits"):
        Text(language.text("Country and hosting network of addresses:"))
        for number, credit in enumerate(named):
            Text(", " if number else " ")
            _link(credit.text, credit.address)
        for licence in licences:
            Text(" · ")
            _link(licence, LICENCE) if licence == "CC BY 4.0" else Text(licence)


def _link(words: str, address: str) -> None:
    # An address of a file that was fetched: nothing but a web address may become a link.
    if not address.startswith(("https://", "http://")):
        Text(words)
        return
    link = Text(words, "a")
    link.props["href"] = address
    link.props["target"] = "_blank"
    link.props["rel"] = "noopener noreferrer"
