"""Backups: a complete copy or none, whatever goes on meanwhile."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from data import backup
from data.backup import back_up
from data.problems import Busy, DatabaseProblem
from pages import install
from tests.backups import (
    cartwatch,
    changed,
    filled,
    in_use,
    journal_mode,
    killed_everywhere,
    left_in,
    running,
    said_only,
    sessions_in,
    spoil,
    written_to,
)
from tests.browser.server import environment
from tests.browser.server import running as running_console


def quietly(_written: int, _expected: int) -> None:
    """No progress."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return filled(tmp_path)


def test_a_backup_is_one_sound_file_with_everything(database: Path, tmp_path: Path) -> None:
    result = cartwatch("backup", tmp_path / "copy.db", "--database", database)
    assert result.exit_code == 0
    assert result.stdout.startswith("Backed up 40 sessions (0.")
    assert sessions_in(tmp_path / "copy.db") == 40
    assert journal_mode(tmp_path / "copy.db") == "delete"
    assert left_in(tmp_path) == ["cartwatch.db", "copy.db"]


def test_what_is_only_in_the_write_ahead_log_yet_is_backed_up(database: Path, tmp_path: Path) -> None:
    with in_use(database, "DELETE FROM event"):
        assert database.with_name("cartwatch.db-wal").stat().st_size
        made = back_up(database, tmp_path / "copy.db", quietly)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM event").fetchone() == (0,)
    assert made.sessions == 40


def test_what_was_deleted_is_not_in_the_copy(database: Path, tmp_path: Path) -> None:
    assert b"SKU-7" in database.read_bytes()
    changed(database, "PRAGMA secure_delete = OFF", "DELETE FROM line_item", "DELETE FROM event")
    assert b"SKU-7" in database.read_bytes()
    back_up(database, tmp_path / "copy.db", quietly)
    assert b"SKU-7" not in (tmp_path / "copy.db").read_bytes()


def test_while_another_process_writes_without_a_pause_the_copy_ends_and_is_of_one_moment(tmp_path: Path) -> None:
    database = filled(tmp_path, sessions=4_000)
    with written_to(database) as commits:
        made = [back_up(database, tmp_path / f"copy-{number}.db", quietly) for number in range(3)]
    assert [one.sessions for one in made] == [4_000] * 3
    last = 0
    for number in range(3):
        with closing(sqlite3.connect(tmp_path / f"copy-{number}.db")) as copy:
            revision, renewals = copy.execute("SELECT revision, max_renewals FROM store").fetchone()
            assert revision == renewals
            assert copy.execute("SELECT max(cart_updates) FROM session").fetchone() == (revision,)
        assert last < revision <= commits[0]  # the writer went on
        last = revision
        assert sessions_in(tmp_path / f"copy-{number}.db") == 4_000


def test_a_console_that_runs_is_backed_up_and_checked_but_not_restored_into(tmp_path: Path) -> None:
    database = filled(tmp_path)
    with running_console(tmp_path) as console:
        assert cartwatch("backup", tmp_path / "copy.db", "--database", database).exit_code == 0
        assert cartwatch("check", "--database", database).exit_code == 0
        said = said_only(cartwatch("restore", tmp_path / "copy.db", "--database", database), 1)
        assert said.startswith(f"{database} is in use, probably by a console that runs; nothing was restored.")
        assert console.ready()
    assert cartwatch("restore", tmp_path / "copy.db", "--database", database).exit_code == 0
    with running_console(tmp_path) as console:
        assert console.ready()
    assert sessions_in(database) == 40


def test_a_former_backup_is_replaced(database: Path, tmp_path: Path) -> None:
    back_up(database, tmp_path / "copy.db", quietly)
    changed(database, "UPDATE store SET name = 'Later'")
    back_up(database, tmp_path / "copy.db", quietly)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT name FROM store").fetchone() == ("Later",)


def test_a_backup_may_be_read_by_whoever_may_read_the_database(database: Path, tmp_path: Path) -> None:
    database.chmod(0o640)
    back_up(database, tmp_path / "copy.db", quietly)
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o640


def test_a_link_to_the_backup_stays_a_link(database: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "copy.db").symlink_to(tmp_path / "elsewhere" / "real.db")
    back_up(database, tmp_path / "copy.db", quietly)
    assert (tmp_path / "copy.db").is_symlink()
    assert sessions_in(tmp_path / "elsewhere" / "real.db") == 40


def test_nothing_but_a_former_backup_is_written_over(database: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "empty").touch()
    (tmp_path / "alias.db").symlink_to(database)
    (tmp_path / "second.db").hardlink_to(database)
    filled(tmp_path / "demo")
    changed(tmp_path / "foreign.db", "CREATE TABLE recipe (title TEXT)")
    os.mkfifo(tmp_path / "pipe")
    for name, reason in {
        "notes.txt": "is not a backup of Cartwatch",
        "empty": "is not a backup of Cartwatch",
        "foreign.db": "is not a backup of Cartwatch",
        "pipe": "is not a backup of Cartwatch",
        "demo/cartwatch.db": "is not a backup of Cartwatch",  # a console's, with a write-ahead log
        "cartwatch.db": "is the database itself",
        "alias.db": "is the database itself",
        "second.db": "is the database itself",
        "cartwatch.db-wal": "is the database itself, or part of it",
        "demo": "is a folder. Give the name of a file in it",
        "absent/copy.db": "does not exist",
    }.items():
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert reason in said_only(cartwatch("backup", tmp_path / name, "--database", database), 1)
        after = {path: path.read_bytes() for path in before}
        assert after == before


