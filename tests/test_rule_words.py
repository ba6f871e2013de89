"""The words for rules: one for everything that there is, in each language, and nothing from outside among them."""

import re
from datetime import timedelta

import pytest

from data.levels import Decision
from data.rule_records import RuleRecord
from data.rule_targets import RuleAction, Target
from data.rule_values import Changed
from tests.catalogues import ROOT
from tests.factories import NOON
from ui.language import LANGUAGES, Language
from ui.rule_words import (
    LASTING,
    action_words,
    actor_words,
    because_words,
    ending_words,
    lasting_words,
    lift_words,
    problem_words,
    standing_words,
    target_words,
)

ENGLISH = Language.choose("en", None)
GERMAN = Language.choose("de", None)


def a_rule(target: Target, decision: Decision, ending: RuleAction | None = None) -> RuleRecord:
    return RuleRecord(1, decision, target, "value", "reason", "merchant", NOON, None, None, ending, None, None)


@pytest.mark.parametrize("code", LANGUAGES)
def test_everything_has_words_of_its_own(code: str) -> None:
    language = Language.choose(code, None)
    targets = [target_words(target, language) for target in Target]
    actions = [action_words(action, language) for action in RuleAction]
    lifting = [lift_words(target, language) for target in Target]
    standing = [standing_words(a_rule(target, decision), language) for target in Target for decision in Decision]
    for said in (targets, actions, lifting, standing):
        assert all(said)
        assert len(set(said)) == len(said)


def test_each_length_that_can_be_chosen_has_its_words() -> None:
    assert lasting_words(ENGLISH) == {
        "quarter": "15 minutes",
        "hour": "1 hour",
        "day": "1 day",
        "open": "Until lifted",
    }
    assert list(lasting_words(GERMAN)) == list(LASTING)
    assert LASTING["quarter"] == timedelta(minutes=15)


def test_every_way_to_end_has_its_words() -> None:
    endings = [RuleAction.REPLACED, RuleAction.LIFTED, RuleAction.UNDONE, RuleAction.LAPSED, RuleAction.ERASED]
    said = [ending_words(a_rule(Target.IP, Decision.CLEARED, ending), ENGLISH) for ending in endings]
    assert said == ["Replaced", "Lifted", "Undone", "Ran out", "Erased"]


def test_a_problem_is_said_in_the_readers_language() -> None:
    for problem in (
        "A reason is needed.",
        "There is no such session in this store.",
        "This rule has ended already.",
        "This cannot be undone any more.",
        "There is a newer rule about the same by now.",
        "The time of this rule is over.",
        str(Changed()),
    ):
        assert problem_words(problem, ENGLISH) == problem
        assert problem_words(problem, GERMAN) != problem, problem


def test_the_problems_that_are_translated_are_those_that_there_are() -> None:
    source = "".join(
        (ROOT / "data" / name).read_text("utf-8") for name in ("rules.py", "rule_rows.py", "rule_values.py")
    )
    translated = (ROOT / "ui" / "rule_words.py").read_text("utf-8").partition("def problem_words")[2]
    for problem in re.findall(r'^ +"([^"]+)":', translated.partition("}.get(")[0], re.MULTILINE):
        assert f'"{problem}"' in source, problem


def test_what_came_from_outside_is_shown_as_it_is() -> None:
    for text in ("<b>Ben</b>", "{n}", "Nobody knows"):
        assert actor_words(text, GERMAN) == text
        assert because_words(text, GERMAN) == text
        assert problem_words(text, GERMAN) == text
