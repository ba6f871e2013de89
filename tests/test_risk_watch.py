"""The watch: what it lets go, what it does not count, and that nothing looks into its own future."""

import random
from collections.abc import Sequence
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.risk import watch
from data.risk.happening import Happening
from data.risk.readings import Reading
from data.risk.visit import Visit
from data.risk.watch import Watch
from tests.shoppers import (
    BEGIN,
    CANCELLED,
    CHECKOUT,
    CLEARED,
    CONVERTED,
    DAY,
    EXPIRED,
    EXTENDED,
    HOUR,
    MINUTE,
    RENEWED,
    RESTRICTED,
    SECOND,
    SEEN,
    STARTED,
    UPDATED,
    Shop,
)

IP = "203.0.113.7"
_VOLUMES = ("ip_minute", "ip_hour", "ip_day", "device_minute", "device_hour", "device_day")
_OTHERS = (
    *("network_minute", "network_hour", "network_day"),
    *("ip_bought", "ip_over", "network_bought", "network_over", "device_bought", "device_over"),
    *("ip_none_bought", "network_none_bought", "device_none_bought", "restricted_before", "cleared_before"),
    "held_again",
)


def a_life(dice: random.Random, events: int, over: int) -> list[Happening]:
    """Events of a few sessions at a few addresses and devices within a time, not quite in its order."""
    kinds = [STARTED, UPDATED, UPDATED, RENEWED, EXTENDED, CHECKOUT, CONVERTED, CANCELLED, EXPIRED, SEEN]
    moments = sorted(dice.randrange(over) for _ in range(events))
    life = []
    for at in moments:
        late = dice.choice([0, 0, 0, MINUTE, HOUR, 25 * HOUR])
        life.append(
            Happening(
                dice.randrange(events // 4 + 1),
                dice.choice(kinds),
                BEGIN + at - late,
                dice.choice([None, bytes(10) + b"\xff\xff" + bytes([198, 51, dice.randrange(2), dice.randrange(3)])]),
                dice.choice([None, "", "curl/8", "Mozilla/5.0 Firefox/130.0"]),
                dice.choice([None, "d1", "d2"]),
                dice.choice([None, "DE"]),
                dice.choice([None, {}, {"v1": dice.randrange(20)}, {"v1": 1, "v2": dice.randrange(9)}]),
                declined=dice.random() < 0.1,
            )
        )
    return life


def read(happenings: Sequence[Happening]) -> list[list[Reading]]:
    """What a new watch reads of them; each list is kept as it was handed out."""
    told, visits, found = Watch("USD"), dict[int, Visit](), []
    for one in happenings:
        visits[one.session_id], readings = told.see(one, visits.get(one.session_id))
        found.append(readings)
    return found


@given(st.integers(0, 2**32), st.integers(1, 79))
def test_what_is_read_of_an_event_does_not_depend_on_what_comes_later(seed: int, known: int) -> None:
    life = a_life(random.Random(seed), 80, 2 * DAY)
    assert read(deepcopy(life))[:known] == read(life[:known])


@given(st.integers(0, 2**32))
def test_a_session_that_goes_on_from_storage_reads_as_one_that_never_stopped(seed: int) -> None:
    life = a_life(random.Random(seed), 60, DAY)
    told, visits, found = Watch("USD"), dict[int, str](), []
    for one in life:
        memory = visits.get(one.session_id)
        visit, readings = told.see(one, Visit.loaded(memory) if memory else None)
        visits[one.session_id] = visit.dumped()
        found.append(readings)
    assert found == read(life)


def test_what_a_session_did_itself_is_never_what_others_did() -> None:
    """It counts as one reservation from first to last, and its own outcome is no experience with its address."""
    shop, line = Shop(), {"v1": 20}
    shop.tell(1, STARTED, 0, IP, agent="curl/8", device_id="d1", lines=line)
    told = [
        shop.tell(1, kind, number * SECOND, IP, agent="curl/8", device_id="d1", lines=line)
        for number, kind in enumerate((UPDATED, SEEN, RENEWED, EXTENDED, CHECKOUT, UPDATED), 1)
    ]
    shop.decide(1, RESTRICTED, 7 * SECOND)
    told.append(shop.tell(1, EXPIRED, 20 * SECOND))
    told.append(shop.tell(1, SEEN, 21 * SECOND, IP, device_id="d1"))
    told.append(shop.tell(1, CONVERTED, 22 * SECOND))
    shop.decide(1, CLEARED, 23 * SECOND)
    told.append(shop.tell(1, SEEN, 24 * SECOND, IP, device_id="d1"))
    for readings in told:
        assert {name: readings[name] for name in _VOLUMES} == dict.fromkeys(_VOLUMES, 1)
        assert {name: readings[name] for name in _OTHERS} == dict.fromkeys(_OTHERS, 0)
        assert {readings[f"{of}_conversion"] for of in ("ip", "network", "device")} == {1.0}
    after = shop.tell(2, STARTED, MINUTE, IP, device_id="d1")
    assert [after[name] for name in ("ip_hour", "ip_bought", "ip_over", "restricted_before")] == [2, 1, 1, 1]


def test_a_session_that_moves_on_to_another_address_takes_its_stock_along_and_counts_there() -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, IP, lines={"v1": 12})
    told = shop.tell(1, SEEN, SECOND, "198.51.100.1")
    assert (told["ip_hour"], told["network_hour"]) == (1, 0)
    told = shop.tell(2, STARTED, 2 * SECOND, "198.51.100.9", lines={"v1": 8})
    assert (told["stock_share"], told["ip_hour"], told["network_hour"]) == (1.0, 1, 1)
    assert shop.tell(3, STARTED, 3 * SECOND, IP, lines={"v1": 20})["stock_share"] == 0.5


