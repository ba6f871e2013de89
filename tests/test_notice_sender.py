"""Sending notices to real servers: in order, until taken, whatever the other side does; and after a restart."""

import asyncio
import hashlib
import hmac
import ssl
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from data import notice_addresses, notices, rules
from data.database import Database
from data.levels import Decision, RiskLevel
from data.notice_outbox import FEWEST_ATTEMPTS, GIVEN_UP
from data.notice_post import LARGEST_ANSWER
from data.notice_sender import FIRST_DELAY, LONGEST_DELAY, NoticeSender
from data.notices import LevelChange
from data.records import NoticeRecord, StoreRecord
from data.rule_targets import Target
from tests.factories import NOON, a_store, event, opened, tell
from tests.notice_receiver import HANG, certificate, receiving
from tests.test_destinations import leading_to

DAY = timedelta(days=1)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Shop:
    """A store whose notices go somewhere, and its side of the matter."""

    def __init__(self, db: Database, store: StoreRecord) -> None:
        self.db = db
        self.store = store

    async def restrict(self, *tokens: str, at: datetime = NOON) -> None:
        """Restrict sessions, one after the other; each is made where it is not there yet."""
        for token in tokens:
            await tell(self.db, self.store, event(token=token))
            async with self.db.writing() as session:
                query = text("SELECT id FROM session WHERE store_id = :store AND cart_token = :token")
                found = await (await session.connection()).execute(query, {"store": self.store.id, "token": token})
                levels = RiskLevel.NORMAL, RiskLevel.RESTRICTED
                change = LevelChange(found.scalar_one(), token, *levels, Decision.RESTRICTED, "Holds all", 1, None)
                await notices.write(session, self.store.id, [change], at)

    async def known(self) -> NoticeRecord:
        found = await notice_addresses.of_store(self.db, self.store.id)
        assert found is not None
        return found

    async def secret(self) -> str:
        made = await notice_addresses.renew_secret(self.db, self.store.id)
        assert made is not None
        return made


