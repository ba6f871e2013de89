"""The storefront beacon: the line for a shop's theme."""

from ui.copy_field import copy_field
from ui.language import Language
from ui.text import Text


def beacon_card(line: str | None, language: Language) -> None:
    """What the beacon does and, where it is open, its ``line`` of the theme."""
    Text(
        language.text(
            "Webhooks do not say who a shopper is. The beacon in your theme adds IP address, browser and language "
            "to the session of its cart, and renews the hold while the shopper is there."
        ),
        "p",
    ).classes("cw-secondary")
    if line is not None:
        words = language.text("Put this line into your theme, before </body>")
        copy_field(words, line, language.text("Copy script line"))
