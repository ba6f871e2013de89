"""The evaluation of an outside set: what comes earlier teaches, what comes later measures. There is no other split.

A random split would put sessions of one ring on both sides, and learning the ring by heart would look like insight.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data import outside_set
from data.outside_features import Features, of_events, of_rows
from data.outside_mapping import OutsideMapping, SetKind
from data.outside_set import LeftOut
from data.outside_values import OutsideProblem
from data.risk.binning import known_codes, number_bins, word_bins
from data.risk.calibration import sigmoid
from data.risk.metrics import Flags, Measures, Numbers, auc, calibration_error, measure
from data.risk.model import Model, rules
from data.risk.readings import SIGNALS
from data.risk.refit import Codes, Table, learn

EARLIER = 0.7
"""The share that is learned from."""

ENOUGH = 50
"""Bad ones in the earlier part below which nothing is learned: the product would not either."""

_SLACK = 0.1  # by how much the split may move so that one moment is not on both sides


@dataclass(frozen=True, slots=True)
class Result:
    """How one way to score did on the later part. ``note`` is why there is nothing, or what it is."""

    name: str
    measures: Measures | None
    calibration: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a set says. Moments are milliseconds (or what the set's own numbers amount to)."""

    lines: int
    sessions: int
    bad: int
    unlabelled: int
    earlier: int
    earlier_bad: int
    later_bad: int
    from_ms: int
    split_ms: int
    left_out: LeftOut
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    """One column in bins: the expert's weights where it is one of the table's signals, else none."""

    name: str
    codes: NDArray[np.int16]
    weights: tuple[float, ...]


def evaluate(
    path: Path, kind: SetKind, mapping: OutsideMapping, *, told: Callable[[str], None] = lambda _: None
) -> Evaluation:
    """Evaluate a file; ``told`` hears what is being done. Raises OutsideProblem, OSError."""
    left_out = LeftOut()
    columns, _ = outside_set.sample(path)
    told("reading")
    lines = list(outside_set.marked(path, mapping, left_out, label_needed=kind is SetKind.ROWS))
    if not lines:
        outside_set.check(0, 0, left_out)
    told("reading the signals")
    features, unlabelled = (
        (of_rows(lines, mapping, columns), 0) if kind is SetKind.ROWS else of_events(lines, mapping, columns)
    )
    bad = np.array(features.bad, dtype=bool)
    outside_set.check(len(bad), int(bad.sum()), left_out)
    at = np.array(features.at, dtype=np.int64)
    split = _split(at, bad)
    told("learning and measuring")
    return Evaluation(
        len(lines),
        len(bad),
        int(bad.sum()),
        unlabelled,
        split,
        int(bad[:split].sum()),
        int(bad[split:].sum()),
        int(at[0]),
        int(at[split]),
        left_out,
        _results(features, bad, split),
    )


def _split(at: NDArray[np.int64], bad: Flags) -> int:
    """The number of the first later one. One moment is not on both sides where that can be had for little."""
    wanted = round(len(at) * EARLIER)
    starts = np.flatnonzero(np.r_[False, at[1:] != at[:-1]])
    near = starts[np.abs(starts - wanted) <= _SLACK * len(at)]
    found = int(near[np.argmin(np.abs(near - wanted))]) if len(near) else wanted
    for part, name in ((bad[:found], "earlier"), (bad[found:], "later")):
        if not 0 < part.sum() < len(part):
            raise OutsideProblem(
                f"In order of time, the {name} part has only {'bad' if part.all() and len(part) else 'good'} ones. "
                "Such a set cannot be evaluated honestly: what is learned earlier must be measured later."
            )
    return found


def _results(features: Features, bad: Flags, split: int) -> tuple[Result, ...]:
    model = rules()
    signals = _signals(features, model)
    telling = [one for one in signals if len(np.unique(one.codes)) > 1]
    others = _others(features, split)
    return (
        _constant(bad, split),
        _best_single([*telling, *others], bad, split),
        _rules(signals, model, bad, split)
        if telling
        else Result("rules alone", None, None, "none of its signals apply"),
        _learner([*telling, *others], model.base, bad, split),
    )


