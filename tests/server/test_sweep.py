"""The end of a hold is stored by the running console itself, whoever looks or does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.server import shop, stored
from tests.server.conftest import StartServer
from tests.server.shop import Line


def test_a_session_whose_time_runs_out_is_stored_as_expired(serve: StartServer, tmp_path: Path) -> None:
    [store] = shop.opened(tmp_path, "a.example")
    server = serve()
    line = Line(server)
    now = datetime.now(UTC)
    over = now + timedelta(seconds=1.5)
    held = {"occurred_at": (now - timedelta(minutes=3)).isoformat(), "expires_at": over.isoformat()}
    answer = line.post(store.events({"type": "session.started", "cart_token": "short", "id": "1"} | held))
    assert '"applied"' in answer.text
    line.close()
    assert _sessions(server.database) == [("active", None)]

    stored.until(lambda: _sessions(server.database)[0][0] != "active", "the end of the session")
    moment = int(over.timestamp() * 1000)
    assert _sessions(server.database) == [("expired", moment)]
    [(occurred_at, received_at, source)] = stored.rows(
        server.database, "SELECT occurred_at, received_at, source FROM event WHERE kind = 'expired'"
    )
    assert (occurred_at, source) == (moment, "system")
    assert received_at >= moment
    print(f"\nstored as expired {received_at - moment} ms after its end (bound: 2,000 ms)")


def test_what_ran_out_while_the_console_was_down_has_ended_when_its_time_was_over(
    serve: StartServer, tmp_path: Path
) -> None:
    [store] = shop.opened(tmp_path, "a.example")
    server = serve()
    line = Line(server)
    now = datetime.now(UTC)
    over = now + timedelta(seconds=1)
    held = {"occurred_at": now.isoformat(), "expires_at": over.isoformat()}
    assert line.post(store.events({"type": "session.started", "cart_token": "short", "id": "1"} | held)).status == 200
    server.process.kill()
    server.process.wait()
    stored.until(lambda: datetime.now(UTC) > over, "the end of the session")
    again = serve()
    stored.until(lambda: _sessions(again.database)[0][0] != "active", "the end of the session")
    assert _sessions(again.database) == [("expired", int(over.timestamp() * 1000))]
    assert stored.number(again.database, "SELECT count(*) FROM event") == 2
    assert stored.unsound(again.database) == []


def _sessions(database: Path) -> list[tuple[str, int | None]]:
    return [(status, ended) for status, ended in stored.rows(database, "SELECT status, ended_at FROM session")]