async def a_shop(db: Database, url: str, domain: str = "shop.example") -> Shop:
    shop = Shop(db, await a_store(db, domain))
    assert await notice_addresses.put(db, shop.store.id, url, NOON, loopback=True, asking=leading_to("127.0.0.1"))
    return shop


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_notice_is_signed_sent_and_forgotten(db: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        shop = await a_shop(db, receiver.url)
        secret = await shop.secret()
        await shop.restrict("a")
        await NoticeSender(db, clock).send_due()
        [one] = receiver.received
        assert one.path == "/told?shop=1"
        assert one.headers["host"] == f"127.0.0.1:{receiver.port}"
        assert one.headers["content-type"] == "application/json"
        assert one.headers["cartwatch-notice-id"] == one.said["id"]
        time, _, digest = one.headers["cartwatch-signature"].partition(",v1=")
        signed = time.removeprefix("t=").encode() + b"." + one.body
        assert digest == hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        known = await shop.known()
        assert (known.waiting, known.sent_at, known.problem) == (0, NOON, None)
        await NoticeSender(db, clock).send_due()
        assert len(receiver.received) == 1


async def test_what_was_not_taken_comes_again_later_and_later_with_the_same_id(db: Database, clock: Clock) -> None:
    async with receiving(*["500 Oh no"] * 12) as receiver:
        shop, sender = await a_shop(db, receiver.url), NoticeSender(db, clock)
        await shop.restrict("a")
        waits = []
        while (await shop.known()).waiting:
            before, count = clock.now, len(receiver.received)
            while len(receiver.received) == count:
                await sender.send_due()
                clock.now += timedelta(seconds=1) if clock.now - before < timedelta(minutes=2) else timedelta(minutes=1)
            waits.append(clock.now - before)
        assert len(receiver.received) == 13
        assert len({one.said["id"] for one in receiver.received}) == 1
        for number, waited in enumerate(waits[1:]):
            usual = min(FIRST_DELAY * 2.0**number, LONGEST_DELAY)
            assert usual * 0.8 - timedelta(seconds=1) <= waited <= usual * 1.2 + timedelta(minutes=2)
        known = await shop.known()
        assert known.problem == "127.0.0.1 answered 500."
        assert known.sent_at is not None
        assert known.failed_at is not None
        assert known.sent_at > known.failed_at


async def test_a_shop_that_is_down_is_asked_once_and_not_once_for_each_notice(db: Database, clock: Clock) -> None:
    async with receiving("503 Closed") as receiver:
        shop, sender = await a_shop(db, receiver.url), NoticeSender(db, clock)
        await shop.restrict("a", "b", "c")
        await sender.send_due()
        await shop.restrict("d")
        await sender.send_due()
        assert receiver.tokens == ["a"]
        clock.now += timedelta(seconds=13)
        await sender.send_due()
        assert sorted(receiver.tokens) == ["a", "a", "b", "c", "d"]
        assert (await shop.known()).waiting == 0


async def test_a_notice_that_is_disliked_keeps_only_its_own_session_waiting(db: Database, clock: Clock) -> None:
    async with receiving("422 No") as receiver:
        shop, sender = await a_shop(db, receiver.url), NoticeSender(db, clock)
        await shop.restrict("a", "a", "b", "a", "c")
        await sender.send_due()
        assert receiver.tokens == ["a", "b", "c"]
        clock.now += timedelta(seconds=13)
        await sender.send_due()
        assert receiver.tokens == ["a", "b", "c", "a", "a", "a"]
        ids = [one.said["id"] for one in receiver.received]
        assert ids[0] == ids[3]
        assert len(set(ids)) == 5


async def test_a_slow_shop_holds_up_nobody_else_and_gets_one_request_at_a_time(db: Database, clock: Clock) -> None:
    async with receiving(HANG, HANG) as slow, receiving() as quick:
        held, other = await a_shop(db, slow.url), await a_shop(db, quick.url, "other.example")
        await held.restrict("a", "b")
        await other.restrict("c", "d")
        sender = NoticeSender(db, clock)
        running = asyncio.create_task(sender.run())
        await asyncio.wait_for(slow.arrived.wait(), 10)
        while len(quick.received) < 2:
            await asyncio.wait_for(quick.arrived.wait(), 10)
            quick.arrived.clear()
        assert slow.tokens == ["a"]
        assert (await held.known()).waiting == 2
        sender.stop()
        await running
        assert slow.tokens == ["a"]


async def test_a_shop_that_never_answers_is_given_up_for_now(db: Database, clock: Clock) -> None:
    async with receiving(HANG) as receiver:
        shop = await a_shop(db, receiver.url)
        await shop.restrict("a")
        await NoticeSender(db, clock, patience=0.2).send_due()
        assert (await shop.known()).problem == "127.0.0.1 did not answer within 0.2 seconds."


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("90", 90, 91),
        ("Sun, 01 Mar 2026 12:03:00 GMT", 180, 181),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 8, 13),
        ("999999999999", 86_400, 86_401),
        ("soon", 8, 13),
        ("-5", 8, 13),
    ],
)
async def test_a_shop_may_say_when_to_come_again(
    db: Database, clock: Clock, said: str, least: float, most: float
) -> None:
    async with receiving(f"429 Slowly\r\nRetry-After: {said}") as receiver:
        shop, sender = await a_shop(db, receiver.url), NoticeSender(db, clock)
        await shop.restrict("a")
        await sender.send_due()
        clock.now = NOON + timedelta(seconds=least - 1)
        await sender.send_due()
        assert len(receiver.received) == 1
        clock.now = NOON + timedelta(seconds=most)
        await sender.send_due()
        assert len(receiver.received) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(db: Database, clock: Clock, status: int) -> None:
    async with receiving() as elsewhere, receiving(f"{status} There\r\nLocation: {elsewhere.url}") as receiver:
        shop = await a_shop(db, receiver.url)
        await shop.restrict("a")
        await NoticeSender(db, clock).send_due()
        assert elsewhere.received == []
        assert (await shop.known()).waiting == 1
        assert "redirect" in ((await shop.known()).problem or "")


