"""``cartwatch store`` beside a running console: what one of them does, the other sees."""

from pathlib import Path

import pytest

from pages.invocation import now
from tests.command_line import Cartwatch, added, arrived, quarantine, said, said_only, typed_in
from tests.server import stored
from tests.server.conftest import StartServer
from tests.server.shop import Line
from tests.shopify import SECRET, SHOP


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    return typed_in(tmp_path, monkeypatch)


def test_from_nothing_to_the_session_of_a_test_delivery(
    serve: StartServer, cartwatch: Cartwatch, tmp_path: Path
) -> None:
    server = serve()
    here = ("--port", server.url.rpartition(":")[2])
    shop = added(cartwatch)
    said(cartwatch("store", "connect", shop, "--shop", SHOP, *here, given=SECRET))
    printed = said(cartwatch("store", "test", shop, *here)).split()
    assert printed[0] == server.url
    assert printed[-1].startswith(f"{server.url}/sessions/cartwatch-test-")
    stored.until(
        lambda: stored.number(server.database, "SELECT count(*) FROM session") == 1, "the test delivery's session"
    )
    line = Line(server)
    page = line.get(printed[-1].removeprefix(server.url))
    line.close()
    assert page.status == 200
    assert stored.rows(server.database, "SELECT topic, received, refused FROM intake") == [("carts/create", 1, 0)]


def test_a_secret_changed_from_the_shell_counts_at_once_for_the_running_console(
    serve: StartServer, cartwatch: Cartwatch
) -> None:
    server = serve()
    here = ("--port", server.url.rpartition(":")[2])
    shop = added(cartwatch)
    said(cartwatch("store", "connect", shop, "--shop", SHOP, given=SECRET))
    said(cartwatch("store", "test", shop, *here))
    said(cartwatch("store", "rotate", shop, given=SECRET[::-1]))
    said(cartwatch("store", "test", shop, *here))
    said(cartwatch("store", "connect", shop, "--shop", "other.myshopify.com", given=""))
    said(cartwatch("store", "test", shop, *here))


def test_a_console_that_knows_no_such_address_is_told_from_one_that_does_not_run(
    serve: StartServer, cartwatch: Cartwatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    here = ("--port", server.url.rpartition(":")[2])
    other = tmp_path / "other"
    other.mkdir()
    elsewhere = typed_in(other, monkeypatch)
    shop = added(elsewhere)
    said(elsewhere("store", "connect", shop, "--shop", SHOP, given=SECRET))
    assert said_only(elsewhere("store", "test", shop, *here), 1).endswith("Does the console there use this database?")
    public = server.url.replace("127.0.0.1", "localhost")
    assert said_only(elsewhere("store", "test", shop, "--public-url", public), 1).startswith(f"{public} refused it:")


def test_what_is_tried_again_from_the_shell_is_applied_once_beside_a_running_console(
    serve: StartServer, cartwatch: Cartwatch, tmp_path: Path
) -> None:
    shop = added(cartwatch)
    bodies = [b'{"token": "cart-%d", "line_items": []}' % number for number in range(250)]
    arrived(tmp_path, *bodies, at=now())
    quarantine(tmp_path)
    server = serve()
    printed = said(cartwatch("store", "retry", shop))
    assert printed == "250 deliveries tried again: 250 understood, 0 still in quarantine.\n"
    assert stored.rows(server.database, "SELECT state, count(*) FROM delivery GROUP BY state") == [("applied", 250)]
    assert stored.number(server.database, "SELECT count(*) FROM session") == 250
    assert stored.number(server.database, "SELECT count(*) FROM event") == 250
    assert stored.unsound(server.database) == []
