"""The report of a learned model: how it does on later sessions beside the one in use, and what would change by it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import orjson

from data.risk.calibration import calibrate, sigmoid
from data.risk.metrics import Flags, Numbers, calibration_error, gain, measure
from data.risk.model import Model, rules
from data.risk.queue import RESTRICTED_FROM
from data.risk.refit import Codes, Learned, Table

if TYPE_CHECKING:
    from data.risk_models import LabelSource

MOST_CHANGES = 8
"""Weights that are told of, those that changed most."""

_TOLD = 0.1  # log-odds below which a change is nothing to speak of


class _Known(Protocol):
    @property
    def session_id(self) -> int: ...
    @property
    def source(self) -> "LabelSource": ...
    @property
    def bad(self) -> bool: ...


def of(
    known: Sequence[_Known],
    learned: Learned,
    codes: Codes,
    bad: Flags,
    weights: Numbers,
    used: Model,
    model: Model,
    recent: Sequence[tuple[str, float, float | None]],
) -> dict[str, Any]:
    """All of it, as JSON. Moments are milliseconds; ``old`` is the model in use, ``new`` the learned one.

    Measured is what was learned from the first two thirds, on the last third, which it has not seen.
    """
    later = slice(learned.later, len(bad))
    old, new = table_of(used).log_odds(codes[later]), learned.earlier.log_odds(codes[later])
    return {
        "version": model.version,
        "used": used.version,
        "from": known[0].session_id >> 20,
        "split": known[learned.later].session_id >> 20,
        "until": known[-1].session_id >> 20,
        "labels": len(bad),
        "bad": int(bad.sum()),
        "later": len(bad) - learned.later,
        "later_bad": int(bad[later].sum()),
        "sources": dict(Counter(one.source.value for one in known)),
        "penalty": learned.penalty,
        **beside(old, new, bad[later], weights[later]),
        "calibration": _calibration(old, new, used, bad[later], weights[later]),
        "levels": _levels(recent, used, model),
        "changes": _changes(model),
    }


def beside(old: Numbers, new: Numbers, bad: Flags, weights: Numbers) -> dict[str, Any]:
    """AUC and recall of two scores of the same sessions, and what the second gains."""
    return {
        "sessions": len(bad),
        "bad_ones": int(bad.sum()),
        "old": asdict(measure(old, bad, weights)),
        "new": asdict(measure(new, bad, weights)),
        "gain": asdict(gain(old, new, bad, weights)),
    }


def table_of(model: Model) -> Table:
    """A model's weights."""
    sizes = tuple(len(one.weights) for one in model.signals)
    return Table(model.base, np.array([weight for one in model.signals for weight in one.weights]), sizes)


def _calibration(old: Numbers, new: Numbers, used: Model, bad: Flags, weights: Numbers) -> dict[str, float] | None:
    """Calibration errors on the second half of the later sessions; the new one is calibrated on the first half."""
    half = len(bad) // 2
    first, second = bad[:half], bad[half:]
    if not (0 < first.sum() < len(first) and 0 < second.sum() < len(second)):
        return None
    scaled = calibrate(new[:half], first, weights[:half])
    stated = sigmoid(used.intercept + used.slope * old[half:])
    return {
        "old": calibration_error(stated, second, weights[half:]),
        "new": calibration_error(scaled.chances(new[half:]), second, weights[half:]),
    }


def _levels(recent: Sequence[tuple[str, float, float | None]], used: Model, model: Model) -> dict[str, int]:
    """What would have been different for the latest sessions: as many in review, but others; and those restricted."""
    readings = [orjson.loads(one[0])[: len(model.signals)] for one in recent]
    old = np.array([used.score(one).log_odds for one in readings])
    new = np.array([model.score(one).log_odds for one in readings])
    room = sum(one[2] is not None and one[1] >= one[2] for one in recent)
    chosen_old, chosen_new = (set(np.argsort(-sums, kind="stable")[:room].tolist()) for sums in (old, new))
    hard = [model.is_hard(one) for one in readings]
    restricted = [
        sum(
            proof and which.probability(float(sums)) >= RESTRICTED_FROM for proof, sums in zip(hard, score, strict=True)
        )
        for which, score in ((used, old), (model, new))
    ]
    return {
        "sessions": len(recent),
        "review": room,
        "others": len(chosen_new - chosen_old),
        "restricted_old": restricted[0],
        "restricted_new": restricted[1],
    }


def _changes(model: Model) -> list[Mapping[str, Any]]:
    """The weights that differ most from the expert's: signal, lowest value, first value beyond, before and after."""
    found = []
    for expert, learned in zip(rules().signals, model.signals, strict=True):
        ends = (None, *expert.edges, None)
        for number, (before, after) in enumerate(zip(expert.weights, learned.weights, strict=True)):
            found.append(
                {"signal": expert.name, "low": ends[number], "high": ends[number + 1], "before": before, "after": after}
            )
    found.sort(key=lambda one: -abs(_difference(one)))
    return [one for one in found[:MOST_CHANGES] if abs(_difference(one)) >= _TOLD]


def _difference(change: Mapping[str, Any]) -> float:
    return float(change["after"] - change["before"])
