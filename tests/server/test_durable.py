"""An acknowledgement says that the delivery is on the disk: neither earlier nor later than that is one given."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.server import cut, shop, stored
from tests.server.conftest import StartServer
from tests.server.shop import Line, Posting


@pytest.mark.parametrize(("moment", "kept"), [(cut.BEFORE, 0), (cut.AFTER, 1)])
def test_a_delivery_that_dies_beside_its_commit_is_not_acknowledged_and_counts_once_when_sent_again(
    serve: StartServer, tmp_path: Path, moment: str, kept: int
) -> None:
    [store] = shop.opened(tmp_path, "a.example")
    create = store.webhook("carts/create", shop.cart("cart-1", shop.moment(timedelta(minutes=5)), [2, 3]))
    server = serve(moment, module="tests.server.cut")
    line = Line(server)
    with pytest.raises(shop.NO_ANSWER):
        line.post(create)
    server.process.wait(stored.ENOUGH)
    assert stored.number(server.database, "SELECT count(*) FROM delivery") == kept

    again = serve()
    stored.until_applied(again.database)
    assert _carts(again.database) == [("cart-1", 0, 5)] * kept
    line = Line(again)
    assert line.post(create).status == 200
    update = store.webhook("carts/update", shop.cart("cart-1", shop.moment(timedelta(minutes=4)), [7]))
    assert _twice(line, update) == [200, 200]
    stored.until_applied(again.database)
    line.close()
    again.stop()
    assert _carts(again.database) == [("cart-1", 1, 7)]
    assert stored.states(again.database) == {"applied": 2}
    reported = "SELECT kind FROM event WHERE kind <> 'risk_assessed' ORDER BY id"
    assert stored.rows(again.database, reported) == [("started",), ("cart_updated",)]
    assert stored.unsound(again.database) == []


def test_a_server_that_is_stopped_answers_what_it_has_taken_or_does_not_store_it(
    serve: StartServer, tmp_path: Path
) -> None:
    """SIGTERM while requests are under way: every delivery with a 200 is there after the restart, and applied."""
    [store] = shop.opened(tmp_path, "a.example")
    server = serve()
    line = Line(server)
    sent = [
        store.webhook("carts/create", shop.cart(f"cart-{n}", shop.moment(timedelta(minutes=5)))) for n in range(200)
    ]
    acknowledged = 0
    for number, posting in enumerate(sent):
        if number == 100:
            server.process.terminate()
        try:
            acknowledged += line.post(posting).status == 200
        except shop.NO_ANSWER:
            break
    server.process.wait(stored.ENOUGH)
    assert acknowledged >= 100
    assert stored.number(server.database, "SELECT count(*) FROM delivery") >= acknowledged
    again = serve()
    stored.until_applied(again.database)
    assert stored.number(again.database, "SELECT count(*) FROM session") >= acknowledged


def _twice(line: Line, posting: Posting) -> list[int]:
    return [line.post(posting).status, line.post(posting).status]


def _carts(database: Path) -> list[tuple[str, int, int]]:
    found = stored.rows(database, "SELECT cart_token, cart_updates, item_count FROM session ORDER BY id")
    return [(token, updates, items) for token, updates, items in found]
