"""What a store's timer grants: holds, renewals, extensions; and that a cart that is emptied holds nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from data.event_format import parse
from data.life import Entry, Life, live, place
from data.status import Status
from data.timer import Timer, TimerProblem
from tests.factories import after, event, line, text


def lived(*documents: dict[str, Any], timer: Timer | None = None) -> tuple[Life, list[Entry]]:
    events = [parse(document, currency="USD", received_at=after(600)) for document in documents]
    return live(sorted(events, key=place), timer or Timer())


def renewed(minutes: float, **known: Any) -> dict[str, Any]:
    return event("reservation.renewed", minutes, **known)


def extended(minutes: float, **known: Any) -> dict[str, Any]:
    return event("reservation.extended", minutes, **known)


def end(life: Life) -> datetime:
    assert life.expires_at is not None
    return life.expires_at


def test_a_hold_lasts_as_long_as_the_store_says() -> None:
    life, _ = lived(event(), timer=Timer(hold=timedelta(minutes=5)))
    assert end(life) == after(5)


def test_a_renewal_begins_the_hold_anew_until_all_are_used() -> None:
    life, entries = lived(event(), renewed(10), renewed(20), renewed(30), timer=Timer(max_renewals=2))
    assert (life.renewals, life.max_renewals, end(life)) == (2, 2, after(35))
    assert [entry.note for entry in entries] == [None, None, None, "All renewals had been used."]


def test_a_renewal_whose_end_the_source_says_counts_beyond_the_maximum() -> None:
    life, _ = lived(event(), renewed(10, expires_at=text(after(40))), timer=Timer(max_renewals=0))
    assert (life.renewals, end(life)) == (1, after(40))


def test_an_extension_adds_to_what_is_left() -> None:
    life, _ = lived(event(), extended(10), timer=Timer(extension=timedelta(minutes=7)))
    assert (life.manual_extends, end(life)) == (1, after(22))


def test_no_number_of_extensions_holds_stock_for_more_than_an_hour_ahead() -> None:
    life, _ = lived(event(), *(extended(1 + number / 10) for number in range(9)))
    assert (life.manual_extends, end(life)) == (9, after(61.8))


def test_an_extension_never_shortens_what_the_source_has_granted() -> None:
    life, _ = lived(event(expires_at=text(after(600))), extended(10))
    assert end(life) == after(600)


def test_a_store_may_allow_no_extension() -> None:
    life, entries = lived(event(), extended(10), timer=Timer(extension=timedelta()))
    assert (life.manual_extends, end(life)) == (0, after(15))
    assert entries[-1].note == "This store does not allow extensions."


def test_a_cart_that_is_emptied_cancels_its_session() -> None:
    life, entries = lived(event(lines=[line()]), event("cart.updated", 5, lines=[]))
    assert (life.status, life.ended_at, life.end_reason, life.value) == (Status.CANCELLED, after(5), "empty cart", 0)
    assert entries[-1].changes["reason"] == "empty cart"
    assert entries[-1].changes["status"] == "cancelled"


def test_a_cart_that_never_held_anything_is_not_emptied() -> None:
    life, _ = lived(event(lines=[]), event("cart.updated", 5, lines=[]))
    assert life.status is Status.ACTIVE


def test_an_emptied_cart_that_was_bought_is_converted() -> None:
    life, _ = lived(
        event(lines=[line()]), event("cart.updated", 5, lines=[]), event("checkout.completed", 6, lines=[line()])
    )
    assert (life.status, life.value) == (Status.CONVERTED, 4995)


@pytest.mark.parametrize(
    "settings",
    [
        {"minutes": 4},
        {"minutes": 61},
        {"max_renewals": -1},
        {"max_renewals": 1_001},
        {"extension_minutes": -1},
        {"extension_minutes": 61},
    ],
)
def test_a_timer_has_its_limits(settings: dict[str, int]) -> None:
    with pytest.raises(TimerProblem):
        Timer.of(**({"minutes": 15, "max_renewals": 20, "extension_minutes": 15} | settings))
