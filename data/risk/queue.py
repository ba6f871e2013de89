"""The levels: which of a store's sessions are worth the merchant's time, of which there is so much in a day.

Counted are the sessions that were first scored within the last 24 hours, each by its latest log-odds. Those with the
highest are in review, as many as the merchant can look into in a day less the room for those drawn at random; the next
5% are monitored. Both need a least probability, too. Restricted needs more than a place in a queue: a probability of
0.9 and hard evidence.
"""

from collections import OrderedDict
from math import log
from typing import NamedTuple

from data.levels import RiskLevel
from data.risk.entity import HOUR
from data.risk.model import Model

MONITORED_SHARE = 0.05
"""The share of sessions that is monitored, beside those in review."""

RANDOM_SHARE = 0.2
"""The share of the review capacity for sessions drawn at random, so that a model can learn what it overlooks."""

FEW = 10
"""Times the review capacity: with fewer sessions in a day none is checked at random."""

RESTRICTED_FROM, RESTRICTED_UNTIL = 0.9, 0.8
"""Probability from which a session with hard evidence is restricted, and below which it is not any more."""

LEAST_REVIEW, LEAST_MONITORED = 0.1, 0.05
"""Probability below which nobody is in review or monitored, however few sessions there are: in a quiet hour somebody
is always at the top. One in ten is worth a look, which costs no shopper anything."""

MARGIN = 0.5
"""Log-odds by which a session must fall below a threshold before it leaves a level, so that levels do not flap."""

_HOURS = 24
_WIDTH = 0.05  # log-odds of one bin
_LOWEST, _BINS = -20.0, 1_000


class Thresholds(NamedTuple):
    """The log-odds from which a session is in review, and from which it is monitored."""

    review: float
    monitored: float


class Queue:
    """The scores of a store's last day. Moments are milliseconds."""

    def __init__(self) -> None:
        # By hour of the first score: the bin of each session. The oldest hour first.
        self._hours: OrderedDict[int, dict[int, int]] = OrderedDict()
        self._counts = [0] * (_BINS + 1)
        self._total = self._oldest = 0
        self._cuts = self._review, self._monitored = _Cut(self._counts), _Cut(self._counts)
        self._least: tuple[Model | None, float, float] = None, 0.0, 0.0

    def place(self, session_id: int, first_at: int, log_odds: float, now: int, *, queued: bool) -> None:
        """Put a session where its score belongs. Those that are restricted are not ``queued``: nobody has to look."""
        hour, oldest = first_at // HOUR, now // HOUR - _HOURS
        if oldest > self._oldest:
            self._oldest = oldest
            self._forget(oldest)
        if hour <= oldest:
            return
        sessions = self._hours.get(hour)
        if sessions is None:
            sessions = self._hours[hour] = {}
            if next(reversed(self._hours)) != max(self._hours):
                self._hours = OrderedDict(sorted(self._hours.items()))
        before = sessions.get(session_id)
        after = min(_BINS - 1, max(0, int((log_odds - _LOWEST) / _WIDTH))) if queued else _BINS
        if before != after:
            sessions[session_id] = after
            self._move(before, after)

    def thresholds(self, capacity: int, model: Model) -> Thresholds:
        """Where review and monitoring begin for a merchant who looks into ``capacity`` sessions a day."""
        chosen = capacity * (1 - RANDOM_SHARE)
        review = self._review.lowest(chosen)
        monitored = self._monitored.lowest(chosen + MONITORED_SHARE * self._total)
        if self._least[0] is not model:
            self._least = model, _log_odds(model, LEAST_REVIEW), _log_odds(model, LEAST_MONITORED)
        _, least_review, least_monitored = self._least
        return Thresholds(
            max(_LOWEST + review * _WIDTH, least_review), max(_LOWEST + monitored * _WIDTH, least_monitored)
        )

    def drawn(self, capacity: int) -> float:
        """The probability with which a session is drawn for the random check: as many a day as there is room for.

        None is drawn from a few: all of those a merchant can look at.
        """
        if self._total < max(1, FEW * capacity):
            return 0.0
        return min(1.0, RANDOM_SHARE * capacity / self._total)

    def _move(self, before: int | None, after: int | None) -> None:
        for place, step in ((before, -1), (after, 1)):
            if place is not None:
                self._counts[place] += step
                self._total += step
                for cut in self._cuts:
                    if cut.bin <= place < _BINS:
                        cut.above += step

    def _forget(self, oldest: int) -> None:
        while self._hours and (hour := next(iter(self._hours))) <= oldest:
            for place in self._hours.pop(hour).values():
                self._move(place, None)


class _Cut:
    """A place among the bins that follows what changes: ``above`` counts the queued ones from ``bin`` on."""

    def __init__(self, counts: list[int]) -> None:
        self._counts = counts
        self.bin, self.above = _BINS, 0

    def lowest(self, most: float) -> int:
        """The lowest bin from which on there are not more than ``most``."""
        while self.above > most:
            self.above -= self._counts[self.bin]
            self.bin += 1
        while self.bin > 0 and self.above + self._counts[self.bin - 1] <= most:
            self.bin -= 1
            self.above += self._counts[self.bin]
        return self.bin


def level(
    model: Model, log_odds: float, thresholds: Thresholds, *, hard: bool, before: RiskLevel = RiskLevel.NORMAL
) -> RiskLevel:
    """The level of a session with these log-odds; ``before`` is the one it had, ``hard`` whether there is proof."""
    least = RESTRICTED_UNTIL if before is RiskLevel.RESTRICTED else RESTRICTED_FROM
    if hard and model.probability(log_odds) >= least:
        return RiskLevel.RESTRICTED
    stays = MARGIN if before in (RiskLevel.REVIEW, RiskLevel.RESTRICTED) else 0.0
    if log_odds >= thresholds.review - stays:
        return RiskLevel.REVIEW
    stays = MARGIN if before is not RiskLevel.NORMAL else 0.0
    return RiskLevel.MONITORED if log_odds >= thresholds.monitored - stays else RiskLevel.NORMAL


def _log_odds(model: Model, chance: float) -> float:
    """The sum at which a model's probability is ``chance``."""
    return (log(chance / (1 - chance)) - model.intercept) / model.slope
