"""A store's timer: how long a cart holds stock, how often that is renewed, by how much a shopper may extend it."""

from dataclasses import dataclass
from datetime import timedelta

SHORTEST, LONGEST = 5, 60
"""Minutes that a hold may last."""

MOST_RENEWALS = 1_000
USUAL_MINUTES, USUAL_RENEWALS, USUAL_EXTENSION = 15, 20, 15

FARTHEST = timedelta(minutes=LONGEST)
"""However often a shopper extends, a hold never ends later than this after the last time."""


class TimerProblem(ValueError):
    """A setting that a timer cannot have: one sentence for the merchant, and the ``field`` that it is about."""

    def __init__(self, words: str, field: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class Timer:
    """What Cartwatch grants where a source does not say when a hold ends. No ``extension`` means: not allowed."""

    hold: timedelta = timedelta(minutes=USUAL_MINUTES)
    max_renewals: int = USUAL_RENEWALS
    extension: timedelta = timedelta(minutes=USUAL_EXTENSION)

    @classmethod
    def of(cls, *, minutes: int, max_renewals: int, extension_minutes: int) -> "Timer":
        """A timer by its settings. Raises TimerProblem."""
        if not SHORTEST <= minutes <= LONGEST:
            raise TimerProblem(f"A cart can hold stock for {SHORTEST} to {LONGEST} minutes.", "timer_minutes")
        if not 0 <= max_renewals <= MOST_RENEWALS:
            raise TimerProblem(f"There can be 0 to {MOST_RENEWALS:,} renewals.", "max_renewals")
        if not 0 <= extension_minutes <= LONGEST:
            words = f"An extension can be 1 to {LONGEST} minutes long; 0 does not allow any."
            raise TimerProblem(words, "extension_minutes")
        return cls(timedelta(minutes=minutes), max_renewals, timedelta(minutes=extension_minutes))
