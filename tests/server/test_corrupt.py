"""A damaged file: the console does not start, says how to restore, and leaves every byte as it was."""

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pages import install
from tests.browser.server import environment, free_port, running
from tests.server import shop, stored
from tests.server.conftest import StartServer
from tests.server.shop import Line

PAGE = 4096


def _overwritten(path: Path, start: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * length)


def _text_instead(path: Path) -> None:
    path.write_text("This is a letter, not a database.\n" * 500, "utf-8")


def _without_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 9999 WHERE name = 'session'")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "its header is overwritten": lambda path: _overwritten(path, 0, 100),
    "its first page is": lambda path: _overwritten(path, 100, PAGE - 100),
    "a page in its middle is": lambda path: _overwritten(path, path.stat().st_size // PAGE // 2 * PAGE, PAGE),
    "all but its first page are": lambda path: _overwritten(path, PAGE, path.stat().st_size - PAGE),
    "it was cut off": lambda path: os.truncate(path, path.stat().st_size // 2 + 7),
    "it is something else": _text_instead,
    "a table points beyond its end": _without_table,
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database with sessions, as a console leaves it."""
    folder = tmp_path_factory.mktemp("sound")
    [store] = shop.opened(folder, "a.example")
    with running(folder) as server:
        line = Line(server)
        for n in range(50):
            posting = store.webhook("carts/create", shop.cart(f"cart-{n}", shop.moment(timedelta(minutes=5)), [1] * 9))
            assert line.post(posting).status == 200
        stored.until_applied(server.database)
        line.close()
    return server.database.read_bytes()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_with_a_way_out_and_left_as_it_is(damage: str, sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cartwatch.db"
    path.write_bytes(sound)
    DAMAGES[damage](path)
    _refuses(path)


def test_a_damaged_file_keeps_what_its_log_still_holds(serve: StartServer, tmp_path: Path) -> None:
    """What a killed console left in the write-ahead log may be all that can be rescued."""
    [store] = shop.opened(tmp_path, "a.example")
    server = serve()
    line = Line(server)
    assert line.post(store.webhook("carts/create", shop.cart("cart-1", shop.moment()))).status == 200
    server.process.kill()
    server.process.wait()
    assert (tmp_path / "cartwatch.db-wal").stat().st_size > 0
    DAMAGES["all but its first page are"](server.database)
    _refuses(server.database)


def _refuses(path: Path) -> None:
    """The console does not start, says so in one sentence, and every file that was there is still the same."""
    before = _content(path.parent)
    command = [sys.executable, "-m", "pages", "--database", str(path), "--no-open", "--port", str(free_port())]
    done = subprocess.run(
        command, cwd=install.ROOT, env=environment(path.parent), capture_output=True, text=True, timeout=stored.ENOUGH
    )
    assert done.returncode == 1, done
    assert "backup" in done.stderr
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    after = _content(path.parent)
    assert {name: after.get(name) for name in before} == before
    # Whoever reads a database with a log beside it makes an empty one where there is none.
    new = {name: digest for name, digest in after.items() if name not in before}
    assert new in ({}, {f"{path.name}-wal": hashlib.sha256().hexdigest()})


def test_a_file_that_was_put_back_starts_again(serve: StartServer, sound: bytes, tmp_path: Path) -> None:
    (tmp_path / "cartwatch.db").write_bytes(sound)
    server = serve()
    line = Line(server)
    assert '"total":50' in line.get("/api/sessions").text
    line.close()
    assert stored.unsound(server.database) == []


def _content(folder: Path) -> dict[str, str]:
    """The files' digests; not of the index of the log, which is made anew from it at any time."""
    files = (path for path in folder.iterdir() if path.is_file() and not path.name.endswith("-shm"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
