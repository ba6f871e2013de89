"""What a process remembers of its stores' recent past between two transactions, and up to which event."""

from dataclasses import dataclass, field

from data.risk.model import Model, rules
from data.risk.queue import Queue
from data.risk.watch import Watch


@dataclass(slots=True)
class Lookout:
    """One store's watch and queue, the model in use, and one that is being tried.

    ``models`` says which stored ones these two were made of (data.learned_models.IN_USE).
    """

    watch: Watch
    queue: Queue = field(default_factory=Queue)
    model: Model = field(default_factory=rules)
    shadow: Model | None = None
    models: str | None = None


@dataclass(slots=True)
class Lookouts:
    """The lookouts of one process by store. All are complete up to the event with the number ``upto``.

    They are changed within write transactions, so when one is given up, they know of what never was: then all is
    forgotten, and made again from what is stored. ``prepared`` are those that were made beside writing, each with the
    event up to which it is complete; no transaction has used them yet.
    """

    by_store: dict[int, Lookout] = field(default_factory=dict)
    prepared: dict[int, tuple[Lookout, int]] = field(default_factory=dict)
    upto: int = 0
    changed: bool = False

    def give_up(self) -> None:
        """The transaction under way is given up: forget everything, if it has changed anything."""
        if self.changed:
            self.by_store.clear()
            self.upto, self.changed = 0, False

    def forget(self) -> None:
        """Forget everything: something was erased that may be remembered here."""
        self.by_store.clear()
        self.prepared.clear()
        self.upto = 0
