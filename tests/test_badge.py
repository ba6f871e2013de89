"""Every status and level has a word, and those that mean something a shape of their own: never colour alone."""

from pathlib import Path

import pytest

from data.levels import RiskLevel
from data.status import Status
from ui.badge import RISK_LOOKS, STATUS_LOOKS, Look, risk_label, status_label
from ui.language import LANGUAGES, Language
from ui.tones import Tone

ASSETS = Path(__file__).parent.parent / "assets"


@pytest.mark.parametrize("look", [*STATUS_LOOKS.values(), *RISK_LOOKS.values()])
def test_a_coloured_badge_has_a_picture_that_is_there(look: Look) -> None:
    assert (look.tone is None) == (look.icon is None)
    if look.icon:
        assert (ASSETS / "icons" / f"{look.icon}.svg").is_file()
        assert f".cw-icon-{look.icon} " in (ASSETS / "console.css").read_text("utf-8")


@pytest.mark.parametrize("looks", [list(STATUS_LOOKS.values()), list(RISK_LOOKS.values())])
def test_no_two_look_alike(looks: list[Look]) -> None:
    assert len({look.tone for look in looks}) == len({look.icon for look in looks}) == len(looks)


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_has_a_word_of_its_own_in_every_language(code: str) -> None:
    language = Language.choose(code, None)
    assert len({status_label(status, language) for status in Status}) == len(Status)
    assert len({risk_label(level, language) for level in RiskLevel}) == len(RiskLevel)


def test_the_words_and_tones_are_the_products() -> None:
    english = Language.choose("en", None)
    assert [status_label(status, english) for status in Status] == ["Active", "Converted", "Expired", "Cancelled"]
    assert [risk_label(level, english) for level in RiskLevel] == ["Normal", "Monitored", "Review", "Restricted"]
    assert [STATUS_LOOKS[s].tone for s in Status] == [Tone.INFO, Tone.SUCCESS, Tone.ATTENTION, Tone.NEUTRAL]
    assert [RISK_LOOKS[r].tone for r in RiskLevel] == [None, Tone.TRACKED, Tone.WARNING, Tone.CRITICAL]
