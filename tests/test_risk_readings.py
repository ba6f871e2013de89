"""Each signal: what makes it rise, to the figure, and that it is unknown where what it needs is not told."""

import pytest

from data.risk.model import rules
from data.risk.readings import SIGNALS
from tests.shoppers import (
    EXPIRED,
    HOUR,
    MINUTE,
    RESTRICTED,
    SECOND,
    STARTED,
    UPDATED,
    Shop,
)
from tests.stories import STORIES

IP, DEVICE = "203.0.113.7", "d1"


def test_every_signal_has_its_story() -> None:
    assert set(STORIES) == set(SIGNALS)


@pytest.mark.parametrize("signal", STORIES)
def test_a_signal_rises_by_what_it_is_about(signal: str) -> None:
    story, expected = STORIES[signal]
    assert [told[signal] for told in story(Shop())] == pytest.approx(expected)


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_signal_is_unknown_where_what_it_needs_was_not_told_and_only_there(signal: str) -> None:
    needs = {one.name: one.needs for one in rules().signals}
    bare = Shop().tell(1, STARTED, 0)
    assert (bare[signal] is None) == (needs[signal] is not None)


@pytest.mark.parametrize("signal", [one.name for one in rules().signals if one.needs == "ip"])
def test_without_an_address_nothing_is_said_of_it_whatever_is_known_of_the_device(signal: str) -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, device_id=DEVICE, lines={"v1": 20})
    told = shop.tell(1, UPDATED, SECOND, device_id=DEVICE, lines={"v1": 25})
    known_by_device = {"held_again", "cancels", "declined", "restricted_before", "cleared_before"}
    assert (told[signal] is None) == (signal not in known_by_device)


@pytest.mark.parametrize("signal", [one.name for one in rules().signals if one.needs == "device"])
def test_without_a_device_nothing_is_said_of_it_whatever_is_known_of_the_address(signal: str) -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, IP)
    assert shop.tell(2, STARTED, SECOND, IP)[signal] is None


def test_what_colleagues_held_is_not_held_against_a_shopper_whose_device_is_known() -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, IP, device_id="d1", lines={"v1": 1})
    shop.tell(1, EXPIRED, 15 * MINUTE)
    assert shop.tell(2, STARTED, HOUR, IP, device_id="d2", lines={"v1": 1})["held_again"] == 0
    assert shop.tell(3, STARTED, HOUR, IP, device_id="d1", lines={"v1": 1})["held_again"] == 1


def test_an_item_of_before_the_visit_was_first_heard_of_says_nothing_of_its_pause() -> None:
    # The browser's report came at once, the shop's of a moment earlier took its time.
    shop = Shop()
    shop.tell(1, STARTED, 2_000)
    assert shop.tell(1, UPDATED, 0, lines={"v1": 1})["first_add"] is None
    assert shop.tell(1, UPDATED, 9_000, lines={"v1": 2})["first_add"] is None


def test_an_empty_cart_of_a_moment_is_a_cancelled_one() -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, IP, lines={"v1": 1})
    assert shop.tell(1, UPDATED, 30 * SECOND, lines={})["cancels"] == 1
    shop.tell(2, STARTED, MINUTE, IP, lines={"v1": 1})
    assert shop.tell(2, UPDATED, 4 * MINUTE, lines={})["cancels"] == 1  # it was held for three minutes


def test_a_decision_about_an_address_is_no_decision_about_a_session() -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, IP)
    shop.decide(1, RESTRICTED, SECOND, hand=False)
    assert shop.tell(2, STARTED, 2 * SECOND, IP)["restricted_before"] == 0
