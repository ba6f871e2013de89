"""Finds rules by a part of their value or reason."""

from nicegui import ui

from ui.controls import button
from ui.language import Language
from ui.rule_addresses import RuleListName, rules_address
from ui.text import Text


def rule_search(store: str, listed: RuleListName, part: str, language: Language) -> ui.element:
    """A form of the browser's own: what is looked for is in the address, as a colleague may be sent it."""
    with ui.element("form").classes("cw-bar-line cw-rule-search") as form:
        form.props.update({"action": "/rules", "method": "get", "role": "search"})
        for name, value in (("store", store), ("list", listed)):
            ui.element("input").props.update({"type": "hidden", "name": name, "value": value})
        box = ui.element("input").classes("cw-input")
        box.props.update({"type": "search", "name": "q", "maxlength": "255", "defaultValue": part})
        box.props.update({"autocomplete": "off", "spellcheck": "false"})
        box.props["placeholder"] = box.props["aria-label"] = language.text("Find by value or reason")
        button(language.text("Find")).props('type="submit"')
        if part:
            with ui.element("a").classes("cw-button cw-quiet").props("data-leave") as link:
                link.props["href"] = rules_address(store, listed=listed)
                Text(language.text("Show all"))
    return form
