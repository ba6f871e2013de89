"""The words for rules: what they are about, what they say, how long they last, and how they end."""

from datetime import timedelta
from typing import Final

from data.levels import Decision
from data.rule_records import RuleRecord
from data.rule_targets import RuleAction, Target
from ui.language import Language
from ui.rule_problems import rule_problem

LASTING: Final[dict[str, timedelta | None]] = {
    "quarter": timedelta(minutes=15),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "open": None,
}
"""How long a decision can be made to last, by what a form sends; None: until it is lifted."""


def lasting_words(language: Language) -> dict[str, str]:
    """The words of LASTING, in its order."""
    return {
        "quarter": language.text("15 minutes"),
        "hour": language.text("1 hour"),
        "day": language.text("1 day"),
        "open": language.text("Until lifted"),
    }


def target_words(target: Target, language: Language) -> str:
    """What kind of thing a rule is about."""
    return {
        Target.SESSION: language.text("Session"),
        Target.DEVICE: language.text("Device"),
        Target.IP: language.text("IP"),
        Target.NETWORK: language.text("Network"),
    }[target]


def lift_words(target: Target, language: Language) -> str:
    """The choice to lift a rule of such a target."""
    return {
        Target.SESSION: language.text("Lift the rule for this session"),
        Target.DEVICE: language.text("Lift the rule for its device"),
        Target.IP: language.text("Lift the rule for its IP"),
        Target.NETWORK: language.text("Lift the rule for its network"),
    }[target]


def decision_words(decision: Decision, language: Language) -> str:
    """What a rule says of its sessions."""
    return language.text("Restricted") if decision is Decision.RESTRICTED else language.text("Cleared")


def standing_words(rule: RuleRecord, language: Language) -> str:
    """What has decided a session, in a few words."""
    restricted = {
        Target.SESSION: language.text("Restricted, this session alone"),
        Target.DEVICE: language.text("Restricted by device rule"),
        Target.IP: language.text("Restricted by IP rule"),
        Target.NETWORK: language.text("Restricted by network rule"),
    }
    cleared = {
        Target.SESSION: language.text("Cleared, this session alone"),
        Target.DEVICE: language.text("Cleared by device rule"),
        Target.IP: language.text("Cleared by IP rule"),
        Target.NETWORK: language.text("Cleared by network rule"),
    }
    return (restricted if rule.decision is Decision.RESTRICTED else cleared)[rule.target]


def action_words(action: RuleAction, language: Language) -> str:
    """What was done, as the audit tells it."""
    return {
        RuleAction.ADDED: language.text("Rule added"),
        RuleAction.IMPORTED: language.text("Rule imported"),
        RuleAction.RESTORED: language.text("Rule restored"),
        RuleAction.REPLACED: language.text("Rule replaced"),
        RuleAction.LIFTED: language.text("Rule lifted"),
        RuleAction.UNDONE: language.text("Rule undone"),
        RuleAction.LAPSED: language.text("Rule ran out"),
        RuleAction.ERASED: language.text("Data erased"),
        RuleAction.EXPORTED: language.text("Lists exported"),
        RuleAction.SETTINGS: language.text("Settings changed"),
    }[action]


def ending_words(rule: RuleRecord, language: Language) -> str:
    """How a rule has ended."""
    return {
        RuleAction.REPLACED: language.text("Replaced"),
        RuleAction.LIFTED: language.text("Lifted"),
        RuleAction.UNDONE: language.text("Undone"),
        RuleAction.LAPSED: language.text("Ran out"),
        RuleAction.ERASED: language.text("Erased"),
    }.get(rule.ending or RuleAction.LIFTED, language.text("Ended"))


def actor_words(actor: str, language: Language) -> str:
    """Who did it."""
    return {
        "merchant": language.text("merchant"),
        "command line": language.text("command line"),
        "system": language.text("Cartwatch"),
    }.get(actor, actor)


def because_words(reason: str, language: Language) -> str:
    """A reason; those that Cartwatch gives itself are stored in English, all others are shown as they are."""
    return {"Its time was over.": language.text("Its time was over."), "Undo": language.text("Undo")}.get(
        reason, reason
    )


def problem_words(problem: str, language: Language) -> str:
    """Why a rule was not made, lifted or undone; what is not known here is shown as it is, in English."""
    return {
        "A reason is needed.": language.text("A reason is needed."),
        "There is no such session in this store.": language.text("There is no such session in this store."),
        "This rule has ended already.": language.text("This rule has ended already."),
        "This cannot be undone any more.": language.text("This cannot be undone any more."),
        "There is a newer rule about the same by now.": language.text("There is a newer rule about the same by now."),
        "The time of this rule is over.": language.text("The time of this rule is over."),
        "Somebody has decided this otherwise meanwhile. See what stands now, then confirm again.": language.text(
            "Somebody has decided this otherwise meanwhile. See what stands now, then confirm again."
        ),
    }.get(problem) or rule_problem(problem, language)
