"""What shops live through that makes each signal rise, and the readings of it, event by event."""

from collections.abc import Callable, Iterator

from data.risk.readings import Reading
from tests.shoppers import (
    CANCELLED,
    CHECKOUT,
    CLEARED,
    CONVERTED,
    EXPIRED,
    EXTENDED,
    HOUR,
    MINUTE,
    RENEWED,
    RESTRICTED,
    SECOND,
    STARTED,
    UPDATED,
    Shop,
)

Told = Iterator[dict[str, Reading]]
Story = Callable[[Shop], Told]

IP, DEVICE = "203.0.113.7", "d1"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
MOMENTS = (0, 10 * SECOND, 30 * MINUTE, 5 * HOUR)


def at_one_address(shop: Shop) -> Told:
    for number, at in enumerate(MOMENTS):
        yield shop.tell(number, STARTED, at, IP)


def in_one_network(shop: Shop) -> Told:
    for number, at in enumerate(MOMENTS):
        yield shop.tell(number, STARTED, at, f"203.0.113.{number}")


def on_one_device(shop: Shop) -> Told:
    for number, at in enumerate(MOMENTS):
        yield shop.tell(number, STARTED, at, f"198.51.{number}.7", device_id=DEVICE)


def a_device_that_rotates(shop: Shop) -> Told:
    for number in range(6):
        yield shop.tell(number, STARTED, number * MINUTE, f"203.0.113.{number}", device_id=DEVICE)


def several_programs(shop: Shop) -> Told:
    for number in range(3):
        yield shop.tell(number, STARTED, number * MINUTE, IP, agent=f"{BROWSER} {number}")


def bought(shop: Shop, *, ips: tuple[str, str], devices: tuple[str | None, str | None] = (None, None)) -> Told:
    """A session, an order, a session that knows of it, an expiry, and one that knows of both."""
    for number, ending in enumerate((CONVERTED, EXPIRED, None)):
        at, place = number * MINUTE, min(number, 1)
        yield shop.tell(number, STARTED, at, ips[place], device_id=devices[place])
        if ending is not None:
            shop.tell(number, ending, at + SECOND)


def bought_at_the_address(shop: Shop) -> Told:
    return bought(shop, ips=(IP, IP))


def bought_in_the_network(shop: Shop) -> Told:
    for number, ending in enumerate((CONVERTED, EXPIRED, None)):
        yield shop.tell(number, STARTED, number * MINUTE, f"203.0.113.{number}")
        if ending is not None:
            shop.tell(number, ending, number * MINUTE + SECOND)


def bought_on_the_device(shop: Shop) -> Told:
    return bought(shop, ips=(IP, "198.51.100.1"), devices=(DEVICE, DEVICE))


def in_vain(shop: Shop, ip: Callable[[int], str], device_id: str | None = None) -> Told:
    for number in range(5):
        yield shop.tell(number, STARTED, number * MINUTE, ip(number), device_id=device_id)
        shop.tell(number, EXPIRED, number * MINUTE + SECOND)


def in_vain_at_the_address(shop: Shop) -> Told:
    return in_vain(shop, lambda number: IP)


def in_vain_in_the_network(shop: Shop) -> Told:
    return in_vain(shop, lambda number: f"203.0.113.{number}")


def in_vain_on_the_device(shop: Shop) -> Told:
    return in_vain(shop, lambda number: f"198.51.{number}.7", DEVICE)


def the_same_again(shop: Shop) -> Told:
    for number in range(3):
        yield shop.tell(number, STARTED, number * HOUR, IP, lines={"v1": 1, f"other-{number}": 1})
        shop.tell(number, EXPIRED, number * HOUR + 15 * MINUTE)


def renewals(shop: Shop) -> Told:
    yield shop.tell(1, STARTED, 0)
    for number in (1, 2):
        yield shop.tell(1, RENEWED, number * 10 * MINUTE)


def extensions(shop: Shop) -> Told:
    for number, at in enumerate((0, 5 * MINUTE, 2 * HOUR)):
        yield shop.tell(1, EXTENDED if number else STARTED, at)


def a_large_share(shop: Shop) -> Told:
    yield shop.tell(1, STARTED, 0, IP, lines={"v1": 9})
    yield shop.tell(2, STARTED, SECOND, "198.51.100.1", lines={"v1": 1})
    yield shop.tell(3, STARTED, SECOND, "198.51.100.2", lines={"v1": 10})


def many_of_one(shop: Shop) -> Told:
    yield shop.tell(1, STARTED, 0, lines={"v1": 1, "v2": 2})
    yield shop.tell(1, UPDATED, SECOND, lines={"v1": 8})
    yield shop.tell(1, UPDATED, SECOND, lines={"v1": 6, "v2": 6}, most=12)


def the_first_item(shop: Shop) -> Told:
    for number, pause in enumerate((500, 4_000)):
        shop.tell(number, STARTED, 0)
        yield shop.tell(number, UPDATED, pause, lines={"v1": 1})


def a_clock_and_a_person(shop: Shop) -> Told:
    for number, moments in enumerate(([0, 10, 20, 30], [0, 5, 20, 25])):
        for at in moments:
            shop.tell(number, UPDATED, at * SECOND)
        yield shop.tell(number, UPDATED, 40 * SECOND)


def snatched(shop: Shop) -> Told:
    shop.tell(1, STARTED, 0, lines={"v1": 1, "v2": 1})
    shop.tell(1, EXPIRED, 15 * MINUTE)
    yield shop.tell(2, STARTED, 15 * MINUTE + 300, lines={"v1": 1})
    yield shop.tell(3, STARTED, 15 * MINUTE + 5_000, lines={"v2": 1})
    yield shop.tell(4, STARTED, 3 * HOUR, lines={"v1": 1})


