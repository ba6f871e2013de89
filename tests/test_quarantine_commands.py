"""The ``store`` commands for the quarantine, as they are typed."""

import asyncio
from pathlib import Path

import pytest

from data import stores
from tests.command_line import (
    Cartwatch,
    added,
    arrived,
    cells,
    changed,
    quarantine,
    said,
    said_only,
    typed_in,
)
from tests.factories import opened, the_session
from tests.shopify import cart, encoded


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    return typed_in(tmp_path, monkeypatch)


@pytest.fixture
def shop(cartwatch: Cartwatch) -> str:
    return added(cartwatch)


def test_nothing_in_quarantine_is_said(cartwatch: Cartwatch, shop: str) -> None:
    for command in ("quarantine", "retry"):
        assert said(cartwatch("store", command, shop)) == "Nothing is in quarantine.\n"


def test_the_quarantine_is_listed_without_what_would_move_a_terminal(
    cartwatch: Cartwatch, shop: str, tmp_path: Path
) -> None:
    arrived(tmp_path, b"{}", b"[]")
    quarantine(tmp_path, "\x1b[2J\u202e[red]bad[/red]\nand more")
    changed(tmp_path, "UPDATE delivery SET body = NULL WHERE id = 1")
    table = said(cartwatch("store", "quarantine", shop))
    problem, moment = "�[2J�[red]bad[/red]�and more", "2026-03-01 12:00:00 UTC"
    assert cells(table, 0) == ["Number", "Received", "From", "Topic", "Bytes", "Problem"]
    assert cells(table, 1) == ["1", moment, "shopify", "carts/create", "not kept", problem]
    assert cells(table, 2) == ["2", moment, "shopify", "carts/create", "2", problem]
    assert "cartwatch store retry shop.example" in table


def test_what_is_tried_again_is_applied_at_once_and_what_is_still_wrong_stays(
    cartwatch: Cartwatch, shop: str, tmp_path: Path
) -> None:
    arrived(tmp_path, encoded(cart()), b"[]", encoded(cart(token="other")))
    quarantine(tmp_path)
    assert said(cartwatch("store", "retry", shop, "1")) == (
        "1 delivery tried again: 1 understood, 0 still in quarantine.\n"
    )
    assert said(cartwatch("store", "retry", shop)) == "2 deliveries tried again: 1 understood, 1 still in quarantine.\n"
    assert cells(said(cartwatch("store", "quarantine", shop)), 1)[0] == "2"

    async def sessions() -> list[str]:
        async with opened(tmp_path) as db:
            [store] = await stores.every(db)
            return [(await the_session(db, store, token)).cart_token for token in (cart()["id"], "other")]

    assert asyncio.run(sessions()) == [cart()["id"], "other"]


def test_only_the_deliveries_that_are_named_are_tried_again(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    arrived(tmp_path, *(encoded(cart(token=f"cart-{number}")) for number in range(150)))
    quarantine(tmp_path)
    table = said(cartwatch("store", "quarantine", shop))
    assert "These are the oldest 100 of 150.\n" in table
    numbers = [str(number) for number in range(1, 141)]
    assert said(cartwatch("store", "retry", shop, *numbers, str(2**63 - 1))).startswith(
        "140 deliveries tried again: 140"
    )
    assert cells(said(cartwatch("store", "show", shop)), -1)[0].startswith("In quarantine: 10 (")


def test_what_cannot_be_tried_again_or_given_up_is_a_sentence(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    arrived(tmp_path, b"[]")
    quarantine(tmp_path)
    added(cartwatch, "other.example")
    assert said_only(cartwatch("store", "retry", shop, "7"), 2).startswith("Nothing was tried again: none of")
    assert said_only(cartwatch("store", "discard", shop, "7"), 2) == "There is no delivery 7 in quarantine."
    assert said_only(cartwatch("store", "discard", "other.example", "1"), 2) == "There is no delivery 1 in quarantine."
    for number in ("0", "-1", str(2**63), "1e9", "x"):
        assert cartwatch("store", "discard", shop, "--", number).exit_code == 2
    changed(tmp_path, "UPDATE delivery SET body = NULL")
    assert "is not kept any more" in said_only(cartwatch("store", "retry", shop), 2)
    assert said(cartwatch("store", "discard", shop, "1")) == "Delivery 1 is gone.\n"
    assert said(cartwatch("store", "quarantine", shop)) == "Nothing is in quarantine.\n"
