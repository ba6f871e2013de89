"""The panel's words: sentences with their own figures, in the reader's language, and nothing that is not so."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from nicegui.testing import User

from data import restrict
from data.assessment import Assessment, Cause, Change, Origin
from data.levels import Decision, RiskLevel
from data.risk.model import rules
from data.risk.readings import Reading
from tests.assessments import LIKELY, PROVEN, assessed, imported
from tests.console import NOW, Site, a_site
from tests.factories import TOKEN, after, event, line, tell
from tests.test_pages import words
from ui.language import Language
from ui.risk_words import cause_words, level_words

ENGLISH, GERMAN = Language.choose("en", None), Language.choose("de", None)


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def the_store(site: Site) -> Any:
    store = await site.store()
    await tell(site.database, store, event(lines=[line()]), now=NOW)
    return store


async def panel(site: Site, language: str = "en") -> list[str]:
    """The texts of the panel in their order."""
    site.user.http_client.headers["Accept-Language"] = language
    await site.user.open(f"/sessions/{TOKEN}")
    await site.user.should_see(Language.choose(language, None).text("Technical details"))
    shown = words(site.user)
    begin = shown.index(Language.choose(language, None).text("Security analysis"))
    return shown[begin : shown.index(Language.choose(language, None).text("Related sessions"))]


def cause(text: str, **figures: Reading) -> Cause:
    return Cause("x", text, figures, 1.0, hard=False)


def an_assessment(level: RiskLevel, **known: Any) -> Assessment:
    beginnings = {"review_from": 30, "monitored_from": 10}
    return Assessment(after(1), 50, level, "rules-1", Origin.TABLE, **beginnings | known)


def test_a_cause_is_told_with_its_figures_as_the_reader_writes_them() -> None:
    held = cause(
        "{ip_bought} of {ip_over} earlier reservations from this IP were bought; in this store {usual_conversion%} are",
        ip_bought=2,
        ip_over=1400,
        usual_conversion=0.415,
    )
    said = "2 of 1,400 earlier reservations from this IP were bought; in this store 42% are"
    assert cause_words(held, Origin.TABLE, ENGLISH) == said
    assert "1.400" in cause_words(held, Origin.TABLE, GERMAN)
    assert "42\u00a0%" in cause_words(held, Origin.TABLE, GERMAN)
    elsewhere = cause(
        "The address is registered in {address_country@}, where the store's currency is not paid with",
        address_country="CZ",
    )
    assert "Czechia" in cause_words(elsewhere, Origin.TABLE, ENGLISH)
    assert "Tschechien" in cause_words(elsewhere, Origin.TABLE, GERMAN)


@pytest.mark.parametrize("name", ["{ip_hour}", "<b>x</b>", "{0.__class__}", "%s", "\\1"])
def test_a_name_from_outside_is_neither_template_nor_markup(name: str) -> None:
    text = "The address is in the network of a hosting provider ({host}); shoppers come from homes, offices and phones"
    assert f"({name})" in cause_words(cause(text, host=name, ip_hour=7), Origin.TABLE, ENGLISH)


def test_a_name_from_outside_cannot_turn_the_text_around_it() -> None:
    assert cause_words(cause("{host}", host="a\u202eb"), Origin.TABLE, ENGLISH) == "a\\u202eb"


def test_an_imported_sentence_is_shown_as_it_came() -> None:
    assert cause_words(cause("Slow {ip_hour}\u202e"), Origin.IMPORTED, ENGLISH) == "Slow {ip_hour}\\u202e"


def test_what_would_change_the_level_is_said_for_each_level() -> None:
    first, second = (Cause(name, name, {}, weight, hard=False) for name, weight in (("a", 2.0), ("b", 1.0)))
    proof = Cause("p", "p", {}, 0.5, hard=True)
    one = an_assessment(RiskLevel.REVIEW, causes=(first, second), change=Change((first,), RiskLevel.MONITORED, 22))
    assert level_words(one, None, ENGLISH) == [
        "Without the weightiest reason it would be Monitored, with a score of 22.",
        "Without hard evidence no score restricts it; you can.",
    ]
    both = an_assessment(
        RiskLevel.MONITORED, causes=(first, second), change=Change((first, second), RiskLevel.NORMAL, 3)
    )
    assert level_words(both, None, ENGLISH) == [
        "Without the 2 weightiest reasons it would be Normal, with a score of 3.",
        "Sessions were in review from a score of 30 then.",
    ]
    proven = an_assessment(
        RiskLevel.RESTRICTED, causes=(first, second, proof), change=Change((proof,), RiskLevel.REVIEW, 88)
    )
    assert level_words(proven, None, ENGLISH) == [
        "Without the hard evidence it would be Review, with a score of 88.",
        "A score of 90 with hard evidence restricts by itself.",
    ]
    nearly = an_assessment(RiskLevel.REVIEW, causes=(first, proof), held=True)
    assert level_words(nearly, None, ENGLISH) == [
        "The score has fallen below where this level begins; the level follows once it is clearly so.",
        "There is hard evidence: from a score of 90 on it is Restricted.",
    ]
    assert level_words(an_assessment(RiskLevel.NORMAL), None, ENGLISH) == [
        "Sessions were monitored from a score of 10 then, and in review from 30."
    ]


def test_where_a_merchant_has_decided_nothing_else_changes_the_level() -> None:
    found = an_assessment(RiskLevel.REVIEW, change=Change((), RiskLevel.NORMAL, 3))
    assert level_words(found, Decision.RESTRICTED, ENGLISH) == [
        "Your decision stands: Restricted. By its score it would be Review."
    ]
    assert level_words(found, Decision.CLEARED, ENGLISH) == [
        "Your decision stands: cleared. By its score it would be Review."
    ]


def test_of_a_score_whose_table_is_gone_nothing_is_said_to_change_it() -> None:
    assert level_words(Assessment(after(1), 50, RiskLevel.REVIEW, "x", Origin.GONE), None, ENGLISH) == []


async def test_the_panel_tells_all_in_a_sensible_order(site: Site) -> None:
    store = await the_store(site)
    await assessed(site.database, store, level=RiskLevel.RESTRICTED, known=PROVEN | {"agent": 4})
    shown = await panel(site)
    order = [
        *("Score", "100", "of 100", "Level", "Restricted", "Assessed", "Model", rules().version),
        *("Raises the risk", "Hard evidence", "Speaks for the shopper", "Seen, without weight", "How it adds up"),
        *("Together (log-odds)", "Unknown", "What would change the level", "How it moved"),
        "Country and hosting network of addresses:",
    ]
    places = [shown.index(text) for text in order]
    assert places == sorted(places)
    assert any(text.startswith("Rules, not yet calibrated") for text in shown)
    assert not any("Probability" in text for text in shown)
    raising = shown[shown.index("Raises the risk") : shown.index("Speaks for the shopper")]
    assert "14 reservations from this IP in an hour; typical 1" in raising
    assert all(text.startswith("+") for text in raising if text[1:].replace(".", "").isdigit() and text[0] in "+-")
    easing = shown[shown.index("Speaks for the shopper") : shown.index("Seen, without weight")]
    assert easing[1:3] == ["Looked around for 24 seconds before the first item", "-0.2"]
    told = shown[shown.index("Seen, without weight") + 1]
    assert told.startswith("Says openly that it is automatic")


async def test_a_german_reads_german(site: Site) -> None:
    store = await the_store(site)
    await assessed(site.database, store, level=RiskLevel.REVIEW)
    shown = await panel(site, "de")
    assert "14 Reservierungen von dieser IP in einer Stunde; üblich ist 1" in shown
    assert "-0,4" in shown


async def test_of_a_hidden_score_nothing_is_said_but_why(site: Site) -> None:
    store = await the_store(site)
    score = await assessed(site.database, store, level=RiskLevel.NORMAL, known=LIKELY, sampled=0.1)
    shown = await panel(site)
    assert shown[1] == "Chosen for a random check: decide before you see the score"
    assert len(shown) == 3
    assert str(score) not in words(site.user)
    assert "Risk assessed" not in words(site.user)
    await restrict.decide(site.database, store.id, TOKEN, Decision.CLEARED, reason="looked", now=NOW)
    assert str(score) in await panel(site)


async def test_an_imported_score_says_whose_it_is_and_has_no_credits(site: Site) -> None:
    store = await the_store(site)
    await imported(site.database, store, score=61, level=RiskLevel.REVIEW, unknown=("age",))
    shown = await panel(site)
    assert "This score was imported; it is not of Cartwatch's making." in shown
    assert "age" in shown
    assert not any("hosting network" in text for text in shown)


async def test_more_than_eight_reasons_are_folded_and_all_are_there(site: Site) -> None:
    store = await the_store(site)
    known = PROVEN | {"hosting": 1, "host": "A", "cancels": 9, "device_minute": 6, "network_hour": 40}
    await assessed(site.database, store, level=RiskLevel.RESTRICTED, known=known)
    shown = await panel(site)
    folded = next(text for text in shown if text.endswith("more reasons"))
    raising = shown[shown.index("Raises the risk") : shown.index("Speaks for the shopper")]
    weights = [text for text in raising if text.startswith("+")]
    assert len(weights) == 8 + int(folded.split()[0])
