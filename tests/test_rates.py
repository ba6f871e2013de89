"""How often a client may ask, who counts as one, and that strangers cannot fill the memory."""

from datetime import timedelta

import pytest

from data.rates import Rates, client
from tests.factories import NOON, after

MINUTE = timedelta(minutes=1)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def test_a_client_may_take_as_many_as_it_likes_at_once_up_to_the_limit() -> None:
    rates = Rates(3, MINUTE)
    assert [rates.take(b"a", NOON) for _ in range(5)] == [None, None, None, seconds(20), seconds(20)]


def test_what_was_taken_comes_back_one_by_one() -> None:
    rates = Rates(3, MINUTE)
    for _ in range(3):
        rates.take(b"a", NOON)
    assert rates.take(b"a", NOON + seconds(19)) == seconds(1)
    assert rates.take(b"a", NOON + seconds(20)) is None
    assert rates.take(b"a", NOON + seconds(20)) == seconds(20)
    assert [rates.take(b"a", after(60)) for _ in range(4)] == [None, None, None, seconds(20)]


def test_clients_do_not_keep_each_other_waiting() -> None:
    rates = Rates(1, MINUTE)
    assert rates.take(b"a", NOON) is None
    assert rates.take(b"b", NOON) is None
    assert rates.take(b"a", NOON) == MINUTE


def test_a_clock_that_is_set_back_keeps_nobody_waiting_for_long() -> None:
    rates = Rates(3, MINUTE)
    rates.take(b"a", after(600))
    assert rates.take(b"a", NOON) == seconds(20)


def test_clients_are_forgotten_when_they_have_been_silent_long_enough() -> None:
    rates = Rates(3, MINUTE)
    for number in range(1_000):
        rates.take(number.to_bytes(4, "big"), NOON)
    assert len(rates) == 1_000
    rates.take(b"a", after(1))
    assert len(rates) == 1


def test_no_number_of_clients_fills_the_memory() -> None:
    rates = Rates(3, MINUTE, clients=10)
    for number in range(1_000):
        rates.take(number.to_bytes(4, "big"), NOON)
    assert len(rates) == 10


def test_those_are_forgotten_first_who_have_been_silent_longest() -> None:
    rates = Rates(2, MINUTE, clients=2)
    for who, at in ((b"a", 0), (b"b", 0), (b"a", 10), (b"c", 10)):
        rates.take(who, NOON + seconds(at))
    assert rates.take(b"a", NOON + seconds(10)) == seconds(20)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        (None, "unknown", True),
        ("fe80::1%eth0", None, True),
    ],
)
def test_an_ipv4_address_is_one_client_and_so_are_64_bits_of_ipv6(one: str, other: str | None, same: bool) -> None:
    assert (client(one) == client(other)) is same
