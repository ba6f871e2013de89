"""What is shown where something is not there or went wrong: a page for people, JSON for programs, no traceback."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui.testing import User

from data.database import Busy
from pages import app as application
from tests.console import Site, a_site, break_reading

SECRET = "SELECT secret FROM the_inside"


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def test_a_page_that_is_not_there_says_so_in_the_readers_language(site: Site) -> None:
    answer = await site.client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is nothing at this address." in answer.text
    assert "Back to the sessions" in answer.text
    german = await site.client.get("/nowhere", headers={"accept-language": "de-AT"})
    assert german.status_code == 404
    assert "There is nothing at this address." not in german.text


@pytest.mark.parametrize("address", ["/api/nowhere", "/assets/nowhere.js", "/_nicegui/nowhere"])
async def test_a_program_is_told_in_json(site: Site, address: str) -> None:
    answer = await site.client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    assert list(answer.json()) == ["error"]


async def test_the_wrong_method_is_refused(site: Site) -> None:
    assert (await site.client.post("/api/sessions")).status_code == 405
    assert (await site.client.get("/api/events")).status_code == 405


async def test_a_store_that_is_not_there_is_not_found(site: Site) -> None:
    await site.store(sessions=1)
    answer = await site.client.get("/?store=<b>elsewhere</b>")
    assert answer.status_code == 404
    assert "There is no such store here." in answer.text
    assert "<b>elsewhere" not in answer.text
    assert "shop.example-1" not in answer.text


@pytest.mark.parametrize("address", ["/", "/sessions/shop.example-1", "/api/sessions", "/api/sessions/changes"])
async def test_a_busy_database_is_503_and_one_sentence(
    site: Site, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.store(sessions=1)
    break_reading(monkeypatch, Busy("The disk is full. Free some space."))
    answer = await site.client.get(address)
    if address == "/":
        assert answer.status_code == 200  # the frame stands; the list in it asks again by itself
    else:
        assert answer.status_code == 503
        assert "The disk is full. Free some space." in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("address", ["/", "/sessions/shop.example-1", "/api/sessions", "/api/sessions/changes"])
async def test_a_failure_of_ours_goes_to_the_log_and_not_to_the_page(
    site: Site, address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await site.store(sessions=1)
    break_reading(monkeypatch, RuntimeError(SECRET))
    answer = await site.client.get(address)
    assert answer.status_code == 500
    assert "Something went wrong on our side." in answer.text
    for inside in (SECRET, "Traceback", "RuntimeError", 'File "'):
        assert inside not in answer.text
    assert SECRET in caplog.text
    caplog.clear()


async def test_it_is_ready_while_a_console_runs(site: Site) -> None:
    answer = await site.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    await application.stop()
    answer = await site.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready"})
