"""A store's settings: how long carts hold stock and IP addresses are kept, and how much can be reviewed in a day."""

from nicegui import ui

from data.records import StoreRecord
from data.timer import LONGEST, MOST_RENEWALS, SHORTEST
from ui.controls import button
from ui.form import Field, Form, Send
from ui.language import Language

NAMES = ("timer_minutes", "max_renewals", "extension_minutes", "ip_days", "review_capacity")


class TimerForm:
    """The form; ``show`` follows settings that were changed elsewhere, except where somebody is typing."""

    def __init__(
        self,
        store: StoreRecord,
        language: Language,
        on_save: Send,
        *,
        most_ip_days: int,
        most_capacity: int,
    ) -> None:
        """``on_save`` gets the values by NAMES and answers what is wrong with them."""
        known = {
            "timer_minutes": (
                language.text("Timer, minutes"),
                language.text("{least} to {most}: how long a cart holds stock.", least=SHORTEST, most=LONGEST),
                (SHORTEST, LONGEST),
            ),
            "max_renewals": (
                language.text("Maximum renewals"),
                language.text("Automatic ones, while the shopper is there."),
                (0, MOST_RENEWALS),
            ),
            "extension_minutes": (
                language.text("Extension, minutes"),
                language.text("When a shopper asks for more time. 0 does not allow it."),
                (0, LONGEST),
            ),
            "ip_days": (
                language.text("IP addresses in full, days"),
                language.text("After that, only their network is kept."),
                (1, most_ip_days),
            ),
            "review_capacity": (
                language.text("Reviews a day"),
                language.text("Sessions that you can look into in a day. So many of the riskiest become Review."),
                (1, most_capacity),
            ),
        }
        self._fields: dict[str, Field] = {}
        with Form(NAMES, on_save).classes("cw-stack") as form:
            with ui.element("div").classes("cw-field-pairs"):
                for name, (label, hint, limits) in known.items():
                    field = Field(name, label, value=str(getattr(store, name)), hint=hint, kind="number")
                    self._fields[name] = field.limit(*limits)
            form.problem()
            with ui.element("div").classes("cw-actions"):
                button(language.text("Save"), kind="primary").props('type="submit"')

    def show(self, store: StoreRecord) -> None:
        """Show the store's settings as they are now."""
        for name, field in self._fields.items():
            field.show(str(getattr(store, name)))
