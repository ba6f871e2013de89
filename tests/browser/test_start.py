"""The start: what the first answer shows, an empty console, wrong addresses, databases that cannot be used."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pages import install
from tests.browser import shop as shops
from tests.browser.conftest import OpenPage, StartServer
from tests.browser.server import environment, free_port
from tests.browser.shop import CANCELLED, CONVERTED, EMPTY, TOKEN, Shop, event, row


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    shops.fill(shop)


def test_the_first_html_has_rows_without_scripts(open_page: OpenPage, shop: Shop) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(shop.at())
    first = page.locator("#cw-first")
    expect(first.get_by_role("heading", name="Sessions")).to_be_visible()
    expect(first).to_contain_text("115 total sessions")
    found = first.locator("tbody tr").filter(has_text=TOKEN)
    for words in (TOKEN, "US", "2 items", "3,124.75\u00a0USD", "Active", "Review", "33m ago", "View"):
        expect(found).to_contain_text(words)
    page.goto(shop.at("/?status=converted"))
    expect(page.locator("#cw-first")).to_contain_text("1 of 115 sessions")
    expect(page.locator("#cw-first tbody tr")).to_have_count(1)
    expect(page.locator("#cw-first tbody tr")).to_contain_text(CONVERTED)


def test_the_table_takes_the_place_of_the_first_rows(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    expect(row(page, TOKEN)).to_be_visible()
    expect(page.locator("#cw-first")).to_have_count(0)


def test_no_sessions_yet_says_how_to_get_the_first_which_then_appears(page: Page, shop: Shop) -> None:
    page.goto(shop.at(f"/?store={EMPTY}"))
    expect(page.get_by_role("heading", name="No sessions yet")).to_be_visible()
    connect = page.locator(".cw-state-empty").get_by_role("link", name="Connect a store")
    expect(connect).to_have_attribute("href", f"/connections?store={EMPTY}")
    expect(page.locator(".cw-state-empty")).to_contain_text("cartwatch store add DOMAIN")
    expect(page.locator(".cw-state-empty")).to_contain_text("cartwatch import FILE")
    expect(page.locator(".cw-count")).to_have_text("0 total sessions")
    shop.send(event("very-first", left=30), store=EMPTY)
    expect(row(page, "very-first")).to_be_visible()
    expect(page.locator(".cw-count")).to_have_text("1 total session")
    expect(page.get_by_role("heading", name="No sessions yet")).to_be_hidden()


def test_a_console_without_stores(server: StartServer, page: Page) -> None:
    started = server()
    page.goto(started.url)
    expect(page.get_by_role("heading", name="Sessions", level=1).first).to_be_visible()
    expect(page.get_by_role("combobox", name="Store")).to_have_count(0)


UNKNOWN = ["/nowhere", "/sessions", "/sessions/a/b", f"/sessions/{CANCELLED}x", "/?store=other.example"]


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unknown_address_is_a_404_page_with_a_way_back(
    page: Page, shop: Shop, page_errors: list[str], path: str
) -> None:
    answer = page.goto(shop.at(path))
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_text("404", exact=True)).to_be_visible()
    page.get_by_role("link", name="Back to the sessions").click()
    expect(row(page, TOKEN)).to_be_visible()
    assert all("404" in error for error in page_errors)
    page_errors.clear()


def test_light_and_dark_by_the_system_and_by_choice(open_page: OpenPage, shop: Shop) -> None:
    light, dark = "rgb(241, 241, 241)", "rgb(26, 26, 26)"
    page = open_page(dark=True)
    page.goto(shop.at())
    expect(page.locator("body")).to_have_css("background-color", dark)
    page.get_by_role("combobox", name="Theme").select_option(label="Light")
    expect(page.locator("body")).to_have_css("background-color", light)
    page.reload()
    expect(page.locator("body")).to_have_css("background-color", light)


def test_the_browsers_language_and_the_users_choice(open_page: OpenPage, shop: Shop) -> None:
    page = open_page(locale="de-DE")
    page.goto(shop.at())
    expect(shops.cell(row(page, TOKEN), "value")).to_contain_text("3.124,75\u00a0USD")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator(".cw-count")).to_have_text(re.compile(r"^115 .*Sitzungen"))
    page.locator("select").filter(has_text="Deutsch").select_option(label="English")
    expect(page.locator(".cw-count")).to_have_text("115 total sessions")


@pytest.mark.parametrize("kind", ["corrupt", "newer", "folder"])
def test_a_database_that_cannot_be_used_is_one_sentence(tmp_path: Path, kind: str) -> None:
    database = tmp_path / "cartwatch.db"
    if kind == "corrupt":
        database.write_bytes(b"This is not a database. " * 500)
    elif kind == "newer":
        shops.prepare(database)
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
    else:
        database.mkdir()
    before = database.read_bytes() if database.is_file() else b""
    command = [sys.executable, "-m", "pages", "--port", str(free_port()), "--database", str(database), "--no-open"]
    ended = subprocess.run(
        command, cwd=install.ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    assert str(database) in ended.stderr.replace("\n", "")
    assert len(ended.stderr.strip().splitlines()) <= 3, ended.stderr
    assert (database.read_bytes() if database.is_file() else b"") == before  # it is left as it was
