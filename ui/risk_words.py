"""The words for a session's risk: causes with their figures, what is unknown, what would change the level."""

from collections.abc import Sequence
from dataclasses import replace

from data.assessment import Assessment, Cause, Change, Origin
from data.levels import Decision, RiskLevel
from data.risk.queue import RESTRICTED_FROM
from data.risk.wording import rounded, worded
from ui.badge import risk_label
from ui.language import Language
from ui.text import seen


def cause_words(cause: Cause, origin: Origin, language: Language) -> str:
    """The sentence of a cause with its figures. One that was imported is shown as it came."""
    if origin is Origin.IMPORTED:
        return seen(cause.text)
    figures = {name: seen(figure) if isinstance(figure, str) else figure for name, figure in cause.figures.items()}
    return worded(
        language.of_data(cause.text),
        replace(cause, figures=figures),
        number=lambda figure: language.number(rounded(figure)),
        share=language.share,
        country=language.country,
    )


def level_words(assessment: Assessment, decision: Decision | None, language: Language) -> list[str]:
    """What would change the level, a sentence each; where the merchant has decided, that it is that which counts."""
    if decision is not None:
        return [_decided(assessment, decision, language)]
    said = []
    if assessment.held:
        said.append(
            language.text(
                "The score has fallen below where this level begins; the level follows once it is clearly so."
            )
        )
    elif assessment.change is not None:
        said.append(_lower(assessment.change, assessment.causes, language))
    return said + _beginnings(assessment, language)


def _lower(change: Change, causes: Sequence[Cause], language: Language) -> str:
    """Without which of the causes the level would be lower: the first of those that are listed, or all proof."""
    count = len(change.causes)
    level, score = risk_label(change.level, language), language.number(change.score)
    first = change.causes == tuple(cause for cause in causes if cause.contribution > 0)[:count]
    if first and count == 1:
        return language.text(
            "Without the weightiest reason it would be {level}, with a score of {score}.", level=level, score=score
        )
    if first:
        return language.plural(
            "Without the {n} weightiest reason it would be {level}, with a score of {score}.",
            "Without the {n} weightiest reasons it would be {level}, with a score of {score}.",
            count,
            level=level,
            score=score,
        )
    return language.text(
        "Without the hard evidence it would be {level}, with a score of {score}.", level=level, score=score
    )


def _decided(assessment: Assessment, decision: Decision | None, language: Language) -> str:
    by_score = risk_label(assessment.level, language)
    if decision is Decision.RESTRICTED:
        return language.text("Your decision stands: Restricted. By its score it would be {level}.", level=by_score)
    return language.text("Your decision stands: cleared. By its score it would be {level}.", level=by_score)


def _beginnings(assessment: Assessment, language: Language) -> list[str]:
    """Where the levels begin, as far as they are above the session's own."""
    if assessment.review_from is None or assessment.monitored_from is None:
        return []
    review, monitored = language.number(assessment.review_from), language.number(assessment.monitored_from)
    certain = language.number(round(100 * RESTRICTED_FROM))
    if assessment.level is RiskLevel.NORMAL:
        return [
            language.text(
                "Sessions were monitored from a score of {monitored} then, and in review from {review}.",
                monitored=monitored,
                review=review,
            )
        ]
    if assessment.level is RiskLevel.MONITORED:
        return [language.text("Sessions were in review from a score of {review} then.", review=review)]
    if assessment.level is RiskLevel.RESTRICTED:
        return [language.text("A score of {certain} with hard evidence restricts by itself.", certain=certain)]
    if any(cause.hard for cause in assessment.causes):
        return [
            language.text("There is hard evidence: from a score of {certain} on it is Restricted.", certain=certain)
        ]
    return [language.text("Without hard evidence no score restricts it; you can.")]