def _constant(bad: Flags, split: int) -> Result:
    later = bad[split:]
    chances = np.full(len(later), bad[:split].mean())
    return Result("constant", measure(chances, later), calibration_error(chances, later), "says the same of everybody")


def _best_single(columns: list[_Column], bad: Flags, split: int) -> Result:
    """The column that tells best by itself, chosen within the earlier part: learned first, measured last."""
    inner = split * 2 // 3
    best, most = None, 0.0
    judged = bad[inner:split]
    if not 0 < judged.sum() < len(judged):
        return Result("best single column", None, None, "the earlier part has too few of both sorts")
    for one in columns:
        found = auc(_shares(one, bad, inner)[inner:split], judged)
        if found > most:
            best, most = one, found
    if best is None:
        return Result("best single column", None, None, "there are no columns")
    chances = _shares(best, bad, split)[split:]
    return Result(
        "best single column", measure(chances, bad[split:]), calibration_error(chances, bad[split:]), best.name
    )


def _shares(column: _Column, bad: Flags, upto: int) -> Numbers:
    """The share of bad ones in each one's bin, among those before ``upto``."""
    places = column.codes.astype(np.int64) + 1
    size = int(places.max()) + 1
    usual = bad[:upto].mean()
    wrong = np.bincount(places[:upto], bad[:upto], size) + 2 * usual
    found: Numbers = (wrong / (np.bincount(places[:upto], minlength=size) + 2))[places]
    return found


def _rules(signals: list[_Column], model: Model, bad: Flags, split: int) -> Result:
    sums = _table(signals, model.base).log_odds(_codes(signals)[split:])
    chances = sigmoid(model.intercept + model.slope * sums)
    return Result("rules alone", measure(sums, bad[split:]), calibration_error(chances, bad[split:]), "not calibrated")


def _learner(columns: list[_Column], base: float, bad: Flags, split: int) -> Result:
    name, known = "product's learner", int(bad[:split].sum())
    if known < ENOUGH:
        return Result(name, None, None, f"needs {ENOUGH} bad ones in the earlier part, {ENOUGH - known} more")
    codes = _codes(columns)
    try:
        learned = learn(codes[:split], bad[:split], np.ones(split), _table(columns, base))
    except ValueError as problem:
        return Result(name, None, None, str(problem))
    sums = learned.table.log_odds(codes[split:])
    error = calibration_error(learned.calibration.chances(sums), bad[split:])
    return Result(name, measure(sums, bad[split:]), error, f"{len(columns)} columns, penalty {learned.penalty:g}")


def _signals(features: Features, model: Model) -> list[_Column]:
    found = []
    for place, signal in enumerate(model.signals):
        read = (row[place] for row in features.signals)
        values = np.array([float("nan") if one is None else float(one) for one in read])
        found.append(_Column(SIGNALS[place], known_codes(signal.edges, values), signal.weights))
    return found


def _others(features: Features, split: int) -> list[_Column]:
    found = []
    for name, column in features.numbers.items():
        values = np.array([float("nan") if one is None else one for one in column])
        numbered = number_bins(values[:split])
        found.append(_Column(name, numbered.codes(values), (0.0,) * numbered.size))
    for name, words in features.words.items():
        worded = word_bins(words[:split])
        found.append(_Column(name, worded.codes(words), (0.0,) * worded.size))
    return [one for one in found if len(np.unique(one.codes[:split])) > 1]


def _codes(columns: list[_Column]) -> Codes:
    if not columns:
        raise OutsideProblem("There is nothing to learn from: no column but the label tells anything.")
    found: Codes = np.stack([one.codes for one in columns], axis=1)
    return found


def _table(columns: list[_Column], base: float) -> Table:
    weights = np.array([weight for one in columns for weight in one.weights])
    return Table(base, weights, tuple(len(one.weights) for one in columns))
