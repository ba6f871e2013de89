"""Calibration: which probability a sum of log-odds amounts to, measured on sessions that the weights have not seen."""

from dataclasses import dataclass

import numpy as np

from data.risk.metrics import Flags, Numbers

STEEPEST, FLATTEST = 20.0, 0.05
"""Bounds of a slope: where the scores say nothing, or the contrary, there is no honest probability but a flat one."""

_STEPS = 50


@dataclass(frozen=True, slots=True)
class Calibration:
    """The probability is 1 / (1 + exp(-(intercept + slope * log_odds)))."""

    slope: float
    intercept: float

    def chances(self, log_odds: Numbers) -> Numbers:
        """Probabilities from 0 to 1."""
        return sigmoid(self.intercept + self.slope * log_odds)


def sigmoid(sums: Numbers) -> Numbers:
    """1 / (1 + exp(-x)) without overflow."""
    found: Numbers = 1.0 / (1.0 + np.exp(-np.clip(sums, -700.0, 700.0)))
    return found


def log_loss(sums: Numbers, bad: Flags, weights: Numbers) -> float:
    """The mean of what each label costs at these log-odds, in nats."""
    cost = np.logaddexp(0.0, sums) - np.where(bad, sums, 0.0)
    return float(np.dot(weights, cost) / weights.sum())


def calibrate(log_odds: Numbers, bad: Flags, weights: Numbers) -> Calibration:
    """Platt's scaling (1999), with his smoothed targets so that a clean separation does not claim certainty.

    By Newton's method with halved steps, with the correction of Lin, Lin and Weng (2007).
    """
    much = np.clip(log_odds, -60.0, 60.0)
    weight = weights / weights.mean()
    positives, negatives = weight[bad].sum(), weight[~bad].sum()
    target = np.where(bad, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, intercept = 1.0, float(np.log((negatives + 1) / (positives + 1)) * -1.0 - np.average(much, weights=weight))
    intercept = float(np.clip(intercept, -STEEPEST, STEEPEST))
    best = _cost(slope, intercept, much, target, weight)
    tried = slope, intercept
    for _ in range(_STEPS):
        chance = sigmoid(intercept + slope * much)
        off, spread = weight * (chance - target), weight * chance * (1 - chance) + 1e-12
        gradient = np.array([np.dot(off, much), off.sum()])
        mixed = np.dot(spread, much)
        curve = np.array([[np.dot(spread, much * much), mixed], [mixed, spread.sum()]]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, gradient)
        size, cost = 1.0, best
        while size > 1e-6 and cost >= best - 1e-12:
            tried = float(slope - size * step[0]), float(intercept - size * step[1])
            cost = _cost(*tried, much, target, weight)
            size /= 2
        if cost >= best - 1e-12:
            break
        (slope, intercept), best = tried, cost
    if not FLATTEST <= slope <= STEEPEST:
        slope = float(np.clip(slope, FLATTEST, STEEPEST))
        intercept = _level(slope * much, target, weight)
    return Calibration(float(slope), float(np.clip(intercept, -STEEPEST, STEEPEST)))


def _level(sums: Numbers, target: Numbers, weight: Numbers) -> float:
    """The intercept alone, where the slope is at a bound: found by halving, as the sum of chances rises with it."""
    low, high = -60.0, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        if np.dot(weight, sigmoid(middle + sums) - target) > 0:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _cost(slope: float, intercept: float, much: Numbers, target: Numbers, weight: Numbers) -> float:
    sums = intercept + slope * much
    return float(np.dot(weight, np.logaddexp(0.0, sums) - target * sums) / len(sums))
