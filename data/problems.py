"""What can be wrong with a database, in sentences for the person who runs it."""

import sqlite3


class DatabaseProblem(Exception):
    """Why the database cannot be used: one or two plain sentences, what is wrong and what to do."""


class Busy(DatabaseProblem):
    """The database cannot be used just now (locked, disk full, not writable); nothing was stored. Try again later."""


class Locked(Busy):
    """Another program keeps the database from being written, and did so for as long as one may wait."""


_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_FOR_NOW = {
    sqlite3.SQLITE_BUSY: "{path} is locked by another program. Close that program, or try again in a moment.",
    sqlite3.SQLITE_LOCKED: "{path} is locked by another program. Close that program, or try again in a moment.",
    sqlite3.SQLITE_FULL: "The disk with {path} is full. Free some space; nothing that was stored is lost.",
    sqlite3.SQLITE_IOERR: "The disk with {path} could not be read or written. Check the disk and its free space.",
    sqlite3.SQLITE_READONLY: "{path} cannot be written. Allow this user to write to the file and its folder.",
    sqlite3.SQLITE_PERM: "{path} cannot be opened. Allow this user to read and write the file and its folder.",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened. Allow this user to read and write the file and its folder.",
}


def explained(error: sqlite3.Error | OSError, path: str) -> DatabaseProblem:
    """The problem behind an error of SQLite or of the file system. Anything unknown counts as a damaged file."""
    if isinstance(error, PermissionError):
        return Busy(_FOR_NOW[sqlite3.SQLITE_PERM].format(path=path))
    if isinstance(error, OSError):
        return Busy(f"{path} cannot be used: {error.strerror or error}.")
    # The low byte is the kind of error, the rest says more about it: https://www.sqlite.org/rescode.html
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in _FOR_NOW:
        return (Locked if code in _LOCKED else Busy)(_FOR_NOW[code].format(path=path))
    return DatabaseProblem(
        f"{path} is damaged or not a Cartwatch database ({' '.join(str(error).split())}); it was left as it is. "
        "Put a backup in its place with: cartwatch restore FILE. Or move it away to begin with an empty database."
    )
