"""Sentences with their figures: whatever a shopper sent stays text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.assessment import Cause
from data.risk.explain import causes
from data.risk.model import rules
from data.risk.readings import READINGS, Reading
from data.risk.wording import english, rounded, worded
from tests.test_risk_explain import readings

HOSTILE = (
    "{ip_hour}",
    "{host}",
    "{0}",
    "{host.__class__}",
    "{host!r:>99999999}",
    "%s %(host)s %99999999d",
    "<script>alert(1)</script>",
    "\\1 \\g<0>",
    "${host}",
    "{{host}}",
    "\u202eevil",
)


def said(text: str, **figures: Reading) -> str:
    return worded(
        text,
        Cause("host", text, figures, 0.0, False),
        number=lambda value: f"#{value}",
        share=lambda value: f"%{value}",
        country=lambda code: f"@{code}",
    )


@pytest.mark.parametrize("value", HOSTILE)
def test_a_name_stays_as_it_was_sent(value: str) -> None:
    assert said("In the network of {host}; {ip_hour} in all", host=value, ip_hour=3) == (
        f"In the network of {value}; #3 in all"
    )


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_value_is_looked_into(one: str, other: str) -> None:
    assert said("{host}|{country_said@}", host=one, country_said=other) == f"{one}|@{other}"


def test_a_figure_is_written_as_its_place_says() -> None:
    assert said("{n} {n%} {c@} {c}", n=0.25, c="DE") == "#0.25 %0.25 @DE DE"
    assert said("{n%} {n@}", n=3) == "%3 #3"


def test_what_is_not_known_is_a_question_mark() -> None:
    assert said("{host} {nothing} {n%}", host=None, n=None) == "? ? ?"


def test_a_sentence_without_figures_stays_as_it_is() -> None:
    for text in ("", "100% of {}", "{ host }", "{host:>9}", "{host!r}", "a } b { c"):
        assert said(text, host="x") == text


def test_every_sentence_of_the_rules_is_whole_for_every_bin() -> None:
    figures: dict[str, Reading] = dict.fromkeys(READINGS, 2)
    figures |= {"host": "Example Cloud", "address_country": "DE", "country_said": "US"}
    for signal in rules().signals:
        for edge in (signal.edges[0] - 1, *signal.edges):
            known = readings(**figures | {signal.name: edge})
            for cause in causes(rules(), known):
                sentence = english(cause)
                assert "?" not in sentence
                assert not set("{}") & set(sentence)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (1, "1"), (1.04, "1"), (1.25, "1.2"), (9.96, "10"), (10.4, "10"), (1_234_567, "1,234,567"), (-3, "-3")],
)
def test_figures_are_as_precise_as_they_are_read(value: float, shown: str) -> None:
    cause = Cause("hold_time", "{hold_time}", {"hold_time": value}, 0.0, False)
    assert english(cause) == shown


def test_no_figure_is_no_number() -> None:
    assert rounded(None) == 0.0


def test_figures_are_the_same_once_they_were_stored() -> None:
    known = readings(ip_hour=12, hold_time=61.5, regularity=0.04, agent=2)
    stored = json.loads(json.dumps(known))
    assert [english(cause) for cause in causes(rules(), known)] == [english(cause) for cause in causes(rules(), stored)]
