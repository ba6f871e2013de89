"""What scoring knows of the recent past: made again from what is stored it is the same, in whichever process."""

from pathlib import Path

from sqlalchemy import text

from data import erasure, expiry, past, restrict, rules
from data.event_format import parse
from data.levels import Decision
from data.risk.happening import of_event
from data.risk.readings import READINGS
from data.rule_targets import Target
from data.shopify_csv import order_event, order_token
from data.status import Status
from tests.factories import a_store, after, event, kinds, line, tell, the_session, the_timeline
from tests.factories import text as text_of
from tests.store_lives import found, the_readings
from tests.test_past_lives import a_database


async def test_an_expiry_that_was_taken_back_is_as_known_after_a_start_as_it_was_before(tmp_path: Path) -> None:
    async with a_database(tmp_path) as db, a_database(tmp_path) as other:
        store = await a_store(db)
        for number in range(3):
            begun = event(minutes=number, token=f"early-{number}", lines=[line(7, 3)], ip="203.0.113.7")
            await tell(db, store, begun, now=after(number))
        await expiry.sweep(db, after(20))
        for number in range(3):
            # The order was paid in time, and is told late: the session had not expired.
            paid = event("checkout.completed", number + 14, f"early-{number}")
            await tell(db, store, paid, now=after(21))
        assert kinds(await the_timeline(db, store, "early-0")) == ["started", "converted"]
        next_one = event(minutes=22, token="next", lines=[line(7, 3)], ip="203.0.113.7")
        await past.prepare(other, [store])
        went_on, began = db.lookouts.by_store[store.id], other.lookouts.prepared[store.id][0]
        happening = of_event(1, parse(next_one, currency="USD", received_at=after(22)))
        readings = dict(zip(READINGS, began.watch.see(happening, None)[1], strict=True))
        assert readings == dict(zip(READINGS, went_on.watch.see(happening, None)[1], strict=True))
        assert (readings["held_again"], readings["ip_bought"]) == (1, 3)


async def test_the_score_of_an_expiry_that_was_taken_back_has_its_place_after_a_start_too(tmp_path: Path) -> None:
    async with a_database(tmp_path) as db, a_database(tmp_path) as other:
        store = await a_store(db)
        until = text_of(after(40))
        begun = event(lines=[line()], ip="203.0.113.7", user_agent="curl/8.5.0", expires_at=until)
        await tell(db, store, begun, now=after(0))
        await expiry.sweep(db, after(41))
        # Two days before it had begun, and expired: that is told so late that the session is not scored again.
        await tell(db, store, event("cart.updated", -60 * 48, lines=[line()]), now=after(50))
        assert kinds(await the_timeline(db, store))[:3] == ["started", "cart_updated", "expired"]
        await past.prepare(other, [store])
        went_on, began = db.lookouts.by_store[store.id], other.lookouts.prepared[store.id][0]
        assert began.queue.thresholds(1, began.model) == went_on.queue.thresholds(1, went_on.model)


async def test_stock_that_is_held_for_days_is_known_after_a_start(tmp_path: Path) -> None:
    far = text_of(after(60 * 24 * 5))
    async with a_database(tmp_path) as db:
        store = await a_store(db)
        holder = event(token="holder", lines=[line(7, 30)], ip="203.0.113.7", expires_at=far)
        await tell(db, store, holder, now=after(0))
        for hour in range(1, 72, 6):
            await tell(db, store, event(minutes=hour * 60, token=f"cart-{hour}"), now=after(hour * 60))
            await expiry.sweep(db, after(hour * 60 + 20))
    async with a_database(tmp_path) as db:
        next_one = event(minutes=72 * 60, token="next", lines=[line(7, 10)], ip="203.0.113.9")
        await tell(db, store, next_one, now=after(72 * 60))
        readings = await the_readings(db, "next")
        assert (readings["share_units"], readings["share_of"]) == (40, 40)  # both are of the same network
        assert await expiry.sweep(db, after(60 * 24 * 6)) == 2


