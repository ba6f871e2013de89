"""Makes a database file ready before anything else opens it: looks whether it is sound, creates or migrates it.

Everything here is synchronous and runs once, at the start, in a thread of its own.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from data.problems import Busy, DatabaseProblem, explained

LATEST = "0003"
"""The newest revision in ``data/migrations``; compared with the file's, so that a usual start need not load Alembic."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_MAGIC = b"SQLite format 3\x00"
_HEADER = 100  # bytes; https://www.sqlite.org/fileformat2.html#the_database_header
_CHECKED_WHOLE = 64 * 2**20  # bytes: read in well under a second. Larger files would hold up the start.


def make_ready(path: Path) -> None:
    """Check the file at ``path``, create it where there is none, migrate it where it is older.

    A file that is damaged, not ours, or of a newer version is left exactly as it is: DatabaseProblem says what to do.
    """
    try:
        known = _revision(path)
        if known != LATEST:
            _migrate(path, known)
        elif not _keeps_log(path):  # a backup that was put in its place by hand
            _keep_log(path)
    except (sqlite3.Error, OSError) as error:
        raise explained(error, str(path)) from error


def _revision(path: Path) -> str | None:
    """The revision of a sound file; None where there is no database yet. Opens the file for reading only."""
    if path.is_dir():
        raise DatabaseProblem(f"{path} is a folder. Give the name of a file in it, such as {path / 'cartwatch.db'}.")
    if not path.parent.is_dir():
        raise DatabaseProblem(
            f"The folder {path.parent} does not exist. Create it, or choose another file with --database."
        )
    if not path.exists() or path.stat().st_size == 0:
        return None
    _look_at_header(path)
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=3)) as connection:
        if path.stat().st_size <= _CHECKED_WHOLE:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not names:
            return None
        if not {"alembic_version", "session", "store"} <= names:
            raise DatabaseProblem(
                f"{path} is a database of another program; it was left as it is. Choose another file with --database."
            )
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _look_at_header(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if header[:16] != _MAGIC or len(header) < _HEADER:
        raise sqlite3.DatabaseError("not a database")
    # Pages are counted in the header; a file that was cut off is shorter than that. (What is still in the write-ahead
    # log may not have reached the file yet, but the header is written with it.)
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    if path.stat().st_size < pages * (65536 if page == 1 else page):
        raise sqlite3.DatabaseError("shorter than its header says")


def _migrate(path: Path, known: str | None) -> None:
    # Alembic takes a quarter of a second to load, so only who needs it does.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    revisions = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if known is not None and known not in revisions:
        raise DatabaseProblem(
            f"{path} was written by a newer version of Cartwatch (its format is {known}, this version knows {LATEST}). "
            "Update Cartwatch, or choose another file with --database."
        )
    if known is not None:
        _copy(path, path.with_name(f"{path.name}.before-{LATEST}"))

    _keep_log(path)
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool, connect_args={"timeout": 3})
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        problem = explained(error.orig, str(path)) if isinstance(error.orig, sqlite3.Error) else None
        if isinstance(problem, Busy):
            raise problem from error
        raise DatabaseProblem(
            f"{path} could not be brought to this version of Cartwatch ({error.orig}); nothing in it was changed. "
            "Go on with the version that wrote it, and please report this."
        ) from error


def _keeps_log(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(_HEADER)[18:20] == b"\x02\x02"  # the versions that say so, for writing and for reading


def _keep_log(path: Path) -> None:
    """Have changes written to a log beside the file: readers go on meanwhile. Not possible inside a transaction."""
    with closing(sqlite3.connect(path, timeout=3)) as plain:
        plain.execute("PRAGMA journal_mode = WAL")


def _copy(path: Path, copy: Path) -> None:
    """A complete copy of the database, the write-ahead log included, beside it."""
    with closing(sqlite3.connect(path, timeout=3)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _leave_transactions_to_us(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    # Two starts at once: the second waits here, then finds the revision already reached and does nothing.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
