"""Restoring: the backup or the former database, whole, at every moment; and never under a process that uses it."""

import asyncio
import importlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine

from data import backup
from data.backup import back_up
from data.database import Database
from data.problems import Busy, DatabaseProblem
from data.restore import restore
from tests.backups import (
    cartwatch,
    changed,
    filled,
    in_use,
    journal_mode,
    killed_everywhere,
    left_in,
    said_only,
    sessions_in,
    spoil,
)

KEPT = "cartwatch.db.before-restore"


def quietly(_written: int, _expected: int) -> None:
    """No progress."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with 40 sessions, of which a backup, ``copy.db``, has 30."""
    back_up(filled(tmp_path, sessions=30), tmp_path / "copy.db", quietly)
    return filled(tmp_path)


def older(path: Path) -> None:
    """A database of the first revision, with a store."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        importlib.import_module("data.migrations.versions.0001_first_schema").upgrade()
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0001')")
        connection.exec_driver_sql("INSERT INTO store VALUES (1, 'old.example', 'Old', 'EUR', 15, 3, 1, 1)")
    engine.dispose()


def opens(database: Path) -> None:
    """A console can open the database and write to it."""

    async def open_and_close() -> None:
        await (await Database.open(str(database))).close()

    asyncio.run(open_and_close())


def test_the_backup_takes_the_databases_place_which_is_kept(database: Path, tmp_path: Path) -> None:
    result = cartwatch("restore", tmp_path / "copy.db", "--database", database)
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.startswith("Restored 30 sessions (0.")
    assert first.endswith(f" from {tmp_path / 'copy.db'} to {database}.")
    assert second == f"The database that was there is now {tmp_path / KEPT}."
    assert left_in(tmp_path) == ["cartwatch.db", KEPT, "copy.db"]
    assert journal_mode(database) == "wal"
    opens(database)
    assert [sessions_in(tmp_path / name) for name in ("cartwatch.db", KEPT, "copy.db")] == [30, 40, 30]


def test_what_is_only_in_the_write_ahead_log_yet_is_kept(database: Path, tmp_path: Path) -> None:
    with in_use(database, "UPDATE store SET name = 'Last'"):
        shutil.copytree(tmp_path, tmp_path / "cut")  # as it would lie there after the power went
    assert (tmp_path / "cut" / "cartwatch.db-wal").stat().st_size
    restore(tmp_path / "copy.db", tmp_path / "cut" / "cartwatch.db", quietly)
    assert not (tmp_path / "cut" / "cartwatch.db-wal").exists()
    with closing(sqlite3.connect(tmp_path / "cut" / KEPT)) as kept:
        assert kept.execute("SELECT name FROM store").fetchone() == ("Last",)
    with closing(sqlite3.connect(tmp_path / "cut" / "cartwatch.db")) as restored:
        assert restored.execute("SELECT name FROM store").fetchone() != ("Last",)


def test_a_restore_is_undone_by_restoring_what_was_kept(database: Path, tmp_path: Path) -> None:
    restore(tmp_path / "copy.db", database, quietly)
    restore(tmp_path / KEPT, database, quietly)
    assert [sessions_in(tmp_path / name) for name in ("cartwatch.db", KEPT)] == [40, 30]


def test_where_there_is_no_database_yet_there_is_one_afterwards(database: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    result = cartwatch("restore", tmp_path / "copy.db", "--database", f"sqlite:///{new}")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)
    opens(new)
    assert sessions_in(new) == 30
    assert not (tmp_path / "new.db.before-restore").exists()


def test_a_log_that_was_left_of_a_database_never_gets_into_the_restored_one(database: Path, tmp_path: Path) -> None:
    with in_use(database, "UPDATE session SET value = 123456789"):
        shutil.copy(tmp_path / "cartwatch.db-wal", tmp_path / "new.db-wal")
    restore(tmp_path / "copy.db", tmp_path / "new.db", quietly)
    with closing(sqlite3.connect(tmp_path / "new.db")) as restored:
        assert restored.execute("SELECT count(*) FROM session WHERE value = 123456789").fetchone() == (0,)


def test_a_database_that_another_process_has_open_is_left_alone(database: Path, tmp_path: Path) -> None:
    before = database.read_bytes()
    with in_use(database), pytest.raises(Busy, match="is in use, probably by a console that runs"):
        restore(tmp_path / "copy.db", database, quietly)
    assert database.read_bytes() == before
    assert left_in(tmp_path) == ["cartwatch.db", "copy.db"]
    restore(tmp_path / "copy.db", database, quietly)


@pytest.mark.parametrize("damage", [b"garbage, garbage, garbage", b""])
def test_even_a_damaged_database_is_left_alone_while_another_process_has_it_open(
    database: Path, tmp_path: Path, damage: bytes
) -> None:
    with in_use(database):
        with database.open("r+b") as file:
            file.write(damage) if damage else file.truncate()
        before = database.read_bytes()
        with pytest.raises(Busy, match="is in use"):
            restore(tmp_path / "copy.db", database, quietly)
        assert database.read_bytes() == before
    assert left_in(tmp_path) == ["cartwatch.db", "copy.db"]


def test_while_restoring_no_console_can_start(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_STEPS", 500)
    met: list[str] = []

    def try_to_read(_written: int, _expected: int) -> None:
        if not met:
            script = f"import sqlite3; sqlite3.connect({str(database)!r}, timeout=0).execute('SELECT 1 FROM session')"
            met.append(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stderr)

    restore(tmp_path / "copy.db", database, try_to_read)
    assert "database is locked" in met[0]


@pytest.mark.parametrize("damage", ["pages", "header", "cut", "emptied", "no database"])
def test_a_damaged_database_is_moved_aside_as_it_is(database: Path, tmp_path: Path, damage: str) -> None:
    if damage == "pages":
        spoil(database)
    elif damage == "header":
        database.write_bytes(bytes(100) + database.read_bytes()[100:])
    elif damage == "no database":
        database.write_text("something else entirely\n" * 1000)
    else:
        os.truncate(database, 20_480 if damage == "cut" else 0)
    for ending in ("-wal", "-shm"):
        database.with_name(f"cartwatch.db{ending}").write_bytes(b"left behind" * (damage != "pages"))
    before = database.read_bytes()
    result = cartwatch("restore", tmp_path / "copy.db", "--database", database)
    assert result.exit_code == 0
    opens(database)
    assert sessions_in(database) == 30
    assert (tmp_path / KEPT).read_bytes() == before
    if damage != "pages":  # there, SQLite itself sees only the first
        assert f"The damaged database that was there is now {tmp_path / KEPT}, as it was." in result.stdout
        assert (tmp_path / f"{KEPT}-wal").read_bytes() == b"left behind"
        assert (tmp_path / f"{KEPT}-shm").exists()
    # Of what is kept there is one generation, the parts of a damaged one included.
    restore(tmp_path / "copy.db", database, quietly)
    assert sessions_in(tmp_path / KEPT) == 30
    assert not (tmp_path / f"{KEPT}-wal").exists() or not (tmp_path / f"{KEPT}-wal").stat().st_size


def test_nothing_but_a_sound_backup_is_restored(database: Path, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "copy.db", tmp_path / "spoilt.db")
    spoil(tmp_path / "spoilt.db")
    (tmp_path / "cut.db").write_bytes((tmp_path / "copy.db").read_bytes()[:20_480])
    (tmp_path / "notes.txt").write_text("notes" * 1000)
    (tmp_path / "empty.db").touch()
    os.mkfifo(tmp_path / "pipe")
    changed(tmp_path / "foreign.db", "CREATE TABLE recipe (title TEXT)")
    shutil.copy(tmp_path / "copy.db", tmp_path / "newer.db")
    changed(tmp_path / "newer.db", "UPDATE alembic_version SET version_num = '9999'")
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    newer = f"{tmp_path / 'newer.db'} was written by a newer version of Cartwatch (its format is 9999"
    for name, code, reason in (
        ("absent.db", 2, "There is no file"),
        (".", 1, "is not a file"),
        ("pipe", 1, "is not a file"),
        ("empty.db", 1, "is empty"),
        ("notes.txt", 1, "is damaged or not a backup of Cartwatch"),
        ("cut.db", 1, "is damaged or not a backup of Cartwatch"),
        ("spoilt.db", 1, "is damaged or not a backup of Cartwatch"),
        ("foreign.db", 1, "is not a backup of Cartwatch; nothing was restored."),
        ("newer.db", 1, newer),
        ("cartwatch.db", 1, "is the database itself"),
    ):
        assert reason in said_only(cartwatch("restore", tmp_path / name, "--database", database), code)
    assert {path: path.read_bytes() for path in before} == before
    assert KEPT not in left_in(tmp_path)


def test_a_database_of_another_program_is_not_replaced(database: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    changed(foreign, "CREATE TABLE recipe (title TEXT)")
    with pytest.raises(DatabaseProblem, match="is a database of another program; it was left as it is"):
        restore(tmp_path / "copy.db", foreign, quietly)
    with pytest.raises(DatabaseProblem, match="it is a folder, or its folder does not exist"):
        restore(tmp_path / "copy.db", tmp_path / "absent" / "new.db", quietly)


def test_a_backup_of_an_older_version_is_brought_to_this_one_and_stays_as_it_is(database: Path, tmp_path: Path) -> None:
    older(tmp_path / "older.db")
    before = (tmp_path / "older.db").read_bytes()
    restore(tmp_path / "older.db", database, quietly)
    assert cartwatch("check", "--database", database).exit_code == 0
    assert "old.example" in cartwatch("store", "list", "--database", database).stdout
    assert (tmp_path / "older.db").read_bytes() == before
    assert left_in(tmp_path) == ["cartwatch.db", KEPT, "copy.db", "older.db"]


def test_the_restored_database_belongs_to_whom_the_former_belonged(database: Path, tmp_path: Path) -> None:
    database.chmod(0o660)
    (tmp_path / "copy.db").chmod(0o600)
    restore(tmp_path / "copy.db", database, quietly)
    assert database.stat().st_mode & 0o777 == 0o660
    assert database.stat().st_uid == (tmp_path / KEPT).stat().st_uid


def test_a_file_system_without_second_names_will_do(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_second: Path, _piece: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    restore(tmp_path / "copy.db", database, quietly)
    assert [sessions_in(tmp_path / name) for name in ("cartwatch.db", KEPT)] == [30, 40]


def test_ctrl_c_leaves_everything_as_it_was(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_STEPS", 1_000)
    before = database.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "copy.db", database, lambda *_: signal.raise_signal(signal.SIGINT))
    assert database.read_bytes() == before
    assert left_in(tmp_path) == ["cartwatch.db", "copy.db"]


def test_killed_at_any_moment_there_is_the_former_database_or_the_restored_one(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    back_up(filled(folder, sessions=30), folder / "copy.db", quietly)
    filled(folder)
    (folder / KEPT).write_bytes(b"kept by an earlier restore")
    with in_use(folder / "cartwatch.db", "UPDATE store SET name = 'Last'"):
        shutil.copytree(folder, tmp_path / "cut")  # so that there is a write-ahead log to fold in
    ends = killed_everywhere(tmp_path / "cut", "restore.restore(folder / 'copy.db', folder / 'cartwatch.db', progress)")
    assert [done for _, done in ends] == [False] * (len(ends) - 1) + [True]
    found = []
    for copy, _ in ends:
        opens(copy / "cartwatch.db")
        found.append(sessions_in(copy / "cartwatch.db"))
        assert sessions_in(copy / "copy.db") == 30
        with closing(sqlite3.connect(copy / "cartwatch.db")) as there:
            assert (there.execute("SELECT name FROM store").fetchone() == ("Last",)) is (found[-1] == 40)
        # Done again, it is done, and what the killed one has kept is not lost.
        if found[-1] == 40:
            restore(copy / "copy.db", copy / "cartwatch.db", quietly)
        assert [sessions_in(copy / name) for name in ("cartwatch.db", KEPT)] == [30, 40]
    assert found == sorted(found, reverse=True)
    assert set(found) == {30, 40}


def test_killed_at_any_moment_a_damaged_database_and_its_log_are_not_lost(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    back_up(filled(folder, sessions=30), folder / "copy.db", quietly)
    (folder / "cartwatch.db").write_bytes(b"garbage" * 1000)
    (folder / "cartwatch.db-wal").write_bytes(b"its log")
    ends = killed_everywhere(folder, "restore.restore(folder / 'copy.db', folder / 'cartwatch.db', progress)")
    for copy, done in ends:
        if (copy / "cartwatch.db").read_bytes().startswith(b"garbage"):
            assert not done
            restore(copy / "copy.db", copy / "cartwatch.db", quietly)
        assert sessions_in(copy / "cartwatch.db") == 30
        assert (copy / KEPT).read_bytes() == b"garbage" * 1000
        assert (copy / f"{KEPT}-wal").read_bytes() == b"its log"