async def test_an_endless_answer_is_not_read(db: Database, clock: Clock) -> None:
    async with receiving("200 OK\n\nendless") as receiver:
        shop = await a_shop(db, receiver.url)
        await shop.restrict("a")
        await NoticeSender(db, clock).send_due()
        assert (await shop.known()).waiting == 0
        assert receiver.written < 64 * 1024 * 1024  # what fits into buffers on the way, and no more
        assert LARGEST_ANSWER < 64 * 1024


@pytest.mark.parametrize("answer", ["nonsense", "200 OK\r\nContent-Length: x", "99 Bottles", "204 No\r\nX: \x00"])
async def test_what_is_not_http_is_no_answer(db: Database, clock: Clock, answer: str) -> None:
    async with receiving(answer) as receiver:
        shop = await a_shop(db, receiver.url)
        await shop.restrict("a")
        await NoticeSender(db, clock).send_due()
        known = await shop.known()
        assert (known.waiting, known.problem is None) == (1, False)


async def test_an_address_where_nothing_answers_is_told(db: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        url, port = receiver.url, receiver.port
    shop = await a_shop(db, url)
    await shop.restrict("a")
    await NoticeSender(db, clock).send_due()
    assert (await shop.known()).problem == f"127.0.0.1 cannot be reached: nothing answers at port {port}."


async def test_a_name_is_asked_for_in_its_certificate_wherever_it_leads(
    db: Database, clock: Clock, tmp_path: Path
) -> None:
    file = certificate(tmp_path)
    async with receiving(certificate=file) as receiver:
        shop = await a_shop(db, f"https://shop.example:{receiver.port}/x")
        trusting, asking = ssl.create_default_context(cafile=str(file)), leading_to("127.0.0.1")
        await shop.restrict("a")
        await NoticeSender(db, clock, tls=trusting, asking=asking).send_due()
        assert receiver.tokens == ["a"]
        assert receiver.received[0].headers["host"] == f"shop.example:{receiver.port}"


async def test_nothing_is_sent_to_whom_the_certificate_does_not_name_or_nobody_vouches_for(
    db: Database, clock: Clock, tmp_path: Path
) -> None:
    file = certificate(tmp_path)
    trusting, asking = ssl.create_default_context(cafile=str(file)), leading_to("127.0.0.1")
    async with receiving(certificate=file) as receiver:
        for domain, host, tls in (("a.example", "other.example", trusting), ("b.example", "shop.example", None)):
            shop = await a_shop(db, f"https://{host}:{receiver.port}/x", domain)
            await shop.restrict("a")
            await NoticeSender(db, clock, tls=tls, asking=asking).send_due()
            known = await shop.known()
            assert (known.waiting, known.problem is None) == (1, False)
            assert f"The certificate of {host} is not good" in (known.problem or "")
        assert receiver.received == []


async def test_a_shop_without_tls_is_told_so(db: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        shop = await a_shop(db, f"https://127.0.0.1:{receiver.port}/")
        await shop.restrict("a")
        await NoticeSender(db, clock).send_due()
        assert (await shop.known()).problem == "127.0.0.1 does not speak TLS as it should."


async def test_a_name_that_leads_inside_only_later_gets_nothing(db: Database, clock: Clock, tmp_path: Path) -> None:
    async with receiving(certificate=certificate(tmp_path)) as receiver:
        store = await a_store(db)
        url = f"https://shop.example:{receiver.port}/"
        await notice_addresses.put(db, store.id, url, NOON, loopback=False, asking=leading_to("8.8.8.8"))
        shop = Shop(db, store)
        await shop.restrict("a")
        for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254"):
            await NoticeSender(db, clock, loopback=False, asking=leading_to(address)).send_due()
            clock.now += timedelta(hours=3)
        known = await shop.known()
        assert (receiver.received, known.waiting) == ([], 1)
        assert "169.254.169.254, which is not on the public internet" in (known.problem or "")


async def test_each_request_goes_to_the_address_that_was_found_good(db: Database, clock: Clock, tmp_path: Path) -> None:
    """The name is not looked up a second time: it would answer something else then."""
    asked = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    file = certificate(tmp_path)
    async with receiving(certificate=file) as receiver:
        shop = await a_shop(db, f"https://shop.example:{receiver.port}/")
        await shop.restrict("a")
        sender = NoticeSender(db, clock, tls=ssl.create_default_context(cafile=str(file)), asking=rebinding)
        await sender.send_due()
        assert (receiver.tokens, asked) == (["a"], ["shop.example"])


async def test_another_address_of_the_same_name_is_tried(db: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        shop = await a_shop(db, f"http://localhost:{receiver.port}/")
        await shop.restrict("a")
        await NoticeSender(db, clock, asking=leading_to("::1", "127.0.0.1")).send_due()
        assert receiver.tokens == ["a"]


async def test_proxies_of_the_surroundings_are_not_asked(
    db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with receiving() as receiver:
        shop = await a_shop(db, receiver.url)
        await shop.restrict("a")
        await NoticeSender(db, clock).send_due()
        assert receiver.tokens == ["a"]


async def test_after_a_day_it_is_given_up_and_the_merchant_is_told(db: Database, clock: Clock) -> None:
    async with receiving(*["500 Oh no"] * 100) as receiver:
        shop, sender = await a_shop(db, receiver.url), NoticeSender(db, clock)
        await shop.restrict("a", "b")
        while (await shop.known()).waiting:
            clock.now += timedelta(minutes=30)
            await sender.send_due()
        assert DAY <= clock.now - NOON <= DAY + LONGEST_DELAY * 1.2 + timedelta(minutes=30)
        assert (await shop.known()).problem == f"{GIVEN_UP} 127.0.0.1 answered 500."
        await shop.restrict("c", at=clock.now)
        clock.now += LONGEST_DELAY * 2
        await sender.send_due()
        assert ((await shop.known()).problem or "").startswith(GIVEN_UP)  # as long as nothing was taken since
        receiver.answers.clear()
        clock.now += LONGEST_DELAY * 2
        await sender.send_due()
        receiver.answers += ["500 Oh no"]
        await shop.restrict("d", at=clock.now)
        clock.now += LONGEST_DELAY
        await sender.send_due()
        assert (await shop.known()).problem == "127.0.0.1 answered 500."


async def test_one_disliked_notice_is_given_up_alone(db: Database, clock: Clock) -> None:
    async with receiving(*["400 No"] * FEWEST_ATTEMPTS) as receiver:
        shop, sender = await a_shop(db, receiver.url), NoticeSender(db, clock)
        await shop.restrict("a")
        for wait in (*[timedelta(minutes=3)] * (FEWEST_ATTEMPTS - 2), DAY):
            await sender.send_due()
            clock.now += wait
        await shop.restrict("a")  # as old as the first, but not the one that was disliked
        await shop.restrict("b", at=clock.now)
        await sender.send_due()
        assert receiver.tokens == ["a"] * FEWEST_ATTEMPTS + ["a", "b"]
        known = await shop.known()
        assert (known.waiting, known.problem) == (0, f"{GIVEN_UP} 127.0.0.1 answered 400.")


async def test_what_waited_through_a_long_standstill_is_still_tried(db: Database, clock: Clock) -> None:
    async with receiving(*["500 Oh no"] * (FEWEST_ATTEMPTS - 1)) as receiver:
        shop, sender = await a_shop(db, receiver.url), NoticeSender(db, clock)
        await shop.restrict("a", "b")
        clock.now = NOON + 3 * DAY
        for _ in range(FEWEST_ATTEMPTS):
            await sender.send_due()
            clock.now += timedelta(minutes=3)
        assert sorted(set(receiver.tokens)) == ["a", "b"]
        assert (await shop.known()).waiting == 0


async def test_a_restart_goes_on_where_it_was(tmp_path: Path, clock: Clock) -> None:
    async with receiving(HANG) as receiver:
        async with opened(tmp_path) as db:
            shop = await a_shop(db, receiver.url)
            await shop.restrict("a", "a", "b")
            sender = NoticeSender(db, clock)
            running = asyncio.create_task(sender.run())
            await asyncio.wait_for(receiver.arrived.wait(), 10)
            running.cancel()  # in the middle of the first, as if the process ended
            await asyncio.gather(running, return_exceptions=True)
        async with opened(tmp_path) as db:
            await NoticeSender(db, clock).send_due()
            assert (await Shop(db, shop.store).known()).waiting == 0
        assert receiver.tokens == ["a", "a", "a", "b"]
        ids = [one.said["id"] for one in receiver.received]
        assert ids[0] == ids[1]
        assert len(set(ids)) == 3


async def test_while_it_runs_it_finds_what_another_process_has_written(db: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        shop, sender = await a_shop(db, receiver.url), NoticeSender(db, clock)
        running = asyncio.create_task(sender.run())
        await shop.restrict("a")
        await asyncio.wait_for(receiver.arrived.wait(), 10)
        sender.stop()
        await running
        assert (await shop.known()).waiting == 0


async def test_a_test_says_what_came_of_it_and_lets_go_what_waits(db: Database, clock: Clock) -> None:
    async with receiving("500 Oh no", "500 Oh no") as receiver:
        shop, sender = await a_shop(db, receiver.url), NoticeSender(db, clock)
        await shop.restrict("a")
        await sender.send_due()
        assert await sender.try_out(shop.store.id, "shop.example") == "127.0.0.1 answered 500."
        assert await sender.try_out(shop.store.id, "shop.example") is None
        said = receiver.received[-1].said
        assert (said["type"], said["store"], set(said)) == (
            *("test", "shop.example"),
            {"id", "type", "store", "created_at"},
        )
        await sender.send_due()
        assert receiver.tokens == ["a", "a"]
        with pytest.raises(LookupError):
            await sender.try_out(shop.store.id + 1, "shop.example")


async def test_a_new_address_gets_what_waits_at_once_and_none_of_the_old_troubles(db: Database, clock: Clock) -> None:
    async with receiving("500 Oh no") as old, receiving() as new:
        shop, sender = await a_shop(db, old.url), NoticeSender(db, clock)
        await shop.restrict("a", "b")
        await sender.send_due()
        assert await notice_addresses.put(db, shop.store.id, new.url, NOON, loopback=True) is None
        assert (await shop.known()).problem is None
        await sender.send_due()
        assert (old.tokens, sorted(new.tokens)) == (["a"], ["a", "b"])


async def test_without_an_address_nothing_waits_and_nothing_is_sent(db: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        shop = await a_shop(db, receiver.url)
        await shop.restrict("a")
        assert await notice_addresses.remove(db, shop.store.id)
        assert not await notice_addresses.remove(db, shop.store.id)
        await NoticeSender(db, clock).send_due()
        assert receiver.received == []
        assert await notice_addresses.renew_secret(db, shop.store.id) is None


async def test_an_address_that_is_taken_away_in_the_middle_leaves_nothing_behind(db: Database, clock: Clock) -> None:
    async with receiving(HANG) as receiver:
        shop = await a_shop(db, receiver.url)
        await shop.restrict("a")
        sending = asyncio.create_task(NoticeSender(db, clock, patience=0.5).send_due())
        await asyncio.wait_for(receiver.arrived.wait(), 10)
        await notice_addresses.remove(db, shop.store.id)
        await sending
        assert await notice_addresses.of_store(db, shop.store.id) is None


async def test_what_a_merchant_decides_reaches_the_shop(db: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        shop, sender = await a_shop(db, receiver.url), NoticeSender(db, clock)
        await tell(db, shop.store, event(token="a"))
        about = Target.SESSION, "a", Decision.RESTRICTED
        rule = await rules.add(db, shop.store.id, *about, reason="Holds all", until=None, now=NOON)
        await rules.lift(db, shop.store.id, rule.id, reason="A friend", now=NOON)
        await sender.send_due()
        told = [(one.said["type"], one.said["level"], one.said["decision"]) for one in receiver.received]
        assert told == [("session.restricted", "restricted", "restricted"), ("session.cleared", "normal", None)]
        assert receiver.received[0].said["reason"] == "Holds all"
