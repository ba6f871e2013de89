"""The held stock: who holds how much of a variant, and when some of it was last let go."""

import pytest

from data.risk import stock
from data.risk.stock import Stock


def test_holds_add_up_by_network_and_in_all() -> None:
    held = Stock()
    assert held.hold("v1", "a", 5) == (5, 5)
    assert held.hold("v1", "b", 2) == (2, 7)
    assert held.hold("v1", "a", 1) == (6, 8)
    assert held.hold("v1", "a", -6) == (0, 2)
    assert held.hold("v2", "a", 3) == (3, 3)


def test_what_is_held_from_an_unknown_network_counts_in_all_alone() -> None:
    held = Stock()
    assert held.hold("v1", None, 5) == (0, 5)
    assert held.hold("v1", "a", 5) == (5, 10)


def test_nobody_holds_less_than_nothing() -> None:
    held = Stock()
    held.hold("v1", "a", 2)
    assert held.hold("v1", "a", -5) == (0, 0)
    assert held.hold("v1", "b", 4)[0] == 4


def test_time_since_a_release_counts_from_the_last_one_and_never_from_a_later_one() -> None:
    held = Stock()
    assert held.since_release("v1", 50) is None
    held.hold("v1", "a", 1)
    assert held.since_release("v1", 50) is None
    held.release("v1", 100)
    held.release("v1", 90)
    assert [held.since_release("v1", at) for at in (99, 100, 101, 400)] == [None, 0, 1, 300]
    assert held.since_release("v2", 400) is None


def test_a_variant_that_nobody_has_held_for_the_longest_time_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "MOST", 3)
    held = Stock()
    for variant in ("v1", "v2", "v3"):
        held.hold(variant, "a", 1)
    held.hold("v1", "a", 1)
    held.hold("v4", "a", 1)
    assert held.hold("v1", "a", 0) == (2, 2)
    assert held.hold("v2", "a", 0) == (0, 0)
