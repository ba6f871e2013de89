"""The refit: weights of an additive table learned from labels, held back towards those that it had before.

A logistic regression with a penalty on the distance from the former weights, (w - w0)², and none on the base. So what
few labels say nothing about stays as the expert has put it, and what many say counts.

Moments are not seen here: rows come in the order of time, and what judges always comes after what was learned from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.risk.calibration import Calibration, calibrate, log_loss, sigmoid
from data.risk.metrics import Flags, Numbers

Codes = NDArray[np.int16]
"""One row a session, one column a signal: the number of the bin, MISSING where it is not known."""

MISSING = -1
LARGEST = 8.0
"""Log-odds beyond which no learned weight goes."""

PENALTIES = (300.0, 100.0, 30.0, 10.0, 3.0, 1.0)
"""From the strongest: so much evidence (in sessions of even odds, a quarter each) holds a weight in its place."""

MOST_WEIGHT = 50.0
"""How many sessions one that was drawn at random may stand for."""

MOST_TO_CHOOSE = 60_000
"""Rows by which the penalty is chosen, the latest; more would only take longer."""

_CHUNK = 8_192
_STEPS = 40
_CLOSE = 1e-7  # of the mean cost: what a further step would win


@dataclass(frozen=True, slots=True)
class Table:
    """Weights of all bins one after another; ``sizes`` is how many each signal has."""

    base: float
    weights: Numbers
    sizes: tuple[int, ...]

    def log_odds(self, codes: Codes) -> Numbers:
        """The sum of each row; what is missing adds nothing."""
        padded = np.r_[self.weights, 0.0]
        found = np.empty(len(codes))
        for start in range(0, len(codes), _CHUNK):
            found[start : start + _CHUNK] = padded[_places(codes[start : start + _CHUNK], self.sizes)].sum(axis=1)
        return found + self.base

    def rows(self) -> list[list[float]]:
        """The weights of each signal."""
        ends = np.cumsum(self.sizes)[:-1]
        return [row.tolist() for row in np.split(self.weights, ends)]


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned from rows in the order of time.

    ``table`` is learned from all of them, ``earlier`` from the first two thirds with the same ``penalty``; ``later`` is
    the number of the first row that ``earlier`` has not seen. ``calibration`` is of ``earlier`` from there on.
    """

    table: Table
    earlier: Table
    calibration: Calibration
    penalty: float
    later: int


def learn(codes: Codes, bad: Flags, weights: Numbers, before: Table) -> Learned:
    """Learn from rows in the order of time: what is penalised how much is chosen by what comes later, too.

    ``weights`` are what each row stands for. Raises ValueError where either sort is missing on either side of a split.
    """
    later = len(bad) * 2 // 3
    early = slice(0, later)
    penalty = _choose(codes[early], bad[early], weights[early], before)
    earlier = fit(codes[early], bad[early], weights[early], before, penalty)
    _both(bad[later:])
    calibration = calibrate(earlier.log_odds(codes[later:]), bad[later:], weights[later:])
    # Held as firmly for each row as before: else its sums would be wider than those that were calibrated.
    table = fit(codes, bad, weights, before, penalty * len(bad) / later)
    return Learned(table, earlier, calibration, penalty, later)


def fit(codes: Codes, bad: Flags, weights: Numbers, before: Table, penalty: float, start: Table | None = None) -> Table:
    """The table with the least cost: Newton's method with halved steps, from ``start`` or ``before``."""
    _both(bad)
    rows, positives, totals = _collapsed(codes, bad, weights / weights.mean())
    home = np.append(before.weights, before.base)
    held = np.append(np.full(len(before.weights), penalty), 0.0)
    here = home.copy() if start is None else np.append(start.weights, start.base)
    if start is None:
        here[-1] = _base(before.log_odds(rows) - before.base, positives, totals)
    cost, gradient, curve = _derivatives(rows, positives, totals, before.sizes, here, home, held)
    for _ in range(_STEPS):
        # The ridge alone keeps the curve of bins that nobody is in from being flat.
        step = np.linalg.solve(curve, gradient)
        if float(gradient @ step) < _CLOSE * totals.sum():
            break
        size = 1.0
        while size > 1e-4 and _cost(rows, positives, totals, before.sizes, here - size * step, home, held) > cost:
            size /= 2
        if size <= 1e-4:
            break
        here = here - size * step
        cost, gradient, curve = _derivatives(rows, positives, totals, before.sizes, here, home, held)
    kept = np.clip(here[:-1], -LARGEST, LARGEST)
    return Table(float(np.clip(here[-1], -20.0, 20.0)), kept, before.sizes)


def sampling_weights(probabilities: Sequence[float]) -> Numbers:
    """What each session stands for: the inverse of the probability with which it came to be looked at, bounded."""
    found: Numbers = 1.0 / np.clip(np.asarray(probabilities, dtype=np.float64), 1.0 / MOST_WEIGHT, 1.0)
    return found