def programs(shop: Shop) -> Told:
    for number, agent in enumerate((BROWSER, "", "curl/8.5.0", "HeadlessChrome/128.0", "Googlebot/2.1")):
        yield shop.tell(number, STARTED, 0, IP, agent=agent)


def machines_for_rent(shop: Shop) -> Told:
    for number, ip in enumerate(("91.0.0.1", "52.95.110.1")):
        yield shop.tell(number, STARTED, 0, ip)


def countries(shop: Shop) -> Told:
    yield shop.tell(1, STARTED, 0, "91.0.0.1", country="DE")
    yield shop.tell(2, STARTED, 0, "8.8.8.8")
    yield shop.tell(3, STARTED, 0, "91.0.0.1", country="US")
    yield shop.tell(4, STARTED, 0, "91.0.0.1")


def let_go_at_once(shop: Shop) -> Told:
    for number in range(3):
        shop.tell(number, STARTED, number * MINUTE, IP, lines={"v1": 1})
        yield shop.tell(number, CANCELLED, number * MINUTE + 5 * SECOND)
    shop.tell(4, STARTED, 4 * MINUTE, IP)
    yield shop.tell(4, CANCELLED, 7 * MINUTE)
    shop.tell(5, STARTED, 3 * HOUR, IP)
    yield shop.tell(5, CANCELLED, 3 * HOUR)


def payments_that_fail(shop: Shop) -> Told:
    for number in range(3):
        shop.tell(number, STARTED, number * MINUTE, IP, lines={"v1": 1})
        yield shop.tell(number, CANCELLED, number * MINUTE + 5 * SECOND, declined=True)


def after_a_decision(shop: Shop, what: Callable[[int], None]) -> Told:
    for number in range(3):
        yield shop.tell(number, STARTED, number * MINUTE, IP)
        what(number)


def after_a_restriction(shop: Shop) -> Told:
    return after_a_decision(shop, lambda number: shop.decide(number, RESTRICTED, number * MINUTE + SECOND))


def after_a_clearance(shop: Shop) -> Told:
    return after_a_decision(shop, lambda number: shop.decide(number, CLEARED, number * MINUTE + SECOND))


def a_checkout(shop: Shop) -> Told:
    for number, kind in enumerate((STARTED, CHECKOUT, CONVERTED)):
        yield shop.tell(1, kind, number * MINUTE)
    shop.tell(2, CHECKOUT, 0)
    shop.tell(2, CHECKOUT, 5 * SECOND)
    yield shop.tell(2, CHECKOUT, 10 * SECOND)


def changes(shop: Shop) -> Told:
    yield shop.tell(1, STARTED, 0, lines={"v1": 1})
    for number in (1, 2):
        yield shop.tell(1, UPDATED, number * MINUTE, lines={"v1": number})


USUAL = 0.3  # the conversion of shops in general, of which two sessions are taken to be known
STORIES: dict[str, tuple[Story, list[Reading]]] = {
    "ip_minute": (at_one_address, [1, 2, 1, 1]),
    "ip_hour": (at_one_address, [1, 2, 3, 1]),
    "ip_day": (at_one_address, [1, 2, 3, 4]),
    "network_minute": (in_one_network, [0, 1, 0, 0]),
    "network_hour": (in_one_network, [0, 1, 2, 0]),
    "network_day": (in_one_network, [0, 1, 2, 3]),
    "network_rotated": (a_device_that_rotates, [0, 0, 0, 0, 1, 2]),
    "device_minute": (on_one_device, [1, 2, 1, 1]),
    "device_hour": (on_one_device, [1, 2, 3, 1]),
    "device_day": (on_one_device, [1, 2, 3, 4]),
    "device_addresses": (on_one_device, [1, 2, 3, 4]),
    "ip_agents": (several_programs, [1, 2, 3]),
    "ip_conversion": (bought_at_the_address, [1.0, 1.6 / 3 / USUAL, 1.6 / 4 / USUAL]),
    "network_conversion": (bought_in_the_network, [1.0, 1.6 / 3 / USUAL, 1.6 / 4 / USUAL]),
    "device_conversion": (bought_on_the_device, [1.0, 1.6 / 3 / USUAL, 1.6 / 4 / USUAL]),
    "ip_none_bought": (in_vain_at_the_address, [0, 0, 0, 4, 5]),
    "network_none_bought": (in_vain_in_the_network, [0, 0, 0, 3, 4]),
    "device_none_bought": (in_vain_on_the_device, [0, 0, 0, 4, 5]),
    "held_again": (the_same_again, [0, 1, 2]),
    "renewals": (renewals, [0, 1, 2]),
    "hold_time": (renewals, [0.0, 10.0, 20.0]),
    "extensions": (extensions, [0.0, 1.0, 1.0]),
    "stock_share": (a_large_share, [0.0, 0.1, 0.55]),
    "quantity": (many_of_one, [0.5, 2.0, 3.0]),
    "first_add": (the_first_item, [0.5, 4.0]),
    "regularity": (a_clock_and_a_person, [0.0, 0.5]),
    "since_release": (snatched, [0.3, 5.0, 3_600.0]),
    "agent": (programs, [0, 1, 2, 3, 4]),
    "hosting": (machines_for_rent, [0, 1]),
    "country": (countries, [0, 0, 1, 2]),
    "cancels": (let_go_at_once, [1, 2, 3, 3, 1]),
    "declined": (payments_that_fail, [1, 2, 3]),
    "restricted_before": (after_a_restriction, [0, 1, 2]),
    "cleared_before": (after_a_clearance, [0, 1, 2]),
    "checkout": (a_checkout, [0, 1, 2, 3]),
    "cart_changes": (changes, [0, 1, 2]),
}
"""By signal: what happens, and what is read each time."""
