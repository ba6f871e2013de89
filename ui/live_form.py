"""A form that says what is chosen in it while it is filled in, so that what it would do can be shown."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui.events import GenericEventArguments

from ui.form import LONGEST_VALUE, Form, Send

# A word is waited for until it is written. A reason changes nothing that could be shown, and stays in the browser.
_SETTLED = """(event) => {
  if (event.target.name === "reason") return;
  const form = event.currentTarget;
  clearTimeout(form.settling);
  const wait = event.target.type === "text" ? 250 : 0;
  form.settling = setTimeout(() => emit(Object.fromEntries(new FormData(form))), wait);
}"""


class LiveForm(Form):
    """A form of the fields ``names``, for ``on_send``; ``on_settled`` gets its values when one has changed."""

    def __init__(
        self, names: tuple[str, ...], on_send: Send, on_settled: Callable[[Mapping[str, str]], Awaitable[None]]
    ) -> None:
        super().__init__(names, on_send)

        async def settled(event: GenericEventArguments) -> None:
            given = event.args if isinstance(event.args, Mapping) else {}
            await on_settled({name: str(given.get(name, "")).strip()[:LONGEST_VALUE] for name in names})

        self.on("input", settled, js_handler=_SETTLED)