async def test_what_was_told_late_of_before_a_session_was_heard_of_is_known_after_a_start(tmp_path: Path) -> None:
    hour = 60
    async with a_database(tmp_path) as db:
        store = await a_store(db)
        await tell(db, store, event("cart.updated", 0, lines=[line()]), now=after(0))
        await tell(db, store, event("session.started", -5 * hour, ip="203.0.113.7"), now=after(1))
        await tell(db, store, event("checkout.completed", 10), now=after(10))
        await tell(db, store, event(minutes=23 * hour, token="next", ip="203.0.113.7"), now=after(23 * hour))
        assert (await the_readings(db, "next"))["ip_bought"] == 1
    async with a_database(tmp_path) as db:
        await tell(db, store, event(minutes=23 * hour + 1, token="last", ip="203.0.113.7"), now=after(23 * hour + 1))
        assert (await the_readings(db, "last"))["ip_bought"] == 1


async def test_the_sweep_that_comes_first_after_a_start_lets_go_what_was_held(tmp_path: Path) -> None:
    far = text_of(after(60 * 24 * 3))
    async with a_database(tmp_path) as db:
        store = await a_store(db)
        await tell(
            db, store, event(token="holder", lines=[line(7, 30)], ip="203.0.113.7", expires_at=far), now=after(0)
        )
        await tell(db, store, event(minutes=60 * 24 * 3 - 1, token="other"), now=after(60 * 24 * 3 - 1))
    async with a_database(tmp_path) as db:
        await expiry.sweep(db, after(60 * 24 * 3 + 1))
        minutes = 60 * 24 * 3 + 2
        taken = [line(7, 10)]
        await tell(db, store, event(minutes=minutes, token="next", lines=taken, ip="198.51.100.9"), now=after(minutes))
        readings = await the_readings(db, "next")
        assert (readings["share_units"], readings["share_of"], readings["since_release"]) == (10, 10, 120.0)


async def test_the_merchants_decisions_are_known_after_a_start_and_in_every_process(tmp_path: Path) -> None:
    async with a_database(tmp_path) as db, a_database(tmp_path) as other:
        store = await a_store(db)
        for number in range(2):
            await tell(db, store, event(minutes=number, token=f"cart-{number}", ip="203.0.113.7"), now=after(number))
            await restrict.decide(
                other, store.id, f"cart-{number}", Decision.RESTRICTED, reason="Resells", now=after(number)
            )
        for number, process in enumerate((db, other)):
            token = f"next-{number}"
            await tell(process, store, event(minutes=5 + number, token=token, ip="203.0.113.7"), now=after(5 + number))
            assert (await the_readings(process, token))["restricted_before"] == 2
    async with a_database(tmp_path) as db:
        await tell(db, store, event(minutes=9, token="last", ip="203.0.113.7"), now=after(9))
        assert (await the_readings(db, "last"))["restricted_before"] == 2


async def test_what_is_told_of_long_ago_is_read_as_it_was_also_while_a_rule_decides(tmp_path: Path) -> None:
    async with a_database(tmp_path) as db:
        store = await a_store(db)
        now = after(60 * 24 * 20)
        about = Target.IP, "203.0.113.7", Decision.CLEARED
        await rules.add(db, store.id, *about, reason="A monitor of ours", until=None, now=now)
        for number in range(4):
            await tell(db, store, event(minutes=number, token=f"cart-{number}", ip="203.0.113.7"), now=now)
        assert (await the_readings(db, "cart-3"))["ip_hour"] == 4


async def test_a_session_of_which_nothing_was_told_is_not_begun_by_its_end(tmp_path: Path) -> None:
    async with a_database(tmp_path) as db:
        store = await a_store(db)
        await tell(db, store, event(), now=after(0))
        async with db.writing() as session:  # as it is where its shopper was erased
            await (await session.connection()).execute(text("DELETE FROM session_risk"))
            await (await session.connection()).execute(text("UPDATE event SET raw = NULL"))
        assert await expiry.sweep(db, after(20)) == 1
        assert (await the_session(db, store)).status is Status.EXPIRED
        assert (await found(db))["risks"][0][4] is None


