"""Why something cannot be a rule, in the reader's language: every sentence that there is, with what was given in it."""

import re
from datetime import timedelta

import pytest

from data import rule_files, rule_values
from data.csv_lines import CsvProblem
from data.rule_targets import Target
from data.rule_values import RuleProblem
from pages import install
from tests.factories import NOON
from ui.language import Language
from ui.rule_problems import rule_problem
from ui.rule_words import problem_words

ENGLISH = Language.choose("en", None)
GERMAN = Language.choose("de", None)
HEADER = b"decision,target,value,until,reason\n"


def of_rules() -> list[str]:
    """What is wrong with rules, as it is said."""
    said = []
    for target, value in (
        *((Target.IP, ""), (Target.NETWORK, ""), (Target.DEVICE, ""), (Target.IP, "no"), (Target.NETWORK, "no/24")),
        *((Target.NETWORK, "0.0.0.0/0"), (Target.DEVICE, "d" * 256), (Target.SESSION, "s" * 256)),
    ):
        with pytest.raises(RuleProblem) as problem:
            rule_values.read(target, value)
        said.append(str(problem.value))
    with pytest.raises(RuleProblem) as problem:
        rule_values.reason("x" * 501)
    said.append(str(problem.value))
    for days in (-1, 4000):
        with pytest.raises(RuleProblem) as problem:
            rule_values.until(NOON + timedelta(days=days), NOON)
        said.append(str(problem.value))
    return said


def of_files() -> list[str]:
    """What is wrong with files and their lines, as it is said."""
    said = []
    for content in (
        *(b"\xff", b"", b"reason,reason\n", b"decision,target,value\n", b'decision,target,value,reason\n"a'),
        HEADER + b"a,b,c,d,e\n" * 10_001,
    ):
        try:
            list(rule_files._rows(content))
        except CsvProblem as problem:
            said.append(str(problem))
    rows = b"restricted,ip,203.0.113.7,,x\n" * 2 + b"restricted,ip,203.0.113.7,,x,y\nmaybe,ip,203.0.113.7,,x\n"
    rows += b"restricted,planet,203.0.113.7,,x\nrestricted,ip,203.0.113.7,soon,x\n"
    _, rejected = rule_files._all_wanted(rule_files._rows(HEADER + rows), NOON, "Ana")
    return said + [one.message for one in rejected]


def test_every_problem_is_said_in_the_readers_language() -> None:
    problems = [*of_rules(), *of_files(), "A store can have 10,000 rules in force. Lift some of them first."]
    assert len(problems) >= 21
    for problem in problems:
        assert rule_problem(problem, ENGLISH) == problem
        assert problem_words(problem, GERMAN) != problem, problem
        assert "{" not in problem_words(problem, GERMAN), problem


def test_every_sentence_that_is_translated_is_one_that_data_says() -> None:
    source = (install.ROOT / "ui" / "rule_problems.py").read_text("utf-8")
    folder = install.ROOT / "data"
    data = "".join(path.read_text("utf-8") for path in (*folder.glob("rule*.py"), folder / "csv_lines.py"))
    for sentence in re.findall(r'language\.text\("(.+)"\)', source):
        longest = max(re.split(r"\{\w+\}", sentence), key=len)
        known = ("Say which ", " has 1 to ", " (IPv4) or ")
        assert longest in data or any(part in sentence for part in known), sentence


def test_what_was_given_stays_as_it_was() -> None:
    for given in ("'{most}'", "'<b>'", r"'\\1'", "'a is not a network. b'"):
        said = rule_problem(f"{given} is not an IP address. Give one as in 203.0.113.7 or 2001:db8::7.", GERMAN)
        assert given in said
    assert rule_problem("Something else.", GERMAN) == "Something else."
