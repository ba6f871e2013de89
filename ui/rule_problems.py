"""Why something cannot be a rule, or a file no list of rules, in the reader's language.

``data`` says so in English, with what was given in the sentence. Here that is found again, and put into the sentence of
the reader's language.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from ui.language import Language

_ENGLISH = Language.choose("en", None)


def rule_problem(problem: str, language: Language) -> str:
    """A problem in the reader's language; one that is not known here as it is."""
    for pattern, sentence in zip(_patterns(), _sentences(language), strict=True):
        found = pattern.fullmatch(problem)
        if found:
            return _filled(sentence, found.groupdict())
    return problem


def _filled(sentence: str, given: Mapping[str, str]) -> str:
    # In one pass: what was given stays as it was given.
    return re.sub(r"\{(\w+)\}", lambda place: given.get(place[1], place[0]), sentence)


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    """What the English sentences look like once there is something in their places."""
    return tuple(
        re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(sentence)), re.DOTALL)
        for sentence in _sentences(_ENGLISH)
    )


def _sentences(language: Language) -> tuple[str, ...]:
    return (
        # of a rule
        language.text("Say which IP address the rule is about."),
        language.text("Say which network the rule is about."),
        language.text("Say which device id the rule is about."),
        language.text("{given} is not an IP address. Give one as in 203.0.113.7 or 2001:db8::7."),
        language.text("{given} is not a network. Give one as in 203.0.113.0/24 or 2001:db8::/48."),
        language.text("{given} is too wide for a rule. Networks may be as wide as {v4} (IPv4) or {v6} (IPv6)."),
        language.text("A device id has 1 to {most} printable characters."),
        language.text("A cart token has 1 to {most} printable characters."),
        language.text("The reason must have at most {most} characters."),
        language.text("The end of a rule must be in the future."),
        language.text("The end is more than ten years away. Leave it open instead."),
        language.text("A store can have {most} rules in force. Lift some of them first."),
        language.text("There is no such rule in this store."),
        # of a line in a file
        language.text("Line {line} is about the same."),
        language.text("The row has more cells than the first line. Put a cell with commas into quotes."),
        language.text("The decision must be restricted or cleared."),
        language.text("The target must be session, device, ip or network."),
        language.text("The end must be a date and time with an offset, as in {example}."),
        # of a file
        language.text("The file is not in UTF-8. Save it as CSV in UTF-8."),
        language.text("The file is empty."),
        language.text("The first line names a column twice."),
        language.text("The first line must name the columns {columns}; {missing} is missing."),
        language.text("The file has more than {most} rows."),
        language.text("Line {line} is not CSV: {problem}."),
    )