def _choose(codes: Codes, bad: Flags, weights: Numbers, before: Table) -> float:
    """The penalty whose table tells best what came after it, once it is calibrated, as it will be."""
    recent = slice(max(0, len(bad) - MOST_TO_CHOOSE), len(bad))
    codes, bad, weights = codes[recent], bad[recent], weights[recent]
    split = len(bad) * 2 // 3
    _both(bad[split:])
    chosen, least, table = PENALTIES[0], float("inf"), None
    for penalty in PENALTIES:
        table = fit(codes[:split], bad[:split], weights[:split], before, penalty, table)
        sums = table.log_odds(codes[split:])
        scaled = calibrate(sums, bad[split:], weights[split:])
        loss = log_loss(scaled.intercept + scaled.slope * sums, bad[split:], weights[split:])
        if loss < least - 1e-6:
            chosen, least = penalty, loss
    return chosen


def _both(bad: Flags) -> None:
    if not bad.any() or bad.all():
        raise ValueError("there are not both bad and good ones on each side of every split")


def _places(codes: Codes, sizes: Sequence[int]) -> NDArray[np.int64]:
    """Where in the weights each row's bins are; one beyond the last for what is missing."""
    first = np.r_[0, np.cumsum(sizes)[:-1]].astype(np.int64)
    places: NDArray[np.int64] = codes.astype(np.int64) + first
    return np.where(codes == MISSING, sum(sizes), places)


def _collapsed(codes: Codes, bad: Flags, weights: Numbers) -> tuple[Codes, Numbers, Numbers]:
    """Rows that are the same as one: with the weight of the bad among them, and of all."""
    draw = np.random.default_rng(7)
    mixed: NDArray[np.uint64] = draw.integers(1, 2**63, size=(codes.shape[1],), dtype=np.uint64)
    keys = np.zeros(len(codes), dtype=np.uint64)
    for column in range(codes.shape[1]):  # a fingerprint of 64 bits; unsigned products overflow on purpose
        keys += (codes[:, column].astype(np.int64) + 2).astype(np.uint64) * mixed[column]
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    positives: Numbers = np.bincount(group, np.where(bad, weights, 0.0), len(first)).astype(np.float64)
    totals: Numbers = np.bincount(group, weights, len(first)).astype(np.float64)
    return codes[first], positives, totals


def _base(sums: Numbers, positives: Numbers, totals: Numbers) -> float:
    """The base with which as many are expected as there are, before anything else is learned."""
    low, high = -40.0, 40.0
    for _ in range(50):
        middle = (low + high) / 2
        if np.dot(totals, sigmoid(sums + middle)) > positives.sum():
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _cost(
    rows: Codes,
    positives: Numbers,
    totals: Numbers,
    sizes: tuple[int, ...],
    here: Numbers,
    home: Numbers,
    held: Numbers,
) -> float:
    sums = Table(float(here[-1]), here[:-1], sizes).log_odds(rows)
    cost = np.dot(totals, np.logaddexp(0.0, sums)) - np.dot(positives, sums)
    return float(cost + 0.5 * np.dot(held, (here - home) ** 2))


def _derivatives(
    rows: Codes,
    positives: Numbers,
    totals: Numbers,
    sizes: tuple[int, ...],
    here: Numbers,
    home: Numbers,
    held: Numbers,
) -> tuple[float, Numbers, Numbers]:
    """Cost, gradient and curvature (the last from single precision: it only says how far to go)."""
    width = sum(sizes)
    sums = Table(float(here[-1]), here[:-1], sizes).log_odds(rows)
    chance = sigmoid(sums)
    off, spread = totals * chance - positives, totals * chance * (1 - chance)
    gradient = np.zeros(width + 2)
    curve = np.zeros((width + 2, width + 2))
    for start in range(0, len(rows), _CHUNK):
        some = slice(start, start + _CHUNK)
        places = _places(rows[some], sizes)
        # One column a bin, one for what is missing (dropped below), and one for the base.
        ones = np.zeros((len(places), width + 2), dtype=np.float32)
        ones[np.arange(len(places))[:, None], places] = 1.0
        ones[:, -1] = 1.0
        ones[:, width] = 0.0
        curve += ones.T @ (ones * spread[some, None].astype(np.float32))
        gradient += np.bincount(places.ravel(), np.repeat(off[some], places.shape[1]), width + 2)
    gradient[-1] = off.sum()
    keep = np.r_[np.arange(width), width + 1]
    cost = np.dot(totals, np.logaddexp(0.0, sums)) - np.dot(positives, sums)
    cost += 0.5 * np.dot(held, (here - home) ** 2)
    pull = held * (here - home)
    return float(cost), gradient[keep] + pull, curve[np.ix_(keep, keep)] + np.diag(held + 1e-9)
