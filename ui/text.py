"""Plain text in any HTML element. What is given is text, never markup."""

from nicegui.elements.mixins.text_element import TextElement


class Text(TextElement):
    """``words`` in an element of the given tag."""

    def __init__(self, words: str, tag: str = "span") -> None:
        super().__init__(tag=tag, text=words)