def test_beside_a_log_of_another_database_no_backup_is_put(database: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db-wal").write_bytes(b"of another database")
    with pytest.raises(DatabaseProblem, match=r"copy\.db-wal belongs to a database that is or was in use"):
        back_up(database, tmp_path / "copy.db", quietly)
    assert not (tmp_path / "copy.db").exists()


def test_what_cannot_be_backed_up_is_a_sentence_and_leaves_the_former_backup(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    back_up(database, copy, quietly)
    before = copy.read_bytes()
    changed(tmp_path / "foreign.db", "CREATE TABLE recipe (title TEXT)")
    spoil(database)
    for name, reason in {
        "absent.db": "There is no database",
        "foreign.db": "is not a database of Cartwatch",
        "cartwatch.db": "is damaged or not a Cartwatch database",
    }.items():
        assert reason in said_only(cartwatch("backup", copy, "--database", tmp_path / name), 1)
    assert copy.read_bytes() == before
    assert left_in(tmp_path) == ["cartwatch.db", "copy.db", "foreign.db"]


def test_a_copy_that_turns_out_unsound_is_not_kept(database: Path, tmp_path: Path) -> None:
    changed(
        database,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, ' title VARCHAR(500) NOT NULL', ' title VARCHAR(500)')",
    )
    changed(database, "UPDATE line_item SET title = NULL WHERE id = 3")
    changed(
        database,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, ' title VARCHAR(500)', ' title VARCHAR(500) NOT NULL')",
    )
    with pytest.raises(DatabaseProblem, match=r"is damaged .*NULL value in line_item\.title"):
        back_up(database, tmp_path / "copy.db", quietly)
    assert left_in(tmp_path) == ["cartwatch.db"]


def test_killed_at_any_moment_there_is_the_former_backup_or_the_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    database = filled(folder, sessions=300)
    back_up(database, folder / "copy.db", quietly)
    filled(folder / "later", sessions=400)
    (folder / "later" / "cartwatch.db").replace(database)
    ends = killed_everywhere(folder, "backup.back_up(folder / 'cartwatch.db', folder / 'copy.db', progress)")
    assert [done for _, done in ends] == [False] * (len(ends) - 1) + [True]
    found = [sessions_in(copy / "copy.db") for copy, _ in ends]
    assert found == sorted(found)
    assert set(found) == {300, 400}
    assert all(sessions_in(copy / "cartwatch.db") == 400 for copy, _ in ends)


def test_what_a_killed_backup_left_is_taken_away_a_day_later(database: Path, tmp_path: Path) -> None:
    for name, age in (("old", 25 * 3600), ("new", 23 * 3600)):
        folder = tmp_path / f".cartwatch-{name}.partial"
        folder.mkdir()
        (folder / "copy.db").write_bytes(b"half")
        then = folder.stat().st_mtime - age
        for path in (folder / "copy.db", folder):
            os.utime(path, (then, then))
    back_up(database, tmp_path / "copy.db", quietly)
    assert left_in(tmp_path) == [".cartwatch-new.partial", "cartwatch.db", "copy.db"]


def test_a_disk_that_takes_no_more_leaves_the_former_backup(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    back_up(database, copy, quietly)
    before = copy.read_bytes()
    script = (
        "import resource, sys; from pages.cli import main;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)); main()"
    )
    with running(script, "backup", copy, "--database", database) as process:
        said, problem = process.communicate()
    assert (process.returncode, said) == (1, "")
    assert problem == f"The disk with {tmp_path} could not be read or written. Check the disk and its free space.\n"
    assert copy.read_bytes() == before
    assert left_in(tmp_path) == ["cartwatch.db", "copy.db"]


def test_without_room_for_the_copy_nothing_is_begun(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: usage._replace(free=1000))
    with pytest.raises(Busy, match=f"needs about 0 MB in {tmp_path}, where 0 MB are free"):
        back_up(database, tmp_path / "copy.db", quietly)


def test_progress_is_told_and_ctrl_c_stops_it(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_STEPS", 1_000)
    told: list[tuple[int, int]] = []
    made = back_up(database, tmp_path / "copy.db", lambda *now: told.append(now))
    [expected] = {expected for _, expected in told}
    assert made.size <= expected <= made.size + 8 * 4096  # a copy is written anew, and packed closer
    assert sorted(told) == told

    def stop(_written: int, _expected: int) -> None:
        signal.raise_signal(signal.SIGINT)

    before = (tmp_path / "copy.db").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        back_up(database, tmp_path / "copy.db", stop)
    assert (tmp_path / "copy.db").read_bytes() == before
    assert left_in(tmp_path) == ["cartwatch.db", "copy.db"]


def test_a_command_that_is_stopped_says_how_things_are(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy.db"
    back_up(database, copy, quietly)
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: signal.raise_signal(signal.SIGINT))
    monkeypatch.setattr("data.soundness.revision", lambda _connection: signal.raise_signal(signal.SIGINT))
    for words, sentence in (
        (("backup", copy), f"Stopped. {copy} is what it was before."),
        (("restore", copy), "Stopped. The database is whole: as it was or, if the stop came last, as restored."),
        (("check",), "Stopped before the end."),
    ):
        assert said_only(cartwatch(*words, "--database", database), 130) == sentence


def test_the_real_program_backs_up_checks_and_restores(database: Path, tmp_path: Path) -> None:
    variables = environment(tmp_path) | {"PYTHONPATH": str(install.ROOT), "CARTWATCH_DATABASE": str(database)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pages", *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=variables)

    for words in (("backup", "copy.db"), ("check",), ("restore", "copy.db")):
        done = run(*words)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout
    assert run("restore", "absent.db").returncode == 2
