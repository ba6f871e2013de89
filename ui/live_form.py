"""A form that says what is chosen in it while it is filled in, so that what it would do can be shown.

What was wrong is said no longer than until something is changed, and what was sent is not sent a second time meanwhile.
"""

from collections.abc import Awaitable, Callable, Mapping

from nicegui.events import GenericEventArguments

from ui.form import LONGEST_VALUE, Form, Send, Wrong

# A word is waited for until it is written. A reason changes nothing that could be shown, and stays in the browser; only
# that it is being put right is told.
_SETTLED = """(event) => {
  if (event.target.name === "reason") {
    if (event.target.getAttribute("aria-invalid") === "true") emit(null);
    return;
  }
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
        sending = False

        async def send(values: Mapping[str, str]) -> Wrong | None:
            nonlocal sending
            if sending:
                return None
            sending = True
            try:
                return await on_send(values)
            finally:
                sending = False
                if not self.is_deleted:
                    self.client.run_javascript(
                        f"document.getElementById({self.html_id!r})?.removeAttribute('aria-busy')"
                    )

        super().__init__(names, send)
        # A rule about very many sessions takes seconds.
        self.on("submit", js_handler="(event) => { event.currentTarget.ariaBusy = 'true'; }")

        async def settled(event: GenericEventArguments) -> None:
            self.say(None)
            if not isinstance(event.args, Mapping):
                return
            given = event.args
            await on_settled({name: str(given.get(name, "")).strip()[:LONGEST_VALUE] for name in names})

        self.on("input", settled, js_handler=_SETTLED)
