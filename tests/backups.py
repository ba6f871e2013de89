"""Databases to back up and to restore, and other processes that use them, write to them or are killed meanwhile."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from typer.testing import CliRunner, Result

from pages import install
from pages.cli import commands
from tests.factories import a_store, event, line, opened, tell

PAGE = 4096


def filled(folder: Path, sessions: int = 40) -> Path:
    """A new database with a store and so many sessions, each with a line and a timeline; closed."""

    async def fill() -> None:
        async with opened(folder) as db:
            store = await a_store(db)
            documents = [event(token=f"cart-{number:06}", lines=[line(number)]) for number in range(sessions)]
            for start in range(0, sessions, 500):
                await tell(db, store, *documents[start : start + 500])

    folder.mkdir(exist_ok=True)
    (folder / "cartwatch.db").unlink(missing_ok=True)
    asyncio.run(fill())
    return folder / "cartwatch.db"


def sessions_in(database: Path) -> int:
    """How many sessions a database holds that SQLite finds sound; AssertionError where it is not."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return int(connection.execute("SELECT count(*) FROM session").fetchone()[0])


def changed(database: Path, *statements: str) -> None:
    """Run statements on the database and fold them into its file."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def spoil(database: Path, *pages: int) -> None:
    """Overwrite the first half of these pages, of all but page 1 if none is named."""
    content = bytearray(database.read_bytes())
    for page in pages or range(2, len(content) // PAGE + 1):
        content[(page - 1) * PAGE : (page - 1) * PAGE + PAGE // 2] = b"\xa5" * (PAGE // 2)
    database.write_bytes(content)


def journal_mode(database: Path) -> str:
    """``wal`` or ``delete``, as the file's header says: https://www.sqlite.org/fileformat2.html"""
    return {b"\x02\x02": "wal", b"\x01\x01": "delete"}[database.read_bytes()[18:20]]


def cartwatch(*words: object) -> Result:
    """Runs a command as it is typed."""
    return CliRunner().invoke(commands, [str(word) for word in words], prog_name="cartwatch")


def said_only(result: Result, code: int) -> str:
    """The one line on standard error of a command that ended with this code, and nothing else was said."""
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()


def left_in(folder: Path) -> list[str]:
    """What is in a folder beside what SQLite may keep there while a database is in use."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm")))


@contextmanager
def running(script: str, *words: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process of its own with this script, that ends at the latest when its standard input does."""
    command = [sys.executable, "-c", script, *(str(word) for word in words)]
    variables = os.environ | {"PYTHONPATH": str(install.ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=variables) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def in_use(database: Path, last: str = "SELECT 1 FROM session") -> Iterator[None]:
    """Another process has the database open, has just done its last statement, and is idle."""
    with running(_IDLE, database, last) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "idle\n"
        yield


@contextmanager
def written_to(database: Path) -> Iterator[list[int]]:
    """Another process writes without a pause: in each transaction, two columns of the store get the same next number.

    How many transactions there were is in the list at the end.
    """
    commits: list[int] = []
    with running(_WRITING, database) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        yield commits
        answer, problems = process.communicate()
        assert problems == "", problems
        commits.append(int(answer))


def killed_everywhere(folder: Path, work: str) -> list[tuple[Path, bool]]:
    """Copies of the folder in which ``work`` was killed: after its first operation on files, after its second, …

    ``work`` is a Python expression on ``folder``. With each copy whether the work was done; it is in the last.
    """
    with running(_KILLED, folder, work) as process:
        answer, problems = process.communicate()
        assert problems == "", problems
    told = [json.loads(text) for text in answer.splitlines()]
    return [(Path(copy), done) for copy, done in told]


_IDLE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2]).fetchone()
print("idle", flush=True)
sys.stdin.read()
"""

_WRITING = """
import select, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=3)
count = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    count += 1
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE store SET revision = ?", (count,))
    connection.execute("UPDATE session SET cart_updates = ?, value = value + 1 WHERE id % 40 = ?", (count, count % 40))
    connection.execute("UPDATE store SET max_renewals = ?", (count,))
    connection.execute("COMMIT")
    if count == 1:
        print("writing", flush=True)
print(count)
"""

_KILLED = """
import json, os, shutil, signal, sys
from pathlib import Path
from data import backup, restore
backup._STEPS = 2_000  # so that copying is reported, and can be killed, in between
OPERATIONS = ("open", "os.", "sqlite3.connect", "tempfile.")
def watch(name, arguments):
    global left
    if left is not None and name.startswith(OPERATIONS):
        left -= 1
        if left < 0:
            left = None
            os.kill(os.getpid(), signal.SIGKILL)
def progress(written, expected):
    watch("open", ())
left = None
sys.addaudithook(watch)
original, work = Path(sys.argv[1]), compile(sys.argv[2], "work", "eval")
for number in range(1, 500):
    folder = original.with_name(f"{original.name}-{number}")
    shutil.copytree(original, folder)
    child = os.fork()
    if not child:
        left = number
        eval(work)
        left = None
        os._exit(0)
    done = os.waitpid(child, 0)[1] == 0
    print(json.dumps([str(folder), done]))
    if done:
        break
"""
