"""How well scores tell bad from good: AUC, recall at few false positives, calibration error, each with its interval.

Every measure takes weights, as sessions that were drawn at random stand for many. Ties are never resolved in favour of
a score: two sessions with one score count half in the AUC, and a threshold lets all of them through or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

RATE = 0.01
"""The share of good sessions that may be taken for bad where recall is measured."""

RESAMPLES = 1_000
BINS = 10


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured value with the interval that holds 95 of 100 resamples (percentile bootstrap, Efron 1979)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measures:
    """How one score did: AUC, and the share of the bad found while at most RATE of the good is taken for bad."""

    auc: Measure
    recall: Measure


class MetricProblem(ValueError):
    """Why nothing can be measured."""


class _Curve:
    """Labels in the order of a score, the highest first, with sessions of one score as one step."""

    def __init__(self, scores: Numbers, bad: Flags, weights: Numbers) -> None:
        if not len(scores) == len(bad) == len(weights):
            raise MetricProblem("scores, labels and weights differ in number")
        if not np.isfinite(scores).all():
            raise MetricProblem("a score is not a number")
        if not (weights[bad].sum() > 0 and weights[~bad].sum() > 0):
            raise MetricProblem("both bad and good ones are needed")
        self.order = np.argsort(-scores, kind="stable")
        ordered = scores[self.order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._bad = np.where(bad, weights, 0.0)[self.order]
        self._good = np.where(bad, 0.0, weights)[self.order]

    def read(self, counts: NDArray[Any] | None = None) -> tuple[float, float]:
        """AUC and recall, with each session so many times (``counts``); NaN where one sort is missing then."""
        bad, good = self._bad, self._good
        if counts is not None:
            taken = counts[self.order]
            bad, good = bad * taken, good * taken
        bad, good = np.add.reduceat(bad, self._starts), np.add.reduceat(good, self._starts)
        found, wrong = np.cumsum(bad), np.cumsum(good)
        all_bad, all_good = found[-1], wrong[-1]
        if not (all_bad > 0 and all_good > 0):
            return float("nan"), float("nan")
        # Each bad one beats the good ones below it, and half of those beside it.
        area = float(np.dot(bad, all_good - wrong + good / 2) / (all_bad * all_good))
        # The steps of the sums differ in their last digits.
        allowed = np.searchsorted(wrong, RATE * all_good * (1 + 1e-12), side="right")
        return area, float(found[allowed - 1] / all_bad) if allowed else 0.0


def auc(scores: Numbers, bad: Flags, weights: Numbers | None = None) -> float:
    """The probability that a bad one has a higher score than a good one; half for a tie. Raises MetricProblem."""
    return _Curve(scores, bad, _weights(weights, bad)).read()[0]


def recall(scores: Numbers, bad: Flags, weights: Numbers | None = None) -> float:
    """The share of the bad above the lowest threshold that takes at most RATE of the good. Raises MetricProblem."""
    return _Curve(scores, bad, _weights(weights, bad)).read()[1]


def measure(scores: Numbers, bad: Flags, weights: Numbers | None = None, *, seed: int = 1) -> Measures:
    """Both with their intervals. Raises MetricProblem where there are not both bad and good ones."""
    curve = _Curve(scores, bad, _weights(weights, bad))
    area, found = curve.read()
    [read] = _resampled([curve], len(bad), seed)
    return Measures(Measure(area, *_interval(read[:, 0])), Measure(found, *_interval(read[:, 1])))


def gain(old: Numbers, new: Numbers, bad: Flags, weights: Numbers | None = None, *, seed: int = 1) -> Measure:
    """By how much the AUC of the new score exceeds that of the old one, both on the same resamples."""
    both = [_Curve(scores, bad, _weights(weights, bad)) for scores in (old, new)]
    before, after = _resampled(both, len(bad), seed)
    return Measure(both[1].read()[0] - both[0].read()[0], *_interval(after[:, 0] - before[:, 0]))


def calibration_error(chances: Numbers, bad: Flags, weights: Numbers | None = None) -> float:
    """How far stated probabilities are from what happened, from 0 (exact) to 1.

    The expected calibration error: those with similar probabilities are taken together, in at most BINS groups of equal
    weight (equal probabilities stay together), and it is the mean over all of |mean probability - share of bad|.
    """
    weight = _weights(weights, bad)
    order = np.argsort(chances, kind="stable")
    ordered, weight, happened = chances[order], weight[order], bad[order]
    total = weight.sum()
    if not total > 0:
        raise MetricProblem("there is nothing to measure")
    # By the middle of each one's weight, and all of one probability by the first of them.
    group = np.minimum(BINS - 1, ((np.cumsum(weight) - weight / 2) / total * BINS).astype(np.int64))
    first = np.maximum.accumulate(np.where(np.r_[True, ordered[1:] != ordered[:-1]], np.arange(len(ordered)), 0))
    group = group[first]
    off = np.bincount(group, weight * (ordered - happened), BINS)
    return float(np.abs(off).sum() / total)


def _resampled(curves: Sequence[_Curve], size: int, seed: int) -> list[Numbers]:
    """AUC and recall of each curve for RESAMPLES draws with replacement."""
    draw = np.random.default_rng(seed)
    found = [np.empty((RESAMPLES, 2)) for _ in curves]
    for number in range(RESAMPLES):
        counts = np.bincount(draw.integers(0, size, size), minlength=size)
        for curve, read in zip(curves, found, strict=True):
            read[number] = curve.read(counts)
    return found


def _interval(read: Numbers) -> tuple[float, float]:
    known = read[~np.isnan(read)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


def _weights(weights: Numbers | None, bad: Flags) -> Numbers:
    return np.ones(len(bad)) if weights is None else np.asarray(weights, dtype=np.float64)
