"""The labelled sale is lived through by the product itself, and told by kind."""

from pathlib import Path

import pytest

from data.labelled_sale import SaleKind
from data.sale_evaluation import CAPACITY, KindResult, SaleEvaluation, evaluate
from pages.sale_report import tell
from tests.command_line import Cartwatch, said, said_only, typed_in


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    return typed_in(tmp_path, monkeypatch)


async def test_every_session_of_every_kind_is_counted_once() -> None:
    heard: list[float] = []
    found = await evaluate(1, 150, told=heard.append)
    assert {one.kind for one in found.kinds} == set(SaleKind)
    assert sum(one.sessions for one in found.kinds) == found.sessions
    assert sum(one.noticed for one in found.kinds) == found.noticed
    assert all(one.restricted <= one.noticed <= one.sessions for one in found.kinds)
    assert all(len(one.missed) == min(5, one.sessions - one.noticed) for one in found.kinds)
    assert found.noticed <= found.scored <= found.sessions
    assert found.capacity == max(1, round(CAPACITY * found.sessions))
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_the_command_tells_attacks_and_traps_apart(cartwatch: Cartwatch) -> None:
    text = said(cartwatch("evaluate", "--sale", "--shoppers", "100"))
    attacks, _, others = text.partition("Traps and shoppers")
    assert "rotation 24" in attacks
    assert "mobile carrier" in others


@pytest.mark.parametrize(("scored", "told"), [(0, True), (99, True), (100, False)])
def test_it_is_told_when_sessions_were_not_scored(scored: int, told: bool, capsys: pytest.CaptureFixture[str]) -> None:
    shoppers = KindResult(SaleKind.SHOPPER, 100, 0, 0, ())
    tell(SaleEvaluation((shoppers,), 100, scored, 0, 2))
    assert ("sessions were scored" in capsys.readouterr().out) == told


def test_without_a_file_or_the_sale_there_is_nothing_to_evaluate(cartwatch: Cartwatch) -> None:
    assert "Say which FILE" in said_only(cartwatch("evaluate"), 2)
