"""The additive table: what it makes of readings, and what is said of one that cannot be used."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.risk.model import RULES, Model, ModelProblem, read, rules
from data.risk.readings import READINGS, SIGNALS, Reading

TEXT = RULES.read_text("utf-8")
NUMBERS = st.integers(-5, 10_000) | st.floats(-10, 10_000)
WEIGHTS = st.floats(-20, 20)
LOG_ODDS = st.floats(-1e6, 1e6)


@st.composite
def some_readings(draw: st.DrawFn) -> list[Reading]:
    """Readings as they are stored: numbers on both sides of every edge and on it, and some that are not known."""
    found: list[Reading] = []
    for signal in rules().signals:
        on = st.sampled_from(signal.edges).flatmap(lambda edge: st.sampled_from((edge, edge - 1e-9, edge + 1e-9)))
        found.append(draw(st.none() | NUMBERS | on))
    return found + draw(st.lists(st.none() | NUMBERS | st.text(max_size=5), min_size=17, max_size=17))


@st.composite
def a_learned_model(draw: st.DrawFn) -> Model:
    weights = {
        one.name: draw(st.lists(WEIGHTS, min_size=len(one.weights), max_size=len(one.weights)))
        for one in rules().signals
    }
    slope, intercept = draw(st.floats(1e-3, 20)), draw(WEIGHTS)
    return rules().learned("learned-1", draw(WEIGHTS), weights, slope=slope, intercept=intercept)


def by_hand(model: Model, readings: Sequence[Reading]) -> list[float]:
    """The weight of each reading, by looking along its row."""
    found = []
    for signal, reading in zip(model.signals, readings, strict=False):
        if reading is None:
            found.append(0.0)
            continue
        assert not isinstance(reading, str)
        found.append(signal.weights[sum(edge <= reading for edge in signal.edges)])
    return found


@given(some_readings(), st.just(rules()) | a_learned_model())
def test_contributions_are_the_weights_of_the_readings_and_add_up_to_the_log_odds(
    readings: list[Reading], model: Model
) -> None:
    score = model.score(readings)
    assert score.contributions == by_hand(model, readings)
    assert score.log_odds == pytest.approx(model.base + sum(score.contributions), abs=1e-9)


@given(LOG_ODDS, LOG_ODDS, st.just(rules()) | a_learned_model())
def test_probability_and_points_rise_with_the_log_odds(one: float, other: float, model: Model) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= model.probability(low) <= model.probability(high) <= 1.0
    assert 0 <= model.points(low) <= model.points(high) <= 100


def test_even_odds_are_one_half() -> None:
    assert rules().probability(0.0) == 0.5
    assert [rules().points(log_odds) for log_odds in (-1e9, 0.0, 1e9)] == [0, 50, 100]


def test_the_rules_weigh_all_signals_in_the_order_in_which_they_are_read() -> None:
    assert tuple(one.name for one in rules().signals) == SIGNALS
    assert not rules().calibrated


@given(a_learned_model())
def test_a_learned_table_is_the_same_when_it_is_stored_and_read_again(model: Model) -> None:
    assert rules().of_document(json.loads(json.dumps(model.document()))) == model
    assert model.calibrated


@pytest.mark.parametrize(("reading", "hard"), [(None, False), (1, False), (2, True), (3, True), (4, False)])
def test_hard_evidence_is_a_reading_within_its_bounds(reading: Reading, hard: bool) -> None:
    [agent] = [one for one in rules().signals if one.name == "agent"]
    assert (agent.hard_from, agent.hard_below) == (2, 4)
    assert agent.is_hard(reading) is hard
    readings: list[Reading] = [None] * len(READINGS)
    readings[SIGNALS.index("agent")] = reading
    assert rules().is_hard(readings) is hard


def test_volume_of_an_address_or_a_network_is_never_hard() -> None:
    # Offices and phone networks share them.
    shared = [one for one in rules().signals if one.name.startswith(("ip_", "network_"))]
    assert shared
    assert [one.name for one in shared if one.hard_from is not None] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("base = ", "base ="[:3] + "is = "), "there is no 'base'"),
        (lambda text: text.replace("base = -", 'base = "low" # '), "cannot be read"),
        (lambda text: text.replace("base = -", "base = nan # "), "the base or the calibration"),
        (lambda text: text.replace("slope = 1.0", "slope = 0.0"), "the base or the calibration"),
        (lambda text: text.replace("slope = 1.0", "slope = inf"), "the base or the calibration"),
        (lambda text: text + "[[", "the table cannot be read"),
        (lambda text: "", "there is no 'signal'"),
        (lambda text: "signal = [1]", "the table cannot be read"),
        (lambda text: text.replace("[unknown]", "unknown = 3\n[other]"), "the table cannot be read"),
        (lambda text: text.replace('name = "checkout"', 'name = "check"'), "that are read: checkout"),
        (lambda text: text + '\n[[signal]]\nname = "more"\nedges = []\nweights = [0]\ntext = ""', "are read: more"),
        (lambda text: text + '\n[[signal]]\nname = "agent"\nedges = []\nweights = [0]\ntext = ""', "is there twice"),
        (
            lambda text: text.replace("weights = [0.0, -0.4, -1.0, 2.2]", "weights = [0.0, -0.4]"),
            "checkout needs one weight",
        ),
        (lambda text: text.replace("-0.4, -1.0, 2.2]", "-0.4, -1.0, 99]"), "a weight of checkout"),
        (lambda text: text.replace("-0.4, -1.0, 2.2]", "-0.4, -1.0, nan]"), "a weight of checkout"),
        (lambda text: text.replace("weights = [0.0, -0.4, -1.0, 2.2]", "weights = 1"), "the table cannot be read"),
        (lambda text: _edges(text, "hold_time", "[30, 30, 120, 240]"), "the edges of hold_time do not rise"),
        (lambda text: _edges(text, "hold_time", "[30, 60, 120, inf]"), "the edges of hold_time do not rise"),
        (lambda text: _edges(text, "hold_time", "[30, nan, 120, 240]"), "the edges of hold_time do not rise"),
        (lambda text: text.replace('needs = "stock"', 'needs = "luck"'), "stock_share needs luck, which has no text"),
        (lambda text: text.replace("{hold_time} minutes", "{held} minutes"), "hold_time names held, which is not read"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_in_words(change: Callable[[str], str], words: str) -> None:
    changed = change(TEXT)
    assert changed != TEXT
    with pytest.raises(ModelProblem, match=re.escape(words)):
        read(changed)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (None, "cannot be read"),
        ([], "cannot be read"),
        ({}, "there is no 'weights'"),
        ({"weights": [1]}, "cannot be read"),
        ({"weights": {}}, "of other signals than those that are read: agent, cancels"),
        ({"weights": {"agent": "often"}}, "cannot be read"),
        ({"base": "low"}, "cannot be read"),
        ({"base": 10**400}, "cannot be read"),
        ({"base": float("inf")}, "the base or the calibration"),
        ({"slope": -1.0}, "the base or the calibration"),
        ({"slope": None}, "cannot be read"),
    ],
)
def test_a_stored_table_that_does_not_fit_is_no_table(change: Any, words: str) -> None:
    document = rules().document() | change if change else change
    with pytest.raises(ModelProblem, match=re.escape(words)):
        rules().of_document(document)


def test_a_table_that_lacks_a_signal_of_today_is_no_table() -> None:
    document = rules().document()
    del document["weights"]["checkout"]
    with pytest.raises(ModelProblem, match=r"other signals than those that are read: checkout$"):
        rules().of_document(document)
    with pytest.raises(ModelProblem, match="agent needs one weight a bin"):
        rules().of_document(rules().document() | {"weights": rules().document()["weights"] | {"agent": [1.0]}})


def test_only_the_readings_that_are_weighed_are_looked_at() -> None:
    readings: list[Reading] = [1.0] * len(SIGNALS)
    assert rules().score(readings) == rules().score([*readings, *["<b>"] * (len(READINGS) - len(SIGNALS))])
    assert replace(rules(), base=0.0).score([None] * len(READINGS)).log_odds == 0.0


def _edges(text: str, name: str, edges: str) -> str:
    return re.sub(rf'(name = "{name}"\n(?:needs[^\n]*\n)?edges = )\[[^\]]*\]', rf"\g<1>{edges}", text)
