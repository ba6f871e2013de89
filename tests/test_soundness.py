"""Checking: what is sound is fine, and everything that is not is told in plain words; nothing is changed by looking."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from data.problems import DatabaseProblem
from data.soundness import examine
from tests.backups import cartwatch, changed, filled, said_only, spoil, written_to

ALL_FINE = """\
Pages and indexes: fine.
References between tables: fine.
Counts of sessions: fine.
Walls between stores: fine.
Search index: fine.
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return filled(tmp_path)


def problems(database: Path) -> dict[str, str]:
    """What is wrong, by subject."""
    return {found.subject: found.problem for found in examine(database) if found.problem}


@contextmanager
def raw_schema(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection that may write what SQLite keeps for itself."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        yield connection


def test_a_sound_database_is_fine(database: Path) -> None:
    before = database.read_bytes()
    result = cartwatch("check", "--database", database)
    assert (result.exit_code, result.stdout, result.stderr) == (0, ALL_FINE, "")
    assert database.read_bytes() == before


def test_an_empty_database_is_fine(tmp_path: Path) -> None:
    assert problems(filled(tmp_path, sessions=0)) == {}


def test_what_is_wrong_is_told_and_the_exit_code_says_so(database: Path) -> None:
    changed(database, "UPDATE session_tally SET n = n + 1", "DELETE FROM session_rank")
    result = cartwatch("check", "--database", database)
    assert result.exit_code == 1
    assert "Pages and indexes: fine.\n" in result.stdout
    assert (
        "Counts of sessions: session_tally differs from the sessions in 1 places, "
        "and session_rank differs from the sessions in 1 places.\n"
    ) in result.stdout
    assert result.stderr.startswith(f"{database} is not sound. Put the last good backup in its place")


def test_a_row_that_belongs_to_nothing_is_found(database: Path) -> None:
    changed(database, "UPDATE line_item SET session_id = 1 WHERE position = 0 AND id % 2")
    assert problems(database) == {
        "References between tables": "row 1 of line_item belongs to a session that is not there, and 19 more"
    }


def test_a_row_of_another_stores_session_is_found(database: Path) -> None:
    store = "SELECT 99, 'other.example', name, currency, timer_minutes, max_renewals, revision, created_at FROM store"
    columns = "id, domain, name, currency, timer_minutes, max_renewals, revision, created_at"
    changed(database, f"INSERT INTO store ({columns}) {store}")
    changed(database, "UPDATE event SET store_id = 99 WHERE id <= 3", "UPDATE line_item SET store_id = 99 WHERE id = 1")
    assert problems(database) == {
        "Walls between stores": (
            "3 rows of event belong to a session of another store, "
            "and 1 rows of line_item belong to a session of another store"
        )
    }


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TRIGGER session_searchable_again; UPDATE session SET cart_token = 'another' || id WHERE id % 7 = 0",
        "DELETE FROM session_search_data WHERE id > 10",
        "INSERT INTO session_search (session_search) VALUES ('delete-all')",
        "UPDATE session_search_data SET block = zeroblob(length(block)) WHERE id > 10",
    ],
)
def test_a_search_index_that_does_not_fit_the_sessions_is_found(database: Path, damage: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(damage)
    found = problems(database)
    assert found["Search index"] == "does not fit the cart tokens of the sessions"
    # Newer versions of SQLite look at the inside of the search index with everything else.
    assert set(found) <= {"Search index", "Pages and indexes"}


def test_a_search_index_that_is_gone_is_found(database: Path) -> None:
    changed(database, "DROP TABLE session_search")
    assert problems(database) == {"Search index": "is not there"}


def test_an_index_that_lacks_rows_is_found(database: Path) -> None:
    with raw_schema(database) as connection:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'session_by_ip'").fetchone()
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'session_by_ip'", (f"{sql} WHERE id % 2",))
    changed(database, "REINDEX session_by_ip")
    with raw_schema(database) as connection:
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'session_by_ip'", (sql,))
    assert problems(database)["Pages and indexes"].startswith("damaged: ")
    assert "session_by_ip" in problems(database)["Pages and indexes"]


def test_damaged_pages_are_told_line_by_line(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'line_item'").fetchone()
    spoil(database, page)
    result = cartwatch("check", "--database", database)
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == [
        line.split(":")[0] for line in ALL_FINE.splitlines()
    ]
    assert "Pages and indexes: fine" not in result.stdout
    assert "Walls between stores: cannot be read (database disk image is malformed).\n" in result.stdout
    assert "Traceback" not in result.output


def test_what_cannot_be_checked_is_a_sentence(database: Path, tmp_path: Path) -> None:
    changed(tmp_path / "foreign.db", "CREATE TABLE recipe (title TEXT)")
    (tmp_path / "notes.txt").write_text("notes" * 1000)
    for name, reason in {
        "absent.db": "There is no database",
        "foreign.db": "is not a database of Cartwatch",
        "notes.txt": "is damaged or not a Cartwatch database",
    }.items():
        assert reason in said_only(cartwatch("check", "--database", tmp_path / name), 1)
    changed(database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseProblem, match="Update Cartwatch, then check again"):
        problems(database)
    changed(database, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(DatabaseProblem, match="Start this version once, then check again"):
        problems(database)


def test_while_another_process_writes_all_is_fine_and_the_writer_goes_on(tmp_path: Path) -> None:
    database = filled(tmp_path, sessions=1_000)
    with written_to(database) as commits:
        for _ in range(3):
            assert problems(database) == {}
    assert commits[0] > 3


def test_nothing_is_left_in_the_temporary_folder(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path / "temporary"))
    assert problems(database) == {}
    assert list((tmp_path / "temporary").iterdir()) == []
