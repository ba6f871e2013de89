"""Why a session has its score: its readings told as causes, the weightiest first. No language: texts are templates."""

from collections.abc import Sequence

from data.assessment import Cause, Change
from data.levels import RiskLevel
from data.risk.model import Model
from data.risk.queue import Thresholds, level
from data.risk.readings import READINGS, Reading

_TOLD = 0.005  # log-odds below which a contribution is nothing to speak of


def causes(model: Model, readings: Sequence[Reading]) -> tuple[Cause, ...]:
    """The causes of a score; those that raise and those that lower it, by their weight. Only what says something.

    Hard evidence always does, whatever a table makes of it.
    """
    figures = dict(zip(READINGS, readings, strict=True))
    found = []
    for signal, reading in zip(model.signals, readings, strict=False):
        if reading is None or isinstance(reading, str):
            continue
        number, hard = signal.bin(reading), signal.is_hard(reading)
        if abs(signal.weights[number]) >= _TOLD or signal.note == number or hard:
            found.append(Cause(signal.name, signal.text(reading), figures, signal.weights[number], hard))
    return tuple(sorted(found, key=lambda cause: -abs(cause.contribution)))


def unknown(model: Model, readings: Sequence[Reading]) -> tuple[str, ...]:
    """What is not known of the session, each input once."""
    needed = dict.fromkeys(
        signal.needs
        for signal, reading in zip(model.signals, readings, strict=False)
        if reading is None and signal.needs is not None
    )
    return tuple(model.unknown[need] for need in needed)


def change(
    model: Model, found: Sequence[Cause], log_odds: float, thresholds: Thresholds, now: RiskLevel
) -> Change | None:
    """The fewest causes without which the level would be lower, the weightiest of them; None where it cannot be lower.

    For a session that is Normal: None. Hysteresis is left out, as is said of a session that begins anew.
    """
    if now is RiskLevel.NORMAL:
        return None
    raising = [cause for cause in found if cause.contribution > 0]
    proof = [cause for cause in found if cause.hard]
    ways = [raising[:number] for number in range(1, len(raising) + 1)]
    if now is RiskLevel.RESTRICTED and proof:  # without any proof it would not be that, whatever its score
        ways.append(proof)
    for without in sorted(ways, key=len):
        left = log_odds - sum(cause.contribution for cause in without)
        hard = any(cause not in without for cause in proof)
        then = level(model, left, thresholds, hard=hard)
        if _ORDER.index(then) < _ORDER.index(now):
            return Change(tuple(without), then, model.points(left))
    return None


_ORDER = list(RiskLevel)
