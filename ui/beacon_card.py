"""The storefront beacon: the line for a shop's theme."""

from data.records import ConnectionRecord
from ui.copy_field import copy_field
from ui.language import Language
from ui.text import Text


def beacon_card(connection: ConnectionRecord | None, base: str, language: Language) -> None:
    """What the beacon does and, where it is open, its line; ``base`` is where the console is reached."""
    Text(
        language.text(
            "Webhooks do not say who a shopper is. The beacon in your theme adds IP address, browser and language "
            "to the session of its cart, and renews the hold while the shopper is there."
        ),
        "p",
    ).classes("cw-secondary")
    if connection is None:
        return
    # The address is of letters, digits, - and _; the base has passed data.settings.
    line = f'<script async src="{base}/beacon.js" data-key="{connection.address}"></script>'
    copy_field(language.text("Put this line into your theme, before </body>"), line, language.text("Copy script line"))