def test_a_session_that_moves_on_to_another_device_counts_there() -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, device_id="d1")
    assert shop.tell(1, SEEN, SECOND, device_id="d2")["device_hour"] == 1
    assert shop.tell(2, STARTED, 2 * SECOND, device_id="d2")["device_hour"] == 2


def test_of_an_event_that_is_a_day_late_nothing_is_said_of_its_address_and_it_is_not_noted() -> None:
    shop = Shop()
    shop.tell(1, STARTED, 2 * DAY, IP)
    for at, known in ((DAY, 1), (DAY - 1, None)):
        assert shop.tell(2 + at, STARTED, at, IP)["ip_day"] == known
    assert shop.tell(9, STARTED, 2 * DAY + 1, IP)["ip_day"] == 2


def test_what_an_address_did_is_known_to_the_millisecond_for_a_day() -> None:
    for span, name in ((MINUTE, "ip_minute"), (HOUR, "ip_hour"), (DAY, "ip_day")):
        for pause, expected in ((span - 1, 2), (span, 1)):
            shop = Shop()
            shop.tell(1, STARTED, 0, IP)
            assert shop.tell(2, STARTED, pause, IP)[name] == expected


def test_after_two_days_of_other_traffic_nothing_is_left_of_what_was_before() -> None:
    shop = Shop()
    for number in range(400):
        shop.tell(number, STARTED, number, f"10.{number // 200}.{number % 200}.1", device_id=f"d{number}")
    assert shop.watch.remembered == 3 * 400
    for hour in range(1, 49):
        shop.tell(1_000 + hour, STARTED, hour * HOUR, IP, device_id="other")
    assert shop.watch.remembered == 3  # the other's IP, network and device


def test_late_events_do_not_keep_what_has_had_its_day() -> None:
    dice, shop = random.Random(4), Shop()
    for number in range(600):
        at = number * 10 * MINUTE - dice.choice([0, 0, HOUR, 20 * HOUR])
        shop.tell(number, STARTED, at, f"203.0.{number % 250}.{number // 250}", device_id=f"d{number}")
    # 144 sessions begin in a day; an entity that a late event brought goes at the latest a day later.
    assert shop.watch.remembered < 3 * 2 * 144 + 30


def test_however_many_addresses_come_within_a_day_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MOST", 50)
    shop = Shop()
    for number in range(300):
        shop.tell(number, STARTED, number, f"203.{number // 200}.{number % 200}.1", device_id=f"d{number}")
        shop.tell(1_000 + number, STARTED, number, IP)
    assert shop.watch.remembered == 150
    # Those that were not seen for the longest time went: this one was seen all the time.
    assert shop.tell(9_999, STARTED, 301, IP)["ip_hour"] == 65


def test_after_an_order_that_followed_its_expiry_the_next_session_of_the_address_may_expire_too() -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, IP, lines={"v1": 1})
    shop.tell(1, EXPIRED, 900 * SECOND)
    shop.tell(1, CONVERTED, 901 * SECOND)
    shop.tell(2, STARTED, 902 * SECOND, IP, lines={"v1": 1})
    shop.tell(2, EXPIRED, 1_802 * SECOND)
    told = shop.tell(3, STARTED, 1_803 * SECOND, IP, lines={"v1": 1})
    assert (told["ip_bought"], told["ip_over"]) == (1, 2)
