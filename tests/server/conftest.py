"""Tests of the real server process: real requests over HTTP, real files, real signals, no browser."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.browser.server import Server, running

_LOGS: dict[Path, Server] = {}  # what the test that runs now has started, for its report when it fails


class StartServer(Protocol):
    def __call__(self, *arguments: str, **options: Any) -> Server:
        """A server with its data in the test's folder; the same again is a restart. For the rest see ``running``."""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers, which all end with the test."""
    with ExitStack() as stack:

        def start(*arguments: str, **options: Any) -> Server:
            server = stack.enter_context(running(tmp_path, *arguments, **options))
            _LOGS[server.log] = server
            return server

        yield start
    _LOGS.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [(f"Output of {server.url}", server.output()[-20_000:]) for server in _LOGS.values()]
    return report
