"""Browser tests: the real application, a real database, a real Chromium.

`server` starts applications, `demo` is one demo for all tests that only read, `open_page` opens pages of any size.
A test fails when a page reports an error on its console, throws, or asks any other host for anything.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.browser import chromium, display
from tests.browser import shop as shops
from tests.browser.server import Server, running
from tests.browser.shop import Shop

LIVING: list[Server] = []  # every application that runs now, for the report of a test that fails


class OpenPage(Protocol):
    def __call__(self, width: int = 1440, height: int = 900, *, dark: bool = False, **options: Any) -> Page:
        """A page in a fresh context; `options` are Playwright's for `new_context`."""


StartServer = Callable[..., Server]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        executable = chromium.obtain()
    except LookupError as error:
        pytest.fail(str(error), pytrace=False)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=list(chromium.FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts applications: `server()`, `server("demo")`, `server("--option", folder=…)`; all end with the test.

    Without `folder` the data lies in the test's `tmp_path`; see `tests.browser.server.running` for the rest.
    """
    with ExitStack() as stack:

        def start(*arguments: str, folder: Path = tmp_path, **options: Any) -> Server:
            return stack.enter_context(_listed(running(folder, *arguments, **options)))

        yield start


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One demo for all tests that change nothing in it."""
    with _listed(running(tmp_path_factory.mktemp("demo"), "demo")) as started:
        yield started


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A console with three stores, one for all tests of a module; each test brings the sessions it needs."""
    with shops.opened(tmp_path_factory.mktemp("shop")) as opened, _listed(nullcontext(opened.server)):
        yield opened


@pytest.fixture
def page_errors() -> list[str]:
    """What the pages of this test complained about. A test that provokes an error asserts it and clears the list."""
    return []


@pytest.fixture
def open_page(browser: Browser, page_errors: list[str]) -> Iterator[OpenPage]:
    contexts: list[BrowserContext] = []

    def open_page(width: int = 1440, height: int = 900, *, dark: bool = False, **options: Any) -> Page:
        settings: dict[str, Any] = {"locale": "en-US", "timezone_id": "UTC", "reduced_motion": "reduce"}
        settings |= {"viewport": {"width": width, "height": height}, "color_scheme": "dark" if dark else "light"}
        context = browser.new_context(**(settings | options))
        contexts.append(context)
        _watch(context, page_errors)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert not page_errors, "\n".join(page_errors)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()


@pytest.fixture
def dark_page(open_page: OpenPage) -> Page:
    return open_page(dark=True)


@pytest.fixture
def narrow_page(open_page: OpenPage) -> Page:
    return open_page(390, 844)


@pytest.fixture
def virtual_display() -> Iterator[str]:
    """The DISPLAY of a fresh virtual screen, for `server("--native", display=virtual_display)`; Linux only."""
    try:
        display.obtain()
    except LookupError as error:
        pytest.fail(str(error), pytrace=False)
    with display.virtual() as name:
        yield name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [(f"Output of {server.url}", server.output()) for server in LIVING]
    return report


@contextmanager
def _listed(application: AbstractContextManager[Server]) -> Iterator[Server]:
    with application as server:
        LIVING.append(server)
        try:
            yield server
        finally:
            LIVING.remove(server)


def _watch(context: BrowserContext, errors: list[str]) -> None:
    """Collects errors, warnings of the content security policy among them, and requests that leave this machine."""

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"console: {message.text}")

    def request(sent: Request) -> None:
        address = urlsplit(sent.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname != "127.0.0.1":
            errors.append(f"asked another host: {sent.url}")

    context.on("console", console)
    context.on("weberror", lambda error: errors.append(f"thrown: {error.error}"))
    context.on("request", request)
