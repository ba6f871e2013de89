"""Plain text in any HTML element. What is given is text, never markup."""

import unicodedata

from nicegui.elements.mixins.text_element import TextElement

_UNSEEN = {"Cc", "Cf", "Zl", "Zp"}
"""Categories of Unicode whose characters show nothing themselves, but may turn or break the text around them."""


class Text(TextElement):
    """``words`` in an element of the given tag."""

    def __init__(self, words: str, tag: str = "span") -> None:
        super().__init__(tag=tag, text=words)


def seen(words: str) -> str:
    """``words`` with control and direction characters written out, as in ``\\u202e``: for quoting from outside."""
    return "".join(_written(one) if unicodedata.category(one) in _UNSEEN else one for one in words)


def _written(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
