"""Opening a database: what is sound is used, what is not is left alone and explained."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from data import database as database_module
from data import stores, upgrade
from data.database import Busy, Database, DatabaseProblem
from data.migrations import __path__ as migrations
from data.models import METADATA
from data.problems import explained
from data.stores import StoreProblem
from tests.factories import NOON, a_store, opened
from tests.many_sessions import many_sessions


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """A plain connection to the same file, as another program would have it."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        yield connection


def filled(folder: Path, sessions: int = 50) -> Path:
    """A database with a store and some sessions, closed."""

    async def fill() -> Path:
        async with opened(folder) as db:
            await many_sessions(db, await a_store(db), sessions)
            return Path(db.location)

    return asyncio.run(fill())


def spoil(path: Path) -> None:
    """Overwrite half of every page but the first."""
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 2048] = b"\xa5" * 2048
    path.write_bytes(content)


def refused(path: Path) -> str:
    """The problem of opening this file, which is left exactly as it was."""
    before = path.read_bytes()
    with pytest.raises(DatabaseProblem) as problem:
        asyncio.run(Database.open(str(path)))
    assert path.read_bytes() == before
    assert list(path.parent.glob("*.before-*")) == []
    said = str(problem.value)
    assert str(path) in said
    assert "Traceback" not in said
    return said


async def test_what_was_stored_is_there_after_opening_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        added = await a_store(db)
    async with opened(tmp_path) as db:
        assert await stores.every(db) == [added]
    with raw(tmp_path / "cartwatch.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("{}/a b%20?#.db", "a b%20?#.db"),
        ("sqlite:///{}/a%20b.db", "a b.db"),
        ("sqlite+aiosqlite:///{}/cartwatch.db", "cartwatch.db"),
    ],
)
def test_a_path_or_the_address_of_a_file(tmp_path: Path, written: str, name: str) -> None:
    async def location() -> str:
        db = await Database.open(written.format(tmp_path))
        await db.close()
        return db.location

    assert asyncio.run(location()) == asyncio.run(location()) == str(tmp_path / name)
    # The write-ahead log is folded into the file at the end.
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("postgresql://shop@localhost/cartwatch", "cannot use postgresql"),
        ("sqlite://", "needs a database in a file"),
        ("sqlite:///:memory:", "needs a database in a file"),
        ("://x", "neither a file nor an address"),
    ],
)
async def test_other_databases_are_not_for_this_version(location: str, said: str) -> None:
    with pytest.raises(DatabaseProblem, match=said):
        await Database.open(location)


async def test_a_missing_folder_and_a_folder_for_a_file_are_explained(tmp_path: Path) -> None:
    with pytest.raises(DatabaseProblem, match="does not exist"):
        await Database.open(str(tmp_path / "nowhere" / "cartwatch.db"))
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(DatabaseProblem, match="is a folder"):
        await Database.open(str(tmp_path))


def test_what_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("Remember the milk.\n" * 100)
    assert "Put a backup in its place with: cartwatch restore FILE" in refused(path)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with raw(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    assert "another program" in refused(path)


@pytest.mark.parametrize("checked_whole", [upgrade._CHECKED_WHOLE, 0])
def test_a_file_that_was_cut_off_is_left_alone(
    tmp_path: Path, checked_whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade, "_CHECKED_WHOLE", checked_whole)
    path = filled(tmp_path)
    whole = path.read_bytes()
    for size in (len(whole) - 4096, len(whole) // 2, 60):
        path.write_bytes(whole[:size])
        assert "damaged" in refused(path)


def test_a_file_with_spoiled_pages_is_left_alone(tmp_path: Path) -> None:
    path = filled(tmp_path)
    spoil(path)
    assert "damaged" in refused(path)


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = filled(tmp_path)
    with raw(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer version of Cartwatch" in refused(path)


LATER, NOW_LATEST = "9000", upgrade.LATEST


def test_an_older_database_is_copied_then_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path, 20)
    folder = _with_another_revision(tmp_path, "op.execute('CREATE TABLE later (id INTEGER)')")
    monkeypatch.setattr(upgrade, "_MIGRATIONS", folder)
    monkeypatch.setattr(upgrade, "LATEST", LATER)
    with pytest.raises(StoreProblem):  # the store is there still
        asyncio.run(_add_the_store_again(tmp_path))
    with raw(path) as migrated:
        assert migrated.execute("SELECT version_num FROM alembic_version").fetchone() == (LATER,)
        assert migrated.execute("SELECT count(*) FROM session").fetchone() == (20,)
        assert migrated.execute("SELECT count(*) FROM later").fetchone() == (0,)
    with raw(path.with_name(f"cartwatch.db.before-{LATER}")) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (NOW_LATEST,)
        assert copy.execute("SELECT count(*) FROM session").fetchone() == (20,)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path, 5)
    failing = "op.execute('CREATE TABLE later (id INTEGER)')\n    op.execute('INSERT INTO nothing VALUES (1)')"
    monkeypatch.setattr(upgrade, "_MIGRATIONS", _with_another_revision(tmp_path, failing))
    monkeypatch.setattr(upgrade, "LATEST", LATER)
    with pytest.raises(DatabaseProblem, match="could not be brought"):
        asyncio.run(Database.open(str(path)))
    with raw(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (NOW_LATEST,)
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)


async def _add_the_store_again(folder: Path) -> None:
    async with opened(folder) as db:
        await a_store(db)


def _with_another_revision(folder: Path, statements: str) -> Path:
    """A copy of the migrations with one more."""
    copy = folder / "migrations"
    (copy / "versions").mkdir(parents=True)
    for path in Path(migrations[0]).rglob("*.py"):
        (copy / path.relative_to(migrations[0])).write_text(path.read_text())
    (copy / "versions" / f"{LATER}_later.py").write_text(
        f"from alembic import op\nrevision = '{LATER}'\ndown_revision = '{NOW_LATEST}'\n"
        f"branch_labels = None\ndepends_on = None\n\n\ndef upgrade():\n    {statements}\n"
    )
    return copy


def test_the_migrations_make_what_the_models_say_and_end_at_the_latest(tmp_path: Path) -> None:
    path = filled(tmp_path, 1)
    own = ("session_tally", "session_rank", "session_search")  # see the migration; no models
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "table" or not (name or "").startswith(own),
            },
        )
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == upgrade.LATEST
        # What the comparison does not look at.
        numbered = text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
        wanted = {name for name, table in METADATA.tables.items() if table.dialect_options["sqlite"]["autoincrement"]}
        assert set(connection.execute(numbered).scalars()) == wanted == {"audit", "delivery", "notice", "rule"}
    engine.dispose()


