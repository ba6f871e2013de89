"""The labelled sale is lived through by the product itself, and told by kind."""

import asyncio
from pathlib import Path

import pytest

from data.labelled_sale import SaleKind
from data.sale_evaluation import CAPACITY, KindResult, SaleEvaluation, evaluate
from pages.sale_report import tell
from tests.command_line import Cartwatch, said, said_only, typed_in

CAUGHT = (
    SaleKind.HOARDER,
    SaleKind.ROTATION_24,
    SaleKind.RENEWAL_ABUSE,
    SaleKind.CARD_TESTER,
    SaleKind.HEADLESS,
)
"""The attacks of which nine in ten have to be noticed."""


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    return typed_in(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def evening() -> SaleEvaluation:
    """The whole evening as the command takes it, through the real ingest and the real sweep."""
    return asyncio.run(evaluate(1, 10_000))


def of(found: SaleEvaluation, kind: SaleKind) -> KindResult:
    return next(one for one in found.kinds if one.kind is kind)


@pytest.mark.parametrize("kind", CAUGHT)
def test_nine_in_ten_of_an_attack_are_noticed(kind: SaleKind, evening: SaleEvaluation) -> None:
    found = of(evening, kind)
    assert found.noticed >= 0.9 * found.sessions
    assert found.in_time >= 0.8 * found.sessions


@pytest.mark.parametrize("kind", [one for one in SaleKind if not one.is_attack])
def test_nobody_who_only_looks_like_an_attack_is_restricted(kind: SaleKind, evening: SaleEvaluation) -> None:
    assert of(evening, kind).restricted == 0


def test_no_more_are_in_review_than_the_merchant_has_time_for(evening: SaleEvaluation) -> None:
    assert evening.capacity == round(CAPACITY * evening.sessions)
    assert evening.looked_at <= evening.capacity
    assert evening.scored == evening.sessions


def test_declared_monitoring_takes_none_of_the_merchants_time(evening: SaleEvaluation) -> None:
    assert of(evening, SaleKind.MONITORING_CRAWLER).noticed == 0


def test_what_is_missed_is_told_and_whether_anything_was_known_of_it(
    evening: SaleEvaluation, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(evening)
    _, _, told = capsys.readouterr().out.partition("Missed")
    by_kind = {line[2:18].strip(): line for line in told.splitlines() if line.startswith("  ")}
    slow, hoarder = of(evening, SaleKind.SLOW_HUMANLIKE), of(evening, SaleKind.HOARDER)
    assert f"{slow.sessions - slow.noticed} ({slow.unseen} unseen)" in by_kind["slow humanlike"]
    assert slow.missed[0][0] in by_kind["slow humanlike"]
    # Of the one machine that hoards, all were noticed that the store told an address or a device of.
    assert hoarder.unseen == hoarder.sessions - hoarder.noticed


async def test_every_session_of_every_kind_is_counted_once() -> None:
    heard: list[float] = []
    found = await evaluate(1, 150, told=heard.append)
    assert [one.kind for one in found.kinds] == list(SaleKind)
    assert sum(one.sessions for one in found.kinds) == found.sessions
    assert sum(one.noticed for one in found.kinds) == found.noticed
    assert all(one.restricted <= one.noticed <= one.sessions for one in found.kinds)
    assert all(one.in_time <= one.noticed for one in found.kinds)
    assert all(one.unseen <= one.sessions - one.noticed for one in found.kinds)
    assert all(len(one.missed) == min(5, one.sessions - one.noticed) for one in found.kinds)
    assert max(found.noticed, found.looked_at) <= found.scored <= found.sessions
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
    shoppers = KindResult(SaleKind.SHOPPER, 100, 0, 0, 0, 0, ())
    tell(SaleEvaluation((shoppers,), 100, scored, 0, 0, 2))
    assert ("sessions were scored" in capsys.readouterr().out) == told


def test_without_a_file_or_the_sale_there_is_nothing_to_evaluate(cartwatch: Cartwatch) -> None:
    assert "Say which FILE" in said_only(cartwatch("evaluate"), 2)
