"""What is said of a session's risk: its score, the reasons for it, and how it came about. Texts are templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from data.levels import RiskLevel


class Origin(StrEnum):
    """What is left of the table that a score was made by."""

    TABLE = "table"
    GONE = "gone"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason. ``text`` is a template with the names of ``figures`` in it (see data/risk/rules.toml).

    ``contribution`` is in log-odds; 0 for what is only told. ``hard`` says that it is hard evidence. The text of an
    imported one is a sentence as it came, and has no figures.
    """

    signal: str
    text: str
    figures: Mapping[str, float | int | str | None]
    contribution: float
    hard: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What would change the level: without the causes with these texts the session would have another one."""

    causes: tuple[Cause, ...]
    level: RiskLevel
    score: int


@dataclass(frozen=True, slots=True)
class Step:
    """From ``at`` on a session had this score and level, until the next step."""

    at: datetime
    score: int
    level: RiskLevel


@dataclass(frozen=True, slots=True)
class Sum:
    """How the reasons of a score add up, in log-odds: ``base``, all causes and ``rest`` together are ``log_odds``.

    ``rest`` is what contributions too small to be told come to.
    """

    base: float
    rest: float
    log_odds: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """A risk score (0 to 100) of a session with everything needed to read it; ``level`` is the one by the score alone.

    ``causes`` are the weightiest first; ``unknown`` are texts. ``total`` is None where the table is not there any more.
    ``review_from`` and ``monitored_from`` are the scores from which a session was in review or monitored at that time.
    ``held`` says that the level stands only because levels do not follow every small step of the score.
    ``probability`` (0 to 1) is None as long as none was measured.
    """

    assessed_at: datetime
    score: int
    level: RiskLevel
    model_version: str
    origin: Origin
    causes: tuple[Cause, ...] = ()
    unknown: tuple[str, ...] = ()
    total: Sum | None = None
    change: Change | None = None
    held: bool = False
    review_from: int | None = None
    monitored_from: int | None = None
    probability: float | None = None
    steps: tuple[Step, ...] = ()
