"""The server is killed while shops deliver, again and again: nothing acknowledged is lost, nothing is applied twice.

``CRASHES=100 python -m tests server tests/server/test_crash.py -s`` kills it a hundred times; ten times unless told.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tests import shopify
from tests.browser.server import Server, free_port
from tests.server import shop, stored
from tests.server.conftest import StartServer
from tests.server.shop import Line, Posting, RealStore

CRASHES = int(os.environ.get("CRASHES", "10"))
SHOPS = 4
"""Threads that deliver."""


@dataclass
class Told:
    """What has been told of one cart, and must be stored of it in the end."""

    token: str
    kinds: Counter[str] = field(default_factory=Counter)
    items: int = 0

    @property
    def outcome(self) -> tuple[str, int, int]:
        """Status, cart updates and items."""
        return "converted" if self.kinds["converted"] else "active", self.kinds["cart_updated"], self.items


@dataclass
class Traffic:
    """What the threads share: what came back so far, and whether to go on."""

    told: list[Told] = field(default_factory=list)
    answers: int = 0
    cut_off: int = 0
    repeated: int = 0
    over: bool = False
    problems: list[BaseException] = field(default_factory=list)
    up: threading.Event = field(default_factory=threading.Event)
    moved: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, more: int) -> None:
        """Return when so many more answers came."""
        with self.moved:
            wanted = self.answers + more
            came = self.moved.wait_for(lambda: self.answers >= wanted or self.problems, stored.ENOUGH)
        assert came, "nobody is answered"
        assert not self.problems, self.problems

    def count(self, *, answered: bool) -> None:
        """One more answer, or one more request that was sent and not answered."""
        with self.moved:
            self.answers += answered
            self.cut_off += not answered
            self.moved.notify_all()

    def fail(self, problem: BaseException) -> None:
        """Let the test know what went wrong in a thread."""
        with self.moved:
            self.problems.append(problem)
            self.moved.notify_all()


def test_what_was_acknowledged_survives_kills_and_nothing_is_applied_twice(serve: StartServer, tmp_path: Path) -> None:
    stores = shop.opened(tmp_path, "a.example", "b.example")
    dice = random.Random(11)
    port = free_port()
    server = serve(port=port)
    traffic = Traffic()
    traffic.up.set()
    shops = [
        threading.Thread(target=_deliver, args=(traffic, server, stores[n % 2], n), daemon=True) for n in range(SHOPS)
    ]
    for one in shops:
        one.start()
    try:
        for _ in range(CRASHES):
            traffic.wait_for(dice.randrange(1, 120))
            traffic.up.clear()
            server.process.kill()
            server.process.wait()
            server = serve(port=port)
            traffic.up.set()
        traffic.wait_for(50)
    finally:
        traffic.over = True
    for one in shops:
        one.join(stored.ENOUGH)
        assert not one.is_alive()
    assert not traffic.problems, traffic.problems
    stored.until_applied(server.database)
    server.stop()

    print(
        f"\n{CRASHES} kills: {traffic.answers} answers, {traffic.cut_off} requests cut off and sent again, "
        f"{traffic.repeated} repeated, {len(traffic.told)} carts, {stored.states(server.database)}"
    )
    assert traffic.cut_off  # else nothing was proved
    assert stored.unsound(server.database) == []
    assert set(stored.states(server.database)) == {"applied"}
    assert _sessions(server.database) == {one.token: one.outcome for one in traffic.told}
    assert _timelines(server.database) == {one.token: +one.kinds for one in traffic.told}
    assert "Traceback" not in server.output()


def _sessions(database: Path) -> dict[str, tuple[str, int, int]]:
    found = stored.rows(database, "SELECT cart_token, status, cart_updates, item_count FROM session")
    return {token: (status, updates, items) for token, status, updates, items in found}


def _timelines(database: Path) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    statement = (
        "SELECT cart_token, kind, count(*) FROM event JOIN session ON session.id = session_id "
        "WHERE kind <> 'risk_assessed' GROUP BY 1, 2"
    )
    for token, kind, n in stored.rows(database, statement):
        found.setdefault(token, Counter())[kind] = n
    return found


def _deliver(traffic: Traffic, server: Server, store: RealStore, number: int) -> None:
    """One shop after the other's cart, each request until it is acknowledged, some of them once more."""
    dice = random.Random(number)
    line = Line(server)
    try:
        for n in range(1_000_000):
            for posting in _cart(traffic, store, f"cart-{number}-{n}", number * 1_000_000 + n, dice):
                _until_acknowledged(traffic, line, posting)
                if dice.random() < 0.2:
                    traffic.repeated += 1
                    _until_acknowledged(traffic, line, posting)
            if traffic.over:
                return
    except BaseException as problem:
        traffic.fail(problem)
    finally:
        line.close()


def _until_acknowledged(traffic: Traffic, line: Line, posting: Posting) -> None:
    while True:
        try:
            answer = line.post(posting)
        except ConnectionRefusedError:
            traffic.up.wait(stored.ENOUGH)
            continue
        except shop.NO_ANSWER:
            traffic.count(answered=False)
            continue
        traffic.count(answered=True)
        if answer.status != 503:  # while it starts
            assert answer.status in (200, 204), answer
            assert '"rejected"' not in answer.text, answer
            return


def _cart(traffic: Traffic, store: RealStore, token: str, number: int, dice: random.Random) -> Iterator[Posting]:
    """What is sent of one cart, in the order of time; what must come of it is noted first."""
    told = Told(token)
    traffic.told.append(told)
    began = shop.moment(timedelta(minutes=20))
    updates = dice.randrange(1, 6)
    told.kinds.update({"started": 1, "cart_updated": updates, "shopper_seen": 1})
    told.items = updates
    bought = dice.random() < 0.5
    told.kinds["converted"] += bought
    # Waits for its session. Everybody has an address of their own: one alone may not report so often.
    yield store.signal(token, ip=f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::7")
    if dice.random() < 0.3:
        yield store.events(*_reported(token, updates, bought, dice))
        return
    yield store.webhook("carts/create", shop.cart(token, began))
    for n in range(1, updates + 1):
        yield store.webhook("carts/update", shop.cart(token, began + timedelta(seconds=n), [1] * n))
    if bought:
        at = began + timedelta(seconds=60)
        paid = shop.order(token, number + 1, at, line_items=[shopify.item(1, updates)])
        yield store.webhook("orders/create", paid)
        yield store.webhook("orders/paid", paid | {"updated_at": shop.text(at + timedelta(seconds=1))})


def _reported(token: str, updates: int, bought: bool, dice: random.Random) -> Iterator[dict[str, object]]:
    """The same through the events API."""
    began = shop.moment(timedelta(minutes=20))
    kinds = ["session.started", *["cart.updated"] * updates, *["checkout.completed"] * bought]
    for n, kind in enumerate(kinds):
        held = [{"title": "Lamp", "quantity": min(n, updates), "unit_price": "5.00"}]
        at = shop.text(began + timedelta(seconds=n))
        event = {"type": kind, "cart_token": token, "occurred_at": at, "id": f"{token}:{n}"}
        yield event | ({"lines": held} if n else {})