def test_a_database_that_keeps_no_log_gets_one(tmp_path: Path) -> None:
    path = filled(tmp_path, 1)
    with raw(path) as connection:
        assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    upgrade.make_ready(path)
    with raw(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_two_starts_at_once_make_one_database(tmp_path: Path) -> None:
    path = str(tmp_path / "cartwatch.db")
    one, other = await asyncio.gather(Database.open(path), Database.open(path))
    added = await a_store(one)
    assert await stores.every(other) == [added]
    await one.close()
    await other.close()


async def test_readers_cannot_write_and_writers_take_turns(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        with pytest.raises(Busy):
            async with db.reading() as connection:
                await connection.execute(text("DELETE FROM store"))

        async def bump() -> None:
            async with db.writing() as session:
                found = await (await session.connection()).execute(text("SELECT revision FROM store"))
                await asyncio.sleep(0.001)
                await (await session.connection()).execute(
                    text("UPDATE store SET revision = :n"), {"n": found.scalar_one() + 1}
                )

        await asyncio.gather(*(bump() for _ in range(20)))
        assert await stores.revisions(db) == {store.id: 20}


async def test_nobody_else_writes_from_the_beginning_of_a_write(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        async with db.writing() as session:
            with raw(Path(db.location)) as other, pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("UPDATE store SET revision = 7")
            await stores.touched(session, store.id)
        assert await stores.revisions(db) == {store.id: 1}


async def test_a_locked_database_is_busy_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_WRITING", ("PRAGMA busy_timeout = 50",))
    async with opened(tmp_path) as db:
        store = await a_store(db)
        with raw(Path(db.location)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Busy, match="locked by another program"):
                await stores.add_key(db, store.id, NOON)
            assert await stores.every(db) == [store]
            other.execute("ROLLBACK")
        await stores.add_key(db, store.id, NOON)


async def test_a_full_disk_is_busy_stores_nothing_and_recovers(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        async with db.writing() as session:
            connection = await session.connection()
            pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
            await connection.execute(text(f"PRAGMA max_page_count = {pages + 1}"))
        with pytest.raises(Busy, match="full"):
            await many_sessions(db, store, 2_000)
        async with db.writing() as session:
            connection = await session.connection()
            assert (await connection.execute(text("SELECT count(*) FROM session"))).scalar_one() == 0
            await connection.execute(text("PRAGMA max_page_count = 100000"))
        await many_sessions(db, store, 200)


async def test_a_file_spoiled_while_it_is_open_is_a_problem_not_a_traceback(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        await many_sessions(db, await a_store(db), 50)
    async with opened(tmp_path) as db:
        spoil(Path(db.location))
        with pytest.raises(DatabaseProblem, match="damaged"):
            await stores.every(db)


async def test_a_mistake_in_a_statement_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        await a_store(db)
        for statement in ("SELECT wrong FROM store", "INSERT INTO store (id) VALUES (1)"):
            with pytest.raises(Exception, match=r"wrong|NOT NULL") as raised:
                async with db.writing() as session:
                    await (await session.connection()).execute(text(statement))
            assert not isinstance(raised.value, DatabaseProblem)


def test_a_file_that_may_not_be_opened_or_written_says_whom_to_allow() -> None:
    assert "Allow this user" in str(explained(PermissionError(13, "Permission denied"), "x.db"))
    assert "x.db cannot be used: No such" in str(explained(FileNotFoundError(2, "No such file"), "x.db"))
    with pytest.raises(sqlite3.Error) as found:
        sqlite3.connect("file:nowhere/x.db?mode=ro", uri=True)
    assert isinstance(explained(found.value, "x.db"), Busy)
