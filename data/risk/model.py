"""The additive table: each signal's reading falls into a bin, each bin has a weight, and the score is their sum."""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from math import exp, inf, isfinite
from pathlib import Path
from typing import Any, NamedTuple, Self

from data.risk.readings import READINGS, SIGNALS, Reading

PLACE = re.compile(r"\{(\w+)([%@]?)\}")
"""Where a text has a figure: its name, and how it is written."""

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)

RULES = Path(__file__).with_name("rules.toml")
"""The expert's table; it says itself how it is read."""


class ModelProblem(ValueError):
    """Why a table cannot be used."""


_Table = tuple[tuple[Any, ...], tuple[float, ...], tuple[tuple[float, ...], ...], tuple[tuple[float, ...], ...]]
"""By signal: the first edge, the weight below it, all edges, all weights."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One row of the table. ``edges`` rise; ``weights`` are in log-odds, one more than edges.

    The reading is hard evidence from ``hard_from`` on, and below ``hard_below``. ``texts`` has one text, or one a bin.
    """

    name: str
    edges: tuple[float, ...]
    weights: tuple[float, ...]
    texts: tuple[str, ...]
    eases: str | None = None
    needs: str | None = None
    hard_from: float | None = None
    hard_below: float | None = None
    note: int | None = None

    def bin(self, reading: float) -> int:
        """The number of the reading's bin."""
        return bisect_right(self.edges, reading)

    def is_hard(self, reading: Reading) -> bool:
        """Whether the reading is hard evidence."""
        if reading is None or isinstance(reading, str) or self.hard_from is None or reading < self.hard_from:
            return False
        return self.hard_below is None or reading < self.hard_below

    def text(self, reading: float) -> str:
        """What the merchant reads."""
        number = self.bin(reading)
        if self.weights[number] < 0 and self.eases is not None:
            return self.eases
        return self.texts[number] if len(self.texts) > 1 else self.texts[0]


class Score(NamedTuple):
    """What a table says of readings: ``log_odds`` is its base and all ``contributions`` (one a signal) added up."""

    log_odds: float
    contributions: list[float]


@dataclass(frozen=True)
class Model:
    """A table with its version. ``calibrated`` says whether its probabilities were measured on enough sessions."""

    version: str
    base: float
    signals: tuple[Signal, ...]
    unknown: Mapping[str, str]
    slope: float = 1.0
    intercept: float = 0.0
    calibrated: bool = False

    def score(self, readings: Sequence[Reading]) -> Score:
        """Score readings in the order of READINGS (only the signals' own are looked at)."""
        contributions = [
            0.0 if reading is None else lowest if reading < edge else weights[bisect_right(edges, reading)]
            for edge, lowest, edges, weights, reading in zip(*self._table, readings, strict=False)
        ]
        return Score(self.base + sum(contributions), contributions)

    def probability(self, log_odds: float) -> float:
        """How likely a session with these log-odds is one to be concerned about, from 0 to 1."""
        # Beyond that the exponential overflows and the answer is 0 or 1 all the same.
        scaled = max(-700.0, min(700.0, self.intercept + self.slope * log_odds))
        return 1.0 / (1.0 + exp(-scaled))

    def points(self, log_odds: float) -> int:
        """The score as it is shown, from 0 to 100."""
        return round(100 * self.probability(log_odds))

    def is_hard(self, readings: Sequence[Reading]) -> bool:
        """Whether there is hard evidence among the readings."""
        for place, least, below in self._hard:
            reading: Any = readings[place]
            if reading is not None and least <= reading < below:
                return True
        return False

    @cached_property
    def _table(self) -> _Table:
        # Most readings are below the first edge, and whole numbers: those are compared faster with whole numbers.
        edges = tuple(tuple(int(edge) if edge.is_integer() else edge for edge in one.edges) for one in self.signals)
        return (
            tuple(one[0] if one else inf for one in edges),
            tuple(one.weights[0] for one in self.signals),
            edges,
            tuple(one.weights for one in self.signals),
        )

    @cached_property
    def _hard(self) -> tuple[tuple[int, float, float], ...]:
        return tuple(
            (place, one.hard_from, inf if one.hard_below is None else one.hard_below)
            for place, one in enumerate(self.signals)
            if one.hard_from is not None
        )

    def learned(
        self, version: str, base: float, weights: Mapping[str, Sequence[float]], *, slope: float, intercept: float
    ) -> Self:
        """The same table with weights that were learned, and measured well enough to be called probabilities."""
        signals = tuple(replace(one, weights=tuple(weights.get(one.name, one.weights))) for one in self.signals)
        changed = replace(
            self, version=version, base=base, signals=signals, slope=slope, intercept=intercept, calibrated=True
        )
        _check(changed)
        return changed

    def document(self) -> dict[str, Any]:
        """What differs between tables: enough to make this one from the rules (see ``of_document``)."""
        return {
            "version": self.version,
            "base": self.base,
            "slope": self.slope,
            "intercept": self.intercept,
            "weights": {one.name: list(one.weights) for one in self.signals},
        }

    def of_document(self, document: Mapping[str, Any]) -> Self:
        """The table of a document, with this one's bins and texts. Raises ModelProblem where they do not fit."""
        try:
            weights = {str(name): [float(one) for one in row] for name, row in document["weights"].items()}
            version, base = str(document["version"]), float(document["base"])
            slope, intercept = float(document["slope"]), float(document["intercept"])
        except _UNREADABLE as error:
            raise ModelProblem(f"the model cannot be read: {_said(error)}") from None
        other = weights.keys() ^ {one.name for one in self.signals}
        if other:
            raise ModelProblem(f"the model is of other signals than those that are read: {', '.join(sorted(other))}")
        return self.learned(version, base, weights, slope=slope, intercept=intercept)


