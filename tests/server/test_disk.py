"""A disk that is full and a database that is locked: 503, nothing half written, reading goes on, and it recovers."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.browser.server import Server, running
from tests.server import disk, shop, stored
from tests.server.conftest import StartServer
from tests.server.disk import Disk, LimitedFiles, SmallDisk
from tests.server.shop import Answer, Line, Posting, RealStore

SENDERS = 40

MANY = 400
"""Deliveries after which a full disk must have been noticed."""


def test_a_full_disk_refuses_until_there_is_room_again(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with disk.small(folder) as mounted:
        [store] = shop.opened(folder, "a.example")
        with running(folder) as server:
            _fills_and_recovers(server, store, SmallDisk(folder) if mounted else LimitedFiles(server.process.pid))


def test_files_that_cannot_grow_refuse_until_they_can(serve: StartServer, tmp_path: Path) -> None:
    [store] = shop.opened(tmp_path, "a.example")
    server = serve()
    _fills_and_recovers(server, store, LimitedFiles(server.process.pid))


def _fills_and_recovers(server: Server, store: RealStore, full: Disk) -> None:
    line = Line(server)
    sent = [_create(store, n) for n in range(MANY)]
    acknowledged = [posting for posting in sent[:10] if line.post(posting).status == 200]
    assert len(acknowledged) == 10
    stored.until_applied(server.database)

    full.fill()
    refused: list[Posting] = []
    for posting in sent[10:]:
        answer = line.post(posting)
        assert answer.status in (200, 503), answer
        (acknowledged if answer.status == 200 else refused).append(posting)
        if len(refused) == 20:
            break
    assert len(refused) == 20
    said = line.post(refused[0])
    assert said.status == 503
    assert "Nothing was stored." in said.text
    assert "disk" in said.text
    report = line.post(store.events({"type": "session.started", "cart_token": "api", "occurred_at": _now()}))
    assert report.status == 503, report
    _reads(line)
    assert _kept(server) == len(acknowledged)

    full.free()
    for posting in refused:
        assert line.post(posting).status == 200
    _all_is_there(server, line, len(acknowledged) + len(refused))


def test_a_locked_database_refuses_until_it_is_released(serve: StartServer, tmp_path: Path) -> None:
    [store] = shop.opened(tmp_path, "a.example")
    server = serve()
    line = Line(server)
    assert line.post(_create(store, 0)).status == 200
    stored.until_applied(server.database)
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = [_create(store, 1), _create(store, 2)]
        for posting in refused:
            answer = line.post(posting)
            assert answer.status == 503
            assert "locked by another program" in answer.text
        _reads(line)
        other.execute("ROLLBACK")
    assert _kept(server) == 1
    for posting in refused:
        assert line.post(posting).status == 200
    _all_is_there(server, line, 3)


def test_everybody_who_delivers_to_a_locked_database_is_answered_before_shopify_gives_up(
    serve: StartServer, tmp_path: Path
) -> None:
    """Neither the console's own writers nor other deliveries may keep one waiting for a lock again and again."""
    [store] = shop.opened(tmp_path, "a.example")
    server = serve()
    line = Line(server)
    over = shop.text(shop.moment(timedelta(seconds=1)))
    held = {"occurred_at": shop.text(shop.moment(timedelta(minutes=5))), "expires_at": over}
    assert line.post(_create(store, 0)).status == 200
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other, ThreadPoolExecutor(SENDERS) as many:
        stored.until_applied(server.database)
        # What waits for the lock beside deliveries: the sweep, what was refused, and events.
        assert line.post(store.events({"type": "session.started", "cart_token": "due"} | held)).status == 200
        other.execute("BEGIN IMMEDIATE")
        assert line.post(replace(_create(store, 0), body=b"forged")).status == 401
        moved = threading.Event()
        answers = [many.submit(_post_in_turn, server, _create(store, n), n, moved) for n in range(1, SENDERS)]
        assert [answer.result().status for answer in answers] == [503] * len(answers)
        other.execute("ROLLBACK")
    assert _kept(server) == 1


def _post_in_turn(server: Server, posting: Posting, number: int, moved: threading.Event) -> Answer:
    """Send a little later than the one before. TimeoutError where no answer comes in time."""
    moved.wait(number * 0.1)
    line = Line(server)
    try:
        return line.post(posting)
    finally:
        line.close()


def _reads(line: Line) -> None:
    """Pages and their data are there all the same."""
    for path in ("/healthz", "/", "/api/sessions", "/sessions/cart-0"):
        assert line.get(path).status == 200, path


def _all_is_there(server: Server, line: Line, deliveries: int) -> None:
    stored.until_applied(server.database)
    line.close()
    server.stop()
    assert stored.states(server.database) == {"applied": deliveries}
    assert stored.number(server.database, "SELECT count(*) FROM session WHERE cart_updates = 0") == deliveries
    assert stored.number(server.database, "SELECT count(*) FROM event") == deliveries
    assert stored.unsound(server.database) == []
    assert "Traceback" not in server.output()


def _kept(server: Server) -> int:
    return stored.number(server.database, "SELECT count(*) FROM delivery")


def _create(store: RealStore, number: int) -> Posting:
    return store.webhook("carts/create", shop.cart(f"cart-{number}", shop.moment(timedelta(minutes=5)), [1] * 20))


def _now() -> str:
    return shop.text(shop.moment())
