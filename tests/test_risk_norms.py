"""What is usual in a store: from the last 24 whole hours, and from the shops of others until enough is known."""

from data.risk.entity import HOUR
from data.risk.norms import ENOUGH, HOURS, Habits, Norms

FIRST = 492_324 * HOUR  # an hour that begins


def told(habits: Habits, at: int, sessions: int, *, bought: int = 0, most: int = 1, renewals: int = 0) -> None:
    for number in range(sessions):
        habits.over(at, bought=number < bought, most=most, renewals=renewals, named=True)


def test_until_enough_sessions_are_over_the_usual_is_that_of_other_shops() -> None:
    habits = Habits()
    habits.turn(FIRST)
    told(habits, FIRST, ENOUGH - 1, bought=ENOUGH - 1, most=9)
    habits.turn(FIRST + HOUR)
    assert habits.norms == Norms()
    told(habits, FIRST + HOUR, 1, bought=1, most=9)
    habits.turn(FIRST + 2 * HOUR)
    assert (habits.norms.conversion, habits.norms.quantity) == ((ENOUGH + 3) / (ENOUGH + 10), 9)


def test_within_an_hour_nothing_becomes_usual() -> None:
    habits = Habits()
    habits.turn(FIRST)
    told(habits, FIRST + 1, 200, most=50)
    habits.turn(FIRST + HOUR - 1)
    assert habits.norms == Norms()
    habits.turn(FIRST + HOUR)
    assert habits.norms.quantity == 50


def test_the_usual_quantity_is_exceeded_by_one_cart_of_a_hundred_and_the_usual_renewals_by_half() -> None:
    habits = Habits()
    habits.turn(FIRST)
    told(habits, FIRST, 99, most=2, renewals=1)
    told(habits, FIRST, 1, most=500, renewals=5)
    told(habits, FIRST, 101, most=1, renewals=3)
    habits.turn(FIRST + HOUR)
    assert (habits.norms.quantity, habits.norms.renewals) == (2, 3)


def test_what_was_usual_a_day_ago_is_forgotten_and_late_news_of_it_is_not_counted() -> None:
    habits = Habits()
    habits.turn(FIRST)
    told(habits, FIRST, 100, most=7)
    habits.turn(FIRST + HOURS * HOUR)
    assert habits.norms.quantity == 7
    habits.turn(FIRST + (HOURS + 1) * HOUR)
    assert habits.norms == Norms()
    told(habits, FIRST, 100, most=7)
    habits.turn(FIRST + (HOURS + 2) * HOUR)
    assert habits.norms == Norms()


def test_made_up_quantities_are_told_apart_within_bounds() -> None:
    habits = Habits()
    habits.turn(FIRST)
    for number in range(100):
        habits.over(FIRST, bought=False, most=10**9 + number, renewals=10**6 + number, named=None)
    habits.turn(FIRST + HOUR)
    assert (habits.norms.quantity, habits.norms.renewals) == (1_000, 1_000)


def test_a_user_agent_is_expected_where_nearly_every_session_with_an_address_tells_one() -> None:
    for silent, expected in ((0, True), (1, True), (3, False)):
        habits = Habits()
        habits.turn(FIRST)
        told(habits, FIRST, 100 - silent)
        for _ in range(silent):
            habits.over(FIRST, bought=False, most=1, renewals=0, named=False)
        for _ in range(100):
            habits.over(FIRST, bought=False, most=1, renewals=0, named=None)
        habits.turn(FIRST + HOUR)
        assert habits.norms.tells_agents is expected
