"""What all tests share: settings untouched by the machine they run on, and that browser tests come last.

Page tests take NiceGUI's `user` fixture (no browser) and register the pages themselves, since the fixture begins
with an empty application and ends by forgetting the modules whose pages were opened.
"""

import gc
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from data.database import Database
from data.records import StoreRecord
from tests.factories import a_store, opened

# The clock of a shared machine says nothing about the code, so no deadlines; in CI the same examples every time.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(autouse=True)
def untouched_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No CARTWATCH_ variable from outside counts, and no test finds or leaves anything in the user's data folder."""
    for name in list(os.environ):
        if name.startswith("CARTWATCH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "user-data"))


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """A new database."""
    async with opened(tmp_path) as database:
        yield database


@pytest.fixture
async def store(db: Database) -> StoreRecord:
    """A store in it that has just been added."""
    return await a_store(db)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: once Playwright's event loop has run, asynchronous tests cannot start theirs."""
    items.sort(key=lambda item: "browser" in Path(item.path).parent.parts)


def pytest_collection_finish() -> None:
    """The `user` fixture collects garbage before and after each test; what is loaded by now need not be looked through.

    It halves the time that page tests take.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
