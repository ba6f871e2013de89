"""Cart contents: each line, and the total."""

from nicegui import ui

from data.records import SessionDetail
from ui.card import card
from ui.language import Language
from ui.text import Text

MOST_LINES = 200
"""Lines that are rendered; a cart with more says how many are left out, and its total counts them all."""


def cart_contents(session: SessionDetail, language: Language) -> None:
    """Render the lines of the cart as it is now."""
    with card(language.text("Cart contents"), name="cart"):
        if not session.lines:
            Text(
                language.text("The lines of this cart are not known.")
                if session.item_count
                else language.text("The cart is empty."),
                "p",
            ).classes("cw-secondary")
            return
        table = ui.element("div").classes("cw-table-scroll").props('tabindex="0" role="group"')
        table.props["aria-label"] = language.text("Cart contents")
        with table, ui.element("table").classes("cw-table"):
            _head(language)
            with ui.element("tbody"):
                for line in session.lines[:MOST_LINES]:
                    with ui.element("tr"):
                        with ui.element("td"):
                            Text(line.title or line.sku or line.variant_id or language.text("Unknown"), "bdi").classes(
                                "cw-line-title"
                            )
                            if line.variant_title:
                                Text(line.variant_title, "bdi").classes("cw-secondary cw-line-variant")
                        Text(line.sku or "–", "td").classes("cw-token")
                        Text(language.number(line.quantity), "td").classes("cw-right cw-figure")
                        Text(language.money(line.unit_price, session.currency), "td").classes("cw-right cw-figure")
                        total = language.money(line.unit_price * line.quantity, session.currency)
                        Text(total, "td").classes("cw-right cw-figure")
            with ui.element("tfoot"), ui.element("tr"):
                Text(language.text("Total"), "th").props('colspan="4" scope="row"')
                Text(language.money(session.value, session.currency), "td").classes("cw-right cw-figure")
        left_out = len(session.lines) - MOST_LINES
        if left_out > 0:
            words = language.plural("{n} more line is not shown.", "{n} more lines are not shown.", left_out)
            Text(words, "p").classes("cw-secondary")


def _head(language: Language) -> None:
    with ui.element("thead"), ui.element("tr"):
        for words, side in (
            (language.text("Product"), ""),
            (language.text("SKU"), ""),
            (language.text("Quantity"), "cw-right"),
            (language.text("Unit price"), "cw-right"),
            (language.text("Line total"), "cw-right"),
        ):
            Text(words, "th").classes(side).props('scope="col"')
