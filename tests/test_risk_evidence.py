"""What is held against whom: what a shared address, declared automation, haste and changed addresses are read as."""

from datetime import timedelta

import pytest

from data.agents import AgentKind
from data.event_format import parse
from data.risk.happening import of_event
from data.risk.progress import AGENTS
from tests.factories import NOON, event, line
from tests.shoppers import (
    CANCELLED,
    CHECKOUT,
    CONVERTED,
    EXPIRED,
    SECOND,
    STARTED,
    UPDATED,
    Shop,
)

IP = "203.0.113.7"
HOST = "5.9.12.34"
MONITOR = "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"
PHONES = [f"Mozilla/5.0 (iPhone; CPU iPhone OS {n}_0 like Mac OS X) Safari/60{n}.1" for n in range(14, 19)]
MINUTE, HOUR = 60 * SECOND, 3_600 * SECOND


def test_several_sizes_of_one_product_are_much_of_it() -> None:
    sizes = [line(1, 2, variant_id=f"v{size}") for size in range(3)]
    one = of_event(1, parse(event(lines=[*sizes, line(2, 5)]), currency="USD", received_at=NOON + timedelta(hours=1)))
    assert one.most == 6
    assert one.lines == {"v0": 2, "v1": 2, "v2": 2} | {"v2": 7}  # another product's variant of the same id


def test_two_of_a_product_are_no_hoard_where_nearly_everybody_takes_one() -> None:
    shop = Shop()
    for number in range(60):
        shop.tell(number, STARTED, number * SECOND, lines={"v1": 1})
        shop.tell(number, EXPIRED, number * SECOND + 900 * SECOND)
    told = [shop.tell(70 + units, STARTED, 2 * HOUR, lines={"v1": units}) for units in (1, 2, 3, 6)]
    assert {one["usual_units"] for one in told} == {1}
    assert [one["quantity"] for one in told] == [1 / 3, 2 / 3, 1, 2]


@pytest.mark.parametrize("bought", [True, False])
def test_others_at_an_address_that_many_share_and_buy_from_are_not_held_against_an_unknown_device(bought: bool) -> None:
    shop = Shop()
    for number, agent in enumerate(PHONES):
        at = number * MINUTE
        shop.tell(number, STARTED, at, IP, agent=agent, device_id=f"phone-{number}", lines={"v1": 1})
        if bought and number % 2:
            shop.tell(number, CHECKOUT, at + 20 * SECOND)
            shop.tell(number, CONVERTED, at + 50 * SECOND)
        else:
            shop.tell(number, CANCELLED, at + 50 * SECOND, declined=True)
    told = shop.tell(9, STARTED, HOUR, IP, agent=PHONES[0], lines={"v1": 1})
    assert told["ip_agents"] == 5
    assert told["declined"] == (0 if bought else 5)
    assert told["held_again"] == (0 if bought else 1)


def test_what_a_known_device_did_counts_wherever_it_is() -> None:
    shop = Shop()
    for number, agent in enumerate(PHONES):
        shop.tell(number, STARTED, number * MINUTE, IP, agent=agent, device_id="d-1", lines={"v1": 1})
        shop.tell(number, CONVERTED if number % 2 else CANCELLED, number * MINUTE + SECOND, declined=not number % 2)
    told = shop.tell(9, STARTED, HOUR, IP, device_id="d-1", lines={"v1": 1})
    assert told["declined"] == 3


def test_that_declared_automation_rents_machines_lets_go_at_once_and_never_buys_is_no_news() -> None:
    shop = Shop()
    told = {}
    for number in range(6):
        shop.tell(number, STARTED, number * MINUTE, HOST, agent=MONITOR, lines={"v1": 1})
        told = shop.tell(number, UPDATED, number * MINUTE + 2 * SECOND, lines={})
    assert (told["agent"], told["hosting"], told["cancels"]) == (AGENTS[AgentKind.AUTOMATION], 0, 0)
    assert (told["ip_conversion"], told["ip_none_bought"], told["device_conversion"]) == (1, 0, None)
    assert told["ip_hour"] == 6  # how much it holds is


