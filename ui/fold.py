"""Parts of a page that are folded away until somebody asks for them, and stay as they are when it is rendered anew."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui
from nicegui.events import GenericEventArguments

from ui.text import Text


class Folds:
    """Which parts of one page are unfolded."""

    def __init__(self) -> None:
        self._unfolded: set[str] = set()

    @contextmanager
    def fold(self, name: str, summary: str) -> Iterator[None]:
        """A part that is folded away at first; ``summary`` unfolds it."""

        def toggled(event: GenericEventArguments) -> None:
            (self._unfolded.add if event.args else self._unfolded.discard)(name)

        with ui.element("details").classes("cw-fold") as part:
            if name in self._unfolded:
                part.props("open")
            part.on("toggle", toggled, js_handler="(event) => emit(event.target.open)")
            Text(summary, "summary")
            yield
