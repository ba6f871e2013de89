"""Backups of the database: one file each, complete and checked, made also while a console goes on writing.

Copied by VACUUM INTO, which reads one state of the database throughout: writers go on, and the copy ends. SQLite's
online backup, done in steps, begins anew whenever another process has written; with 50 commits a second it never ended.
It would also take along what was deleted and not yet written over; VACUUM leaves that behind.
https://www.sqlite.org/lang_vacuum.html#vacuuminto
"""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from data.problems import Busy, DatabaseProblem, explained

Progress = Callable[[int, int], None]
"""Told now and then how many bytes of the copy are written, and about how many it will have."""

COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database while it is in use: https://www.sqlite.org/tempfiles.html"""

_OURS = {"alembic_version", "session", "store"}
_OF_SOURCE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL}
_STEPS = 20_000  # of SQLite's virtual machine between two reports, some milliseconds
_PATIENCE = 3  # seconds that a lock is waited for
_FORGOTTEN = 24 * 3600  # seconds without a change after which an unfinished copy is nobody's any more
_UNFINISHED = (".cartwatch-", ".partial")


@dataclass(frozen=True, slots=True)
class Copy:
    """What a copy holds; ``size`` is in bytes."""

    sessions: int
    size: int


def back_up(database: Path, file: Path, progress: Progress) -> Copy:
    """Copy the database to ``file``, which is the complete new copy afterwards, or else what it was before.

    A former backup is replaced. Raises DatabaseProblem, and KeyboardInterrupt when it was stopped.
    """
    if not database.exists():
        raise DatabaseProblem(f"There is no database {database}, so there is nothing to back up.")
    target = file.resolve()
    _check_place(target, database.resolve())
    try:
        with beside(target) as copy:
            made = copied(database, copy, progress)
            shutil.copymode(database, copy)  # who may not read the one may not read the other
            put(copy, target)
    except OSError as error:
        raise explained(error, str(target)) from error
    return made


def reading(file: Path) -> sqlite3.Connection:
    """A connection to a database file that cannot write. Raises sqlite3.Error."""
    uri = f"{file.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)
    connection.execute("PRAGMA trusted_schema = OFF")  # a file from elsewhere; https://www.sqlite.org/security.html
    connection.set_progress_handler(lambda: None, _STEPS)  # lets Python notice Ctrl+C during a long statement
    return connection


def revision(connection: sqlite3.Connection) -> str | None:
    """The revision of a database of Cartwatch; None where it is none. Raises sqlite3.Error."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables >= _OURS:
        return None
    known = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(known[0]) if known else None


def copied(source: Path, copy: Path, progress: Progress) -> Copy:
    """Copy one state of a database of Cartwatch to a file that is not there yet, and check the copy.

    The copy has no write-ahead log. Raises DatabaseProblem, and KeyboardInterrupt when it was stopped.
    """
    try:
        with closing(reading(source)) as connection:
            if revision(connection) is None:
                raise DatabaseProblem(f"{source} is not a database of Cartwatch; it was left as it is.")
            size = _expected_size(connection)
            _check_room(copy.parent, size)
            connection.set_progress_handler(lambda: progress(_size(copy), size), _STEPS)
            connection.execute("VACUUM INTO ?", (str(copy),))
        return _checked(copy)
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from error
        raise explained(error, str(source if code in _OF_SOURCE else copy.parent.parent)) from error


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A path for what will become ``target``, on the same disk, in a folder that is gone afterwards. Raises OSError."""
    _tidy(target.parent)
    before, after = _UNFINISHED
    folder = Path(tempfile.mkdtemp(prefix=before, suffix=after, dir=target.parent))
    try:
        yield folder / target.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(copy: Path, target: Path) -> None:
    """Let the copy take the target's place, in one step that a power cut does not undo. Raises OSError."""
    to_disk(copy)
    copy.replace(target)
    to_disk(target.parent)


def to_disk(path: Path) -> None:
    """Have a file's content, or which files a folder holds, on the disk before anything else is done."""
    if path.is_dir() and os.name == "nt":  # Windows cannot, and does not need to
        return
    opened = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def companions(database: Path) -> list[Path]:
    """The paths of what SQLite keeps beside a database, whether it is there or not."""
    return [database.with_name(database.name + ending) for ending in COMPANIONS]


def _check_place(target: Path, database: Path) -> None:
    if target.is_dir():
        raise DatabaseProblem(
            f"{target} is a folder. Give the name of a file in it, such as {target / 'cartwatch.bak'}."
        )
    if not target.parent.is_dir():
        raise DatabaseProblem(f"The folder {target.parent} does not exist. Create it, or choose another file.")
    if target in companions(database) or (target.exists() and target.samefile(database)):
        raise DatabaseProblem(f"{target} is the database itself, or part of it. Choose another file.")
    if target.exists() and not _is_former_backup(target):
        raise DatabaseProblem(f"{target} is not a backup of Cartwatch; it was left as it is. Choose another file.")
    if in_use := [companion for companion in companions(target) if _size(companion)]:
        raise DatabaseProblem(
            f"{in_use[0]} belongs to a database that is or was in use; it was left as it is. Choose another file."
        )


def _is_former_backup(file: Path) -> bool:
    """Whether a file may be replaced: a database of Cartwatch that no console has ever opened."""
    if not file.is_file():  # a device, a pipe
        return False
    try:
        with file.open("rb") as opened:
            # A console turns on the write-ahead log: https://www.sqlite.org/fileformat2.html#file_format_version_numbers
            if opened.read(20)[18:20] != b"\x01\x01":
                return False
        with closing(reading(file)) as connection:
            return revision(connection) is not None
    except sqlite3.Error:
        return False


def _expected_size(connection: sqlite3.Connection) -> int:
    used, free, page = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (used - free) * page


def _check_room(folder: Path, size: int) -> None:
    # Found out before: a full disk would also keep a console from storing what it receives.
    free = shutil.disk_usage(folder).free
    if free < size:
        raise Busy(
            f"The copy needs about {size / 1e6:,.0f} MB in {folder.parent}, where {free / 1e6:,.0f} MB are free. "
            "Free some space, or choose another disk."
        )


def _checked(copy: Path) -> Copy:
    with closing(reading(copy)) as connection:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        sessions = connection.execute("SELECT count(*) FROM session").fetchone()[0]
    return Copy(sessions=sessions, size=copy.stat().st_size)


def _tidy(folder: Path) -> None:
    """Take away what a copy that was killed has left behind, long after."""
    before, after = _UNFINISHED
    for left in folder.glob(f"{before}*{after}"):
        with suppress(OSError):
            newest = max(path.stat().st_mtime for path in (left, *left.iterdir()))
            if time.time() - newest > _FORGOTTEN:
                shutil.rmtree(left)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