async def test_who_was_erased_is_not_remembered_either(tmp_path: Path) -> None:
    async with a_database(tmp_path) as db:
        store = await a_store(db)
        shopper = {"ip": "203.0.113.7", "device_id": "phone"}
        for number in range(3):
            await tell(db, store, event(minutes=number, token=f"cart-{number}", **shopper), now=after(number))
        ids = [(await the_session(db, store, f"cart-{number}")).id for number in range(2)]
        async with db.writing() as session:
            await erasure.erase_sessions(session, store.id, ids, after(4))
        await tell(db, store, event(minutes=5, token="next", **shopper), now=after(5))
        readings = await the_readings(db, "next")
        assert (readings["ip_hour"], readings["device_hour"]) == (2, 2)
        assert await erasure.erase_everything(db, store.id) == 4
        await tell(db, store, event(minutes=6, token="last", **shopper), now=after(6))
        assert (await the_readings(db, "last"))["ip_hour"] == 1


async def test_a_stand_in_that_has_given_way_is_not_remembered(tmp_path: Path) -> None:
    async with a_database(tmp_path) as db, a_database(tmp_path) as other:
        store = await a_store(db)
        paid = {"order_id": "1001", "lines": [line()]}
        imported = event("checkout.completed", 1, order_token("1001"), id=order_event("1001"), **paid)
        await tell(db, store, imported, now=after(2))
        await tell(db, store, event(minutes=3, token="real"), now=after(3))
        await tell(db, store, event("checkout.completed", 4, "real", **paid), now=after(4))
        await tell(db, store, event(minutes=5, token="next"), now=after(5))
        await past.prepare(other, [store])
        went_on, (began, _) = db.lookouts.by_store[store.id], other.lookouts.prepared[store.id]
        assert went_on.queue._hours == began.queue._hours
        assert sum(map(len, went_on.queue._hours.values())) == 2


async def test_another_process_that_erases_a_store_leaves_nothing_to_be_remembered(tmp_path: Path) -> None:
    shopper = {"ip": "203.0.113.7"}
    async with a_database(tmp_path) as db, a_database(tmp_path) as other:
        store = await a_store(db)
        for number, process in enumerate((db, other, db, other)):
            await tell(process, store, event(minutes=number, token=f"cart-{number}", **shopper), now=after(number))
        await erasure.erase_everything(other, store.id)
        await tell(other, store, event(minutes=5, token="first", **shopper), now=after(5))
        await tell(db, store, event(minutes=6, token="second", **shopper), now=after(6))
        assert (await the_readings(db, "second"))["ip_hour"] == 2


async def test_a_session_whose_memory_is_gone_goes_on_from_its_timeline(tmp_path: Path) -> None:
    async with a_database(tmp_path) as db, a_database(tmp_path) as other:
        store = await a_store(db)
        held = event(token="held", lines=[line(7, 30)], ip="203.0.113.7")
        await tell(db, store, held, event("reservation.renewed", 1, "held"), now=after(1))
        async with db.writing() as session:  # as it is after an upgrade, or once its address was shortened
            await (await session.connection()).execute(text("DELETE FROM session_risk"))
        await tell(db, store, event("reservation.renewed", 2, "held"), now=after(2))
        assert (await the_readings(db, "held"))["renewals_made"] == 2
        async with db.writing() as session:
            await (await session.connection()).execute(text("UPDATE session_risk SET memory = NULL"))
        assert await expiry.sweep(db, after(30)) == 1
        for number, process in enumerate((db, other)):
            taken = event(minutes=31 + number, token=f"next-{number}", lines=[line(7, 10)], ip="198.51.100.7")
            await tell(process, store, taken, now=after(31 + number))
            readings = await the_readings(process, f"next-{number}")
            assert (readings["share_units"], readings["share_of"]) == (10 * (number + 1), 10 * (number + 1))
