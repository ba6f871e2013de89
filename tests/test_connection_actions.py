"""What a merchant does on the page of connections beside connecting: settings, keys, quarantine, privacy."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui.testing import User
from sqlalchemy import text

from data import connections, intake, quarantine, stores
from data.database import Database
from data.deliveries import ConnectionKind
from pages import doorways
from tests.console import NOW, Site, a_site
from tests.merchant import connected, counts, deliver, fields, form, press, until, words
from tests.shopify import cart, encoded, order
from ui.text import Text

BROKEN = b"this is not JSON"


async def complete_bodies(db: Database, ending: bytes) -> None:
    """Let what is kept be understood, as an update would: it ends as it should have."""
    async with db.writing() as session:
        await (await session.connection()).execute(
            text("UPDATE delivery SET body = body || :ending"), {"ending": ending}
        )


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def test_what_is_in_quarantine_is_tried_again_or_discarded(site: Site) -> None:
    store = await connected(site)
    await site.user.open("/connections")
    await site.user.should_see("Nothing is in quarantine.")
    for body in (BROKEN, BROKEN + b"!"):
        assert await deliver(site, store, body) == 200
    await site.user.should_see("2 deliveries could not be understood.")
    await site.user.should_see("the body is not JSON")
    press(site.user, "Retry all")
    await site.user.should_see("2 of 2 deliveries are still not understood")
    await site.user.should_see("2 deliveries could not be understood.")
    press(site.user, "Discard")
    await site.user.should_see("Discard this delivery?")
    [_, second] = (await intake.of_store(site.database, store.id)).quarantined
    assert words(site.user)[-8:-3] == [
        *("Cart creation", "Received", "Mar 1, 2026, 12:10:00\u202fPM UTC", "Problem", "the body is not JSON")
    ]
    press(site.user, "Discard", -1)
    await site.user.should_see("1 delivery could not be understood.")
    assert (await intake.of_store(site.database, store.id)).quarantined == (second,)
    press(site.user, "Retry")
    await site.user.should_see("Still not understood")


async def test_what_is_understood_by_now_is_said_to_be_applied(site: Site) -> None:
    store = await connected(site)
    for token in ("mended-1", "mended-2", "mended-3"):
        assert await deliver(site, store, encoded(cart(token=token))[:-1]) == 200
    await site.user.open("/connections")
    await complete_bodies(site.database, b"}")
    press(site.user, "Retry")
    await site.user.should_see("Applied")
    press(site.user, "Retry all")
    await site.user.should_see("2 deliveries are understood now")
    await site.console.live.look()  # the page has heard of all of it
    await site.user.should_see("Nothing is in quarantine.")
    assert (await intake.of_store(site.database, store.id)).in_quarantine == 0


async def test_what_is_gone_already_is_said_to_be_gone(site: Site) -> None:
    store = await connected(site)
    for body in (BROKEN, BROKEN + b"!"):
        assert await deliver(site, store, body) == 200
    await site.user.open("/connections")
    press(site.user, "Discard")
    await site.user.should_see("Discard this delivery?")
    for record in (await intake.of_store(site.database, store.id)).quarantined:
        assert await quarantine.discard(site.database, store.id, record.id)
    press(site.user, "Retry all")
    await site.user.should_see("There is nothing left that could be tried again")
    press(site.user, "Discard", -1)
    await site.user.should_see("This delivery is not in quarantine any more")
    await site.user.should_not_see("Delivery discarded")
    await site.console.live.look()  # the page has heard of all of it
    assert (await intake.of_store(site.database, store.id)).in_quarantine == 0


async def test_a_full_quarantine_shows_ten_and_new_ones_come_below(site: Site) -> None:
    store = await connected(site)
    await site.user.open("/connections")
    for number in range(10):
        assert await deliver(site, store, BROKEN + str(number).encode()) == 200
    await site.user.should_see("10 deliveries could not be understood.")
    before = words(site.user)
    for number in range(10, 12):
        assert await deliver(site, store, BROKEN + str(number).encode()) == 200
    await site.user.should_see("10 of 12 in quarantine")
    assert words(site.user).count("Retry") == before.count("Retry") == 10
    press(site.user, "Show all")
    await site.user.should_see("12 of 12 in quarantine")
    assert words(site.user).count("Retry") == 12
    press(site.user, "Show fewer")
    await site.user.should_see("10 of 12 in quarantine")


async def test_a_problem_cannot_turn_the_text_around_it(site: Site) -> None:
    store = await connected(site)
    assert await deliver(site, store, encoded(cart() | {"updated_at": "\u202eevil\x07"})) == 200
    await site.user.open("/connections")
    await site.user.should_see("1 delivery could not be understood.")
    assert not any("\u202e" in one or "\x07" in one for one in words(site.user))


async def test_settings_are_saved_within_their_limits(site: Site) -> None:
    await site.store()
    await site.user.open("/connections")
    known = {"timer_minutes": "30", "max_renewals": "3", "extension_minutes": "0", "ip_days": "7"}
    known["review_capacity"] = "50"
    for wrong, said in (
        ({"timer_minutes": "61"}, "A cart can hold stock for 5 to 60 minutes."),
        ({"ip_days": "0"}, "IP addresses can be kept in full for 1 to 365 days."),
        ({"review_capacity": "10001"}, "From 1 to 10,000 sessions can be reviewed in a day."),
        ({"max_renewals": "many"}, "Give whole numbers, as in 15."),
        ({"timer_minutes": None}, "Give whole numbers, as in 15."),
    ):
        form(site.user, "ip_days").trigger("submit", known | wrong)
        await site.user.should_see(said)
    form(site.user, "ip_days").trigger("submit", ["no form at all"])
    await site.user.should_see("Give whole numbers, as in 15.")
    form(site.user, "ip_days").trigger("submit", known)
    await site.user.should_see("Saved. Carts that hold stock now keep what they were granted.")
    await site.user.should_not_see("Give whole numbers, as in 15.")
    [store] = await stores.every(site.database)
    assert {name: str(getattr(store, name)) for name in known} == known


async def test_settings_changed_elsewhere_are_shown(site: Site) -> None:
    store = await site.store()
    await site.user.open("/connections")
    settings = {"timer_minutes": 42, "max_renewals": 1, "extension_minutes": 5, "ip_days": 3, "review_capacity": 8}
    await stores.change(site.database, store.id, settings, now=NOW)
    await site.console.live.look()
    wanted = {name: str(value) for name, value in settings.items()}
    await until(lambda: fields(site.user).items() >= wanted.items())


async def test_a_key_is_shown_once_and_can_be_withdrawn(site: Site) -> None:
    store = await site.store()
    await site.user.open("/connections")
    await site.user.should_see("There is no key yet.")
    press(site.user, "New key")
    await site.user.should_see("Copy it now: it is shown only this once.")
    [key] = [text for text in words(site.user) if text.startswith("cw_") and "…" not in text]
    opened = await stores.by_key(site.database, key)
    assert opened is not None
    assert opened.id == store.id
    await site.user.should_see(f"cw_…{key[-4:]}")
    press(site.user, "Withdraw")
    await site.user.should_see("Whoever sends events with it is refused from then on.")
    press(site.user, "Withdraw", -1)
    await site.user.should_see("There is no key yet.")
    assert await stores.by_key(site.database, key) is None


async def test_the_beacon_gives_a_line_for_the_theme(site: Site) -> None:
    store = await site.store()
    await site.user.open("/connections")
    press(site.user, "Open beacon")
    await site.user.should_see("Put this line into your theme")
    found = (await connections.of_store(site.database, store.id))[ConnectionKind.BEACON]
    assert doorways.beacon_line(site.console.address, found.address, 15) in words(site.user)
    assert counts(site.user, "seen") == ["0", "0", "0"]


async def test_a_test_delivery_that_nobody_answers_says_so(site: Site) -> None:
    await connected(site)
    await site.user.open("/connections")
    press(site.user, "Send test delivery")  # nothing listens at the console's address here
    await site.user.should_see("cannot be reached", retries=50)


async def test_what_a_customer_asked_for_is_handed_over_as_a_file(site: Site) -> None:
    store, other = await connected(site), await site.store("other.example")
    await deliver(site, store, encoded(cart()))
    await deliver(site, store, encoded(order()), "orders/create")
    asked = {
        "shop_id": 1,
        "orders_requested": [order()["id"], 5, 6, 7, 8],
        "customer": {"id": 7},
        "data_request": {"id": 9},
    }
    await deliver(site, store, encoded(asked), "customers/data_request")
    await site.user.open("/connections?store=shop.example")
    await site.user.should_see("Customer's data request")
    await site.user.should_see(f"Orders {order()['id']}, 5, 6 and 2 more")
    [link] = [element for element in site.user.find("Download").elements if isinstance(element, Text)]
    address = str(link.props["href"])
    answer = await site.client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.json()["sessions"][0]["ip"] == "203.0.113.7"
    for forged in (
        address.replace(store.domain, other.domain),
        address.replace(".json", "0.json"),
        "/connections/privacy/9223372036854775808.json",
    ):
        assert (await site.client.get(forged)).status_code == 404
    press(site.user, "Handed over")
    await site.user.should_see("The download is removed for good")
    assert (await site.client.get(address)).status_code == 200
    press(site.user, "Handed over", -1)
    await site.user.should_see("Marked as handed over")
    await site.user.should_not_see("Download")
    assert (await site.client.get(address)).status_code == 404