def test_a_browser_on_a_rented_machine_that_lets_go_at_once_is_news() -> None:
    shop = Shop()
    told = {}
    for number in range(6):
        shop.tell(number, STARTED, number * MINUTE, HOST, agent=PHONES[0], lines={"v1": 1})
        told = shop.tell(number, UPDATED, number * MINUTE + 2 * SECOND, lines={})
    assert (told["hosting"], told["cancels"], told["ip_none_bought"]) == (1, 6, 6)


@pytest.mark.parametrize(
    ("pauses", "reading"),
    [
        ((), 1),
        ((5 * SECOND,), 1),
        ((5 * SECOND, 7 * SECOND), 3),
        ((5 * SECOND, 90 * SECOND), 1),  # another card was looked for
        ((200, 200, 200), 1),  # told several times
    ],
)
def test_a_checkout_that_is_begun_again_and_again_within_seconds_is_no_persons(
    pauses: tuple[int, ...], reading: int
) -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, lines={"v1": 1})
    at = 40 * SECOND
    told = shop.tell(1, CHECKOUT, at)
    for pause in pauses:
        at += pause
        told = shop.tell(1, CHECKOUT, at)
    assert told["checkout"] == reading
    assert shop.tell(1, CONVERTED, at + 20 * SECOND)["checkout"] == max(reading, 2)


@pytest.mark.parametrize(("seconds", "reading"), [(9, 3), (29, 3), (30, 1), (200, 1)])
def test_a_payment_that_fails_sooner_than_a_card_can_be_entered_is_no_persons(seconds: int, reading: int) -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, lines={"v1": 1})
    shop.tell(1, CHECKOUT, 2 * SECOND)
    told = shop.tell(1, CANCELLED, seconds * SECOND, declined=True)
    assert told["checkout"] == reading
    assert told["declined"] == 1  # although neither address nor device is known


def test_a_session_of_which_only_the_failed_payment_was_reported_was_not_hasty() -> None:
    told = Shop().tell(1, CANCELLED, 0, declined=True)
    assert told["checkout"] == 0


def test_only_where_a_store_always_tells_the_user_agent_its_lack_is_an_empty_one() -> None:
    shop = Shop()
    for number in range(60):
        ip = f"198.51.{number}.9"
        assert shop.tell(number, STARTED, number * SECOND, ip, lines={"v1": 1})["agent"] is None
        shop.tell(number, UPDATED, number * SECOND + 1, agent=PHONES[0])
        shop.tell(number, EXPIRED, number * SECOND + 900 * SECOND)
    assert shop.tell(70, STARTED, 2 * HOUR, IP, lines={"v1": 1})["agent"] == AGENTS[AgentKind.EMPTY]
    assert shop.tell(71, STARTED, 2 * HOUR, lines={"v1": 1})["agent"] is None  # the store told nothing at all


def test_a_store_that_does_not_tell_every_user_agent_leaves_it_unknown() -> None:
    shop = Shop()
    for number in range(60):
        agent = PHONES[0] if number % 20 else None
        shop.tell(number, STARTED, number * SECOND, f"198.51.{number}.9", agent=agent, lines={"v1": 1})
        shop.tell(number, EXPIRED, number * SECOND + 900 * SECOND)
    assert shop.tell(70, STARTED, 2 * HOUR, IP, lines={"v1": 1})["agent"] is None


def test_a_network_is_known_in_which_a_device_changes_its_address_again_and_again() -> None:
    shop = Shop()
    for number in range(6):
        shop.tell(number, STARTED, number * MINUTE, f"203.0.113.{number}", device_id="d-1", lines={"v1": 1})
    told = shop.tell(7, STARTED, 7 * MINUTE, "203.0.113.77", lines={"v1": 1})
    assert told["network_rotated"] == 3  # from its fourth address on
    assert shop.tell(8, STARTED, 8 * MINUTE, "198.51.100.7", lines={"v1": 1})["network_rotated"] == 0


def test_a_telephone_that_changes_its_address_within_a_day_marks_no_network() -> None:
    shop = Shop()
    for number in range(6):
        shop.tell(number, STARTED, number * 2 * HOUR, f"203.0.113.{number}", device_id="d-1", lines={"v1": 1})
    assert shop.tell(7, STARTED, 12 * HOUR, "203.0.113.77", lines={"v1": 1})["network_rotated"] == 0
