"""Restoring a backup: it takes the database's place in one step, and what was there before is kept beside it.

While that happens the database is locked, so that no console can start on it, or be running with it. Stopped at any
moment, there is either the former database or the restored one, whole.
"""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from data.backup import Copy, Progress, beside, companions, copied, put, reading, revision, to_disk
from data.problems import Busy, DatabaseProblem, explained
from data.upgrade import LATEST, make_ready

# Where SQLite's locks are, and those for reading among them: sqlite3.h and os.h of https://www.sqlite.org/src
_READERS_LOCKS = 0x40000002
_READERS_COUNT = 510
_PATIENCE = 1  # second that another command may take to end
_IN_USE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
_NOT_DAMAGED = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in place now. ``kept`` is the former database, if there was one; ``damaged`` says that it is unsound."""

    copy: Copy
    kept: Path | None
    damaged: bool


def restore(file: Path, database: Path, progress: Progress) -> Restored:
    """Put a copy of the backup ``file`` in the place of the database, brought to this version if it is older.

    The former database is kept beside it as ``<name>.before-restore``; one that was kept there before is given up.
    Raises FileNotFoundError where there is no ``file``, DatabaseProblem, and KeyboardInterrupt when it was stopped;
    then nothing was restored.
    """
    database = database.resolve()
    _check_file(file, database)
    if database.is_dir() or not database.parent.is_dir():
        raise DatabaseProblem(f"{database} cannot be a database: it is a folder, or its folder does not exist.")
    try:
        with _alone(database) as former, beside(database) as copy:
            made = _copied(file, copy, progress)
            _make_like(copy, database)
            if not former and database.exists():  # a console may have been started meanwhile
                _check_unlocked(database)
            there = database.exists()
            kept = _keep([database] if former else [*companions(database), database], database, copy.parent)
            if former and os.name == "nt":  # Windows does not replace a file that is open
                former.close()
            for companion in companions(database):  # else SQLite would play the former log into the new database
                companion.unlink(missing_ok=True)
            to_disk(database.parent)
            put(copy, database)
    except OSError as error:
        raise explained(error, str(database)) from error
    return Restored(made, kept if there else None, damaged=there and former is None)


def _check_file(file: Path, database: Path) -> None:
    if not file.stat().st_size and file.is_file():
        raise DatabaseProblem(f"{file} is empty, so there is nothing to restore.")
    if not file.is_file():
        raise DatabaseProblem(f"{file} is not a file. Give the backup to restore.")
    if database.exists() and file.samefile(database):
        raise DatabaseProblem(f"{file} is the database itself. Give the backup to restore.")
    try:
        with closing(reading(file)) as connection:
            known = revision(connection)
    except sqlite3.Error as error:
        raise _unfit(file, error) from error
    if known is None:
        raise DatabaseProblem(f"{file} is not a backup of Cartwatch; nothing was restored.")
    if known > LATEST:
        raise DatabaseProblem(
            f"{file} was written by a newer version of Cartwatch (its format is {known}, this version knows {LATEST}); "
            "nothing was restored. Update Cartwatch first."
        )


def _unfit(file: Path, error: BaseException) -> DatabaseProblem:
    if isinstance(error, sqlite3.Error) and isinstance(problem := explained(error, str(file)), Busy):
        return problem
    return DatabaseProblem(f"{file} is damaged or not a backup of Cartwatch ({error}); nothing was restored.")


def _copied(file: Path, copy: Path, progress: Progress) -> Copy:
    """A copy as a console would have it: of this version, with a write-ahead log."""
    try:
        made = copied(file, copy, progress)
    except Busy:
        raise
    except DatabaseProblem as problem:
        raise _unfit(file, problem.__cause__ or problem) from problem
    try:
        make_ready(copy)
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except (DatabaseProblem, sqlite3.Error) as problem:
        raise DatabaseProblem(
            f"{file} could not be brought to this version of Cartwatch ({problem.__cause__ or problem}); "
            "nothing was restored."
        ) from problem
    return made


@contextmanager
def _alone(database: Path) -> Iterator[sqlite3.Connection | None]:
    """Keeps every other process out of the database, all of it in one file; None where it is damaged or not there.

    Raises DatabaseProblem where another process has it open, or it is another program's.
    """
    if not database.exists():
        yield None
        return
    if _is_damaged(database):
        _check_unlocked(database)
        yield None
        return
    with closing(sqlite3.connect(database, timeout=_PATIENCE, isolation_level=None)) as connection:
        yield connection if _locked(connection, database) else None


def _is_damaged(database: Path) -> bool:
    """Whether SQLite cannot even begin to read. Looked at without writing: else SQLite deletes a log it cannot use."""
    if not database.stat().st_size:
        return True
    try:
        with closing(reading(database)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in _DAMAGED
    return False


def _locked(connection: sqlite3.Connection, database: Path) -> bool:
    try:
        # Before the first look: then it takes effect for a write-ahead log too. A process that has the database open
        # holds a lock for reading all the time. https://www.sqlite.org/wal.html#noshm
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        _check_ours(connection, database)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        connection.close()
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in _IN_USE:
            raise _in_use(database) from error
        if code in _NOT_DAMAGED:
            raise explained(error, str(database)) from error
        _check_unlocked(database)
        return False
    return True


def _check_ours(connection: sqlite3.Connection, database: Path) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] and revision(connection) is None:
        raise DatabaseProblem(
            f"{database} is a database of another program; it was left as it is. Choose another file with --database."
        )


def _check_unlocked(database: Path) -> None:
    """The same for a file that SQLite does not open: whether a process holds one of its locks for reading."""
    if sys.platform == "win32":  # does not replace a file that is open
        return
    import fcntl

    with database.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _READERS_COUNT, _READERS_LOCKS)
        except OSError as error:
            raise _in_use(database) from error


def _in_use(database: Path) -> Busy:
    return Busy(
        f"{database} is in use, probably by a console that runs; nothing was restored. Stop it first, then try again."
    )


def _make_like(copy: Path, database: Path) -> None:
    """Whoever could use the former database can use the copy, also when somebody else restores."""
    like = (database if database.exists() else database.parent).stat()
    if database.exists():
        shutil.copymode(database, copy)
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(copy, like.st_uid, like.st_gid)


def _keep(pieces: Sequence[Path], database: Path, meanwhile: Path) -> Path:
    """Give what is there a second name, under which it stays when its first is given to the copy."""
    kept = database.with_name(f"{database.name}.before-restore")
    if database.exists() and kept.exists() and kept.samefile(database):
        return kept  # a restore that was stopped has come this far already
    there = [piece for piece in pieces if piece.exists()]
    seconds = [(_second(piece, meanwhile), piece.name.removeprefix(database.name)) for piece in there]
    for older in (kept, *companions(kept)) if seconds else ():
        older.unlink(missing_ok=True)
    for second, ending in seconds:
        second.replace(kept.with_name(kept.name + ending))
    return kept


def _second(piece: Path, meanwhile: Path) -> Path:
    second = meanwhile / f"former{piece.name}"
    try:
        second.hardlink_to(piece)
    except OSError:  # a file system without second names, such as that of a memory stick
        shutil.copy2(
            piece, second
        )  # which gives up our locks, for closing a file does: https://sqlite.org/howtocorrupt.html
    return second
