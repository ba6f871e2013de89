"""Errors of SQLite and of the file system become sentences, and what may pass by itself is told from what may not."""

import errno
import sqlite3
from pathlib import Path

import pytest

from data.problems import Busy, DatabaseProblem, explained

PATH = "/shop/cartwatch.db"


def failing(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("the driver's own words")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (failing(sqlite3.SQLITE_BUSY), "locked by another program"),
        (failing(sqlite3.SQLITE_BUSY_SNAPSHOT), "locked by another program"),
        (failing(sqlite3.SQLITE_FULL), "is full"),
        (failing(sqlite3.SQLITE_IOERR_WRITE), "could not be read or written"),
        (failing(sqlite3.SQLITE_READONLY_DIRECTORY), "cannot be written"),
        (failing(sqlite3.SQLITE_CANTOPEN), "cannot be opened"),
        (PermissionError(errno.EACCES, "Permission denied"), "cannot be opened"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
    ],
)
def test_what_may_pass_is_busy_and_names_the_file(error: sqlite3.Error | OSError, words: str) -> None:
    problem = explained(error, PATH)
    assert isinstance(problem, Busy)
    assert PATH in str(problem)
    assert words in str(problem)


@pytest.mark.parametrize("error", [failing(sqlite3.SQLITE_CORRUPT), failing(sqlite3.SQLITE_NOTADB), sqlite3.Error("?")])
def test_anything_else_counts_as_damage_and_says_how_to_go_on(error: sqlite3.Error) -> None:
    problem = explained(error, PATH)
    assert type(problem) is DatabaseProblem
    assert f"{PATH} is damaged or not a Cartwatch database" in str(problem)
    assert "cartwatch restore FILE" in str(problem)


def test_a_real_file_that_is_no_database_is_told_as_damage(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("Dear diary, " * 100)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.DatabaseError) as raised:
        connection.execute("SELECT * FROM session")
    connection.close()
    assert "is damaged or not a Cartwatch database" in str(explained(raised.value, str(path)))
