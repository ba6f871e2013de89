"""Notices on the page of connections and in the shell: where they go, the secret once, a test, an end."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui.testing import User
from sqlalchemy import text

from data import notice_addresses
from data.records import NoticeRecord, StoreRecord
from tests.command_line import Cartwatch, added, said, said_only, typed_in
from tests.console import NOW, Site, a_site
from tests.factories import opened
from tests.merchant import everything, form, press, until, words
from tests.notice_receiver import receiving

SECRET = re.compile(r"cwn_[A-Za-z0-9_-]{43}")


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    return typed_in(tmp_path, monkeypatch)


async def known(site: Site, store: StoreRecord) -> NoticeRecord | None:
    return await notice_addresses.of_store(site.database, store.id)


async def test_an_address_is_set_and_its_secret_shown_this_once(site: Site) -> None:
    store = await site.store()
    await site.user.open("/connections")
    await site.user.should_see("http://127.0.0.1:8080/api/decision?cart_token=")
    press(site.user, "Set address")
    form(site.user, "url").trigger("submit", {"url": "http://shop.example/"})
    await site.user.should_see("must begin with https")
    form(site.user, "url").trigger("submit", {"url": "https://10.0.0.1/"})
    await site.user.should_see("not on the public internet")
    assert await known(site, store) is None
    form(site.user, "url").trigger("submit", {"url": "http://127.0.0.1:9/told"})
    await site.user.should_see("Copy it now")
    secret = [one for one in words(site.user) if SECRET.fullmatch(one)]
    assert len(secret) == 1
    await site.user.should_see("http://127.0.0.1:9/told")
    await site.user.should_see(f"••••{secret[0][-4:]}")
    await site.user.open("/connections")
    assert secret[0] not in everything(site.user)


async def test_a_test_says_what_the_shop_answered(site: Site) -> None:
    store = await site.store()
    async with receiving("500 Oh no") as receiver:
        await notice_addresses.put(site.database, store.id, receiver.url, NOW, loopback=True)
        await site.user.open("/connections")
        await site.user.should_see("None yet")
        press(site.user, "Send test notice")
        await site.user.should_see("127.0.0.1 answered 500.")
        await site.user.should_see("Last problem")
        press(site.user, "Send test notice")
        await site.user.should_see("Your shop took the test notice.")
        await site.user.should_not_see("None yet")
        assert [one.said["type"] for one in receiver.received] == ["test", "test"]


async def test_a_new_secret_is_asked_about_and_the_former_one_signs_nothing_more(site: Site) -> None:
    store = await site.store()
    before = await notice_addresses.put(site.database, store.id, "http://127.0.0.1:9/", NOW, loopback=True)
    await site.user.open("/connections")
    press(site.user, "New secret")
    await site.user.should_see("Make a new secret?")
    press(site.user, "New secret", -1)
    await site.user.should_see("Copy it now")
    [secret] = [one for one in words(site.user) if SECRET.fullmatch(one)]
    assert secret != before
    found = await known(site, store)
    assert found is not None
    assert found.hint == secret[-4:]


async def test_a_changed_address_keeps_its_secret_and_a_removed_one_is_gone(site: Site) -> None:
    store = await site.store()
    secret = await notice_addresses.put(site.database, store.id, "http://127.0.0.1:9/", NOW, loopback=True)
    await site.user.open("/connections")
    press(site.user, "Change address")
    form(site.user, "url").trigger("submit", {"url": "http://127.0.0.1:10/"})
    await site.user.should_see("Saved")
    found = await known(site, store)
    assert found is not None
    assert (found.url, found.hint) == ("http://127.0.0.1:10/", (secret or "")[-4:])
    press(site.user, "Remove")
    await site.user.should_see("Send no more notices?")
    press(site.user, "Remove", -1)
    await site.user.should_see("Nothing is sent any more")
    assert await known(site, store) is None
    await until(lambda: "Set address" in words(site.user))


async def test_a_page_that_is_open_tells_of_notices_that_are_given_up(site: Site) -> None:
    store = await site.store()
    await notice_addresses.put(site.database, store.id, "http://127.0.0.1:9/", NOW, loopback=True)
    await site.user.open("/connections")
    async with site.database.writing() as session:
        connection = await session.connection()
        words = "Notices were given up after a day. <b>shop.example</b> answered 500."
        await connection.execute(text("UPDATE notice_address SET failed_at = 0, problem = :words"), {"words": words})
        await connection.execute(text("UPDATE store SET revision = revision + 1"))
    await site.console.live.look()
    await site.user.should_see("<b>shop.example</b> answered 500.")  # as text, which it is


async def test_a_console_that_others_reach_sends_nothing_to_its_own_machine(site: Site) -> None:
    await site.store()
    site.console.notices.loopback = False
    await site.user.open("/connections")
    press(site.user, "Set address")
    form(site.user, "url").trigger("submit", {"url": "http://localhost:9/"})
    await site.user.should_see("this machine itself")


def stored(folder: Path) -> NoticeRecord | None:
    async def ask() -> NoticeRecord | None:
        async with opened(folder) as db:
            return await notice_addresses.of_store(db, 1)

    return asyncio.run(ask())


def test_the_shell_sets_shows_renews_and_removes(cartwatch: Cartwatch, tmp_path: Path) -> None:
    shop = added(cartwatch)
    printed = said(cartwatch("notices", "set", shop, "http://127.0.0.1:9/told"))
    [secret] = SECRET.findall(printed)
    assert f"cartwatch notices test {shop}" in printed
    assert SECRET.search(said(cartwatch("notices", "set", shop, "http://127.0.0.1:9/other"))) is None
    shown = said(cartwatch("notices", "show", shop))
    assert "http://127.0.0.1:9/other" in shown
    assert f"ends in {secret[-4:]}" in shown
    assert secret not in shown
    [renewed] = SECRET.findall(said(cartwatch("notices", "secret", shop)))
    assert renewed != secret
    assert said(cartwatch("notices", "remove", shop)) == f"No more notices are sent for {shop}.\n"
    assert stored(tmp_path) is None


def test_the_shell_says_what_is_wrong(cartwatch: Cartwatch) -> None:
    shop = added(cartwatch)
    assert "must begin with https" in said_only(cartwatch("notices", "set", shop, "http://shop.example/"), 2)
    assert "this machine itself" in said_only(
        cartwatch("notices", "set", shop, "http://127.0.0.1:9/", "--host", "192.0.2.1"), 2
    )
    for word in ("show", "secret", "test", "remove"):
        assert "has no address for notices" in said_only(cartwatch("notices", word, shop), 2)
    assert "There is no store" in said_only(cartwatch("notices", "show", "other.example"), 2)


def test_a_test_from_the_shell_ends_with_what_came_of_it(cartwatch: Cartwatch, tmp_path: Path) -> None:
    shop = added(cartwatch)
    said(cartwatch("notices", "set", shop, "http://127.0.0.1:9/"))
    assert said_only(cartwatch("notices", "test", shop), 1) == "127.0.0.1 cannot be reached: nothing answers at port 9."
    assert "nothing answers at port 9" in said(cartwatch("notices", "show", shop))
