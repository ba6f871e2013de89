"""The words of the timeline: kinds, sources, and what an event changed."""

from collections.abc import Mapping

from data.events import TimelineKind
from data.levels import RiskLevel
from data.records import TimelineEntry
from ui.badge import risk_label
from ui.language import Language


def kind_words(kind: TimelineKind, language: Language) -> str:
    """What happened, in the past tense."""
    return {
        TimelineKind.STARTED: language.text("Started"),
        TimelineKind.CART_UPDATED: language.text("Cart updated"),
        TimelineKind.RENEWED: language.text("Renewed"),
        TimelineKind.EXTENDED: language.text("Extended"),
        TimelineKind.CHECKOUT_STARTED: language.text("Checkout started"),
        TimelineKind.CONVERTED: language.text("Converted"),
        TimelineKind.EXPIRED: language.text("Expired"),
        TimelineKind.CANCELLED: language.text("Cancelled"),
        TimelineKind.SHOPPER_SEEN: language.text("Shopper seen"),
        TimelineKind.RESTRICTED: language.text("Restricted"),
        TimelineKind.CLEARED: language.text("Restriction cleared"),
        TimelineKind.RISK_ASSESSED: language.text("Risk assessed"),
    }[kind]


def source_words(source: str, language: Language) -> str:
    """Who reported it."""
    return {
        "api": language.text("events API"),
        "import": language.text("import"),
        "shopify": "Shopify",
        "beacon": language.text("storefront beacon"),
        "demo": language.text("demo"),
        "merchant": language.text("merchant"),
        "system": language.text("Cartwatch"),
    }.get(source, source)


def change_words(changes: Mapping[str, str | int | None], currency: str, language: Language) -> list[str]:
    """What changed, a sentence each; keys that this version does not know are left to the raw event."""
    said = []
    pairs = (
        ("item_count", language.text("Items"), language.number),
        ("value", language.text("Cart value"), lambda amount: language.money(amount, currency)),
    )
    for key, label, words in pairs:
        after, before = changes.get(key), changes.get(f"{key}_before")
        if isinstance(after, int):
            was = f"{words(before)} → " if isinstance(before, int) and before != after else ""
            said.append(f"{label}: {was}{words(after)}")
    for key, label in (
        ("reason", language.text("Reason")),
        ("end_reason", language.text("Reason")),
        ("order_id", language.text("Order")),
        ("country", language.text("Country")),
    ):
        value = changes.get(key)
        if value is not None:
            said.append(f"{label}: {value}")
    before, after = changes.get("level_before"), changes.get("level")
    if after in set(RiskLevel) and after != before:
        was = f"{risk_label(RiskLevel(before), language)} → " if before in set(RiskLevel) else ""
        said.append(f"{language.text('Level')}: {was}{risk_label(RiskLevel(after), language)}")
    return said


def score_words(entry: TimelineEntry, language: Language) -> list[str]:
    """How the session's score moved with an event, where it did."""
    score = entry.changes.get("score") if entry.score is None else entry.score
    if not isinstance(score, int) or score == entry.score_before:
        return []
    was = "" if entry.score_before is None else f"{language.number(entry.score_before)} → "
    return [f"{language.text('Score')}: {was}{language.number(score)}"]


def note_words(note: str, language: Language) -> str:
    """Why an event changed nothing; notes are stored in English, and one that is not known here is shown as it is."""
    return {
        "The session had already started.": language.text("The session had already started."),
        "The session had already been converted.": language.text("The session had already been converted."),
        "The session had already expired.": language.text("The session had already expired."),
        "The session had already been cancelled.": language.text("The session had already been cancelled."),
        "All renewals had been used.": language.text("All renewals had been used."),
        "This store does not allow extensions.": language.text("This store does not allow extensions."),
        "This arrived after the session had ended.": language.text("This arrived after the session had ended."),
        "A newer assessment was already known.": language.text("A newer assessment was already known."),
    }.get(note, note)