@cache
def rules() -> Model:
    """The expert's table."""
    return read(RULES.read_text("utf-8"))


def read(text: str) -> Model:
    """A table from TOML. Raises ModelProblem."""
    try:
        document = tomllib.loads(text)
        rows = {row["name"]: _signal(row) for row in document["signal"]}
        missing = [name for name in SIGNALS if name not in rows]
        if missing or len(rows) != len(SIGNALS) or len(rows) != len(document["signal"]):
            differing = missing or [name for name in rows if name not in SIGNALS] or ["one is there twice"]
            raise ModelProblem(f"the signals differ from those that are read: {', '.join(map(str, differing))}")
        model = Model(
            str(document["version"]),
            float(document["base"]),
            tuple(rows[name] for name in SIGNALS),
            {str(name): str(words) for name, words in document["unknown"].items()},
            float(document["slope"]),
            float(document["intercept"]),
            bool(document["calibrated"]),
        )
    except ModelProblem:
        raise
    except _UNREADABLE as error:
        raise ModelProblem(f"the table cannot be read: {_said(error)}") from None
    _check(model)
    return model


def _signal(row: Mapping[str, Any]) -> Signal:
    return Signal(
        str(row["name"]),
        tuple(float(edge) for edge in row["edges"]),
        tuple(float(weight) for weight in row["weights"]),
        tuple(map(str, row["texts"])) if "texts" in row else (str(row["text"]),),
        str(row["eases"]) if "eases" in row else None,
        str(row["needs"]) if "needs" in row else None,
        float(row["hard_from"]) if "hard_from" in row else None,
        float(row["hard_below"]) if "hard_below" in row else None,
        int(row["note"]) if "note" in row else None,
    )


def _check(model: Model) -> None:
    for signal in model.signals:
        if len(signal.weights) != len(signal.edges) + 1 or len(signal.texts) not in (1, len(signal.weights)):
            raise ModelProblem(f"{signal.name} needs one weight a bin, and one text or one a bin")
        if list(signal.edges) != sorted(set(signal.edges)) or not all(map(isfinite, signal.edges)):
            raise ModelProblem(f"the edges of {signal.name} do not rise")
        if signal.needs is not None and signal.needs not in model.unknown:
            raise ModelProblem(f"{signal.name} needs {signal.needs}, which has no text")
        if not all(-20.0 <= weight <= 20.0 for weight in signal.weights):
            raise ModelProblem(f"a weight of {signal.name} is not a usable number")
        for name in PLACE.findall(" ".join((*signal.texts, signal.eases or ""))):
            if name[0] not in READINGS:
                raise ModelProblem(f"a text of {signal.name} names {name[0]}, which is not read")
    if not (-20.0 <= model.base <= 20.0 and 0.0 < model.slope <= 20.0 and -20.0 <= model.intercept <= 20.0):
        raise ModelProblem("the base or the calibration is not a usable number")


def _said(error: Exception) -> str:
    return f"there is no {error.args[0]!r}" if isinstance(error, KeyError) else str(error)
