"""The ``store`` commands for ways in, as they are typed: Shopify and its secret, the beacon, keys, a test delivery."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from data import stores
from data.deliveries import ConnectionKind
from data.shopify import PRIVACY_TOPICS, TOPICS
from pages import install
from tests.browser.server import environment, free_port
from tests.command_line import (
    Cartwatch,
    added,
    changed,
    doorway,
    said,
    said_only,
    stored,
    typed_in,
)
from tests.factories import opened
from tests.shopify import SECRET, SHOP

OTHER_SECRET = SECRET[::-1]


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    return typed_in(tmp_path, monkeypatch)


@pytest.fixture
def shop(cartwatch: Cartwatch) -> str:
    return added(cartwatch)


@pytest.fixture
def connected(cartwatch: Cartwatch, shop: str) -> str:
    said(cartwatch("store", "connect", shop, "--shop", SHOP, given=f"{SECRET}\n"))
    return shop


def test_connecting_prints_the_address_and_every_topic_but_not_the_secret(
    cartwatch: Cartwatch, shop: str, tmp_path: Path
) -> None:
    printed = said(cartwatch("store", "connect", shop, "--shop", SHOP.upper(), given=f"  {SECRET} \nmore\n"))
    address = stored(tmp_path)[1][ConnectionKind.SHOPIFY].address
    assert printed.startswith("shop.example is connected to Shopify.\n")
    assert f"http://127.0.0.1:8080/webhooks/shopify/{address}\n" in printed
    assert set(TOPICS + PRIVACY_TOPICS) < set(printed.split())
    assert "Shopify delivers to https addresses only" in printed
    assert "cartwatch store test shop.example" in printed
    assert SECRET not in printed
    assert (doorway(tmp_path).shop, doorway(tmp_path).secrets) == (SHOP, (SECRET,))


def test_a_secret_comes_from_a_file_or_from_standard_input(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xef\xbb\xbf" + OTHER_SECRET.encode() + b"\r\n")
    said(cartwatch("store", "connect", shop, "--shop", SHOP, "--secret-file", "secret", given=SECRET))
    assert doorway(tmp_path).secrets == (OTHER_SECRET,)
    said(cartwatch("store", "rotate", shop, "--secret-file", "-", given=SECRET))
    assert doorway(tmp_path).secrets == (SECRET, OTHER_SECRET)


def test_a_store_may_have_its_address_before_its_secret(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    printed = said(cartwatch("store", "connect", shop, "--shop", SHOP, given=""))
    assert printed.startswith("shop.example has an address for Shopify.\n")
    assert "not given yet, so everything is refused" in printed
    assert "cartwatch store rotate shop.example" in printed
    assert doorway(tmp_path).secrets == ()
    assert "no secret from Shopify yet" in said_only(cartwatch("store", "test", shop), 2)
    assert said(cartwatch("store", "rotate", shop, given=SECRET)) == "The secret is the one that ends in cdef.\n"
    assert doorway(tmp_path).secrets == (SECRET,)


def test_a_new_secret_replaces_the_former_one_which_counts_for_an_hour_more(
    cartwatch: Cartwatch, connected: str, tmp_path: Path
) -> None:
    before = stored(tmp_path)[1][ConnectionKind.SHOPIFY]
    printed = said(cartwatch("store", "rotate", connected, given=OTHER_SECRET))
    after = stored(tmp_path)[1][ConnectionKind.SHOPIFY]
    assert after.former_until
    until = f"{after.former_until:%Y-%m-%d %H:%M:%S} UTC"
    assert printed == f"The secret is now the one that ends in 3210. The former one counts until {until}.\n"
    assert (after.address, after.shop) == (before.address, before.shop)
    assert doorway(tmp_path).secrets == (OTHER_SECRET, SECRET)
    assert f"…3210; the former one counts until {until}\n" in said(cartwatch("store", "show", connected))
    again = said(cartwatch("store", "rotate", connected, given=OTHER_SECRET))
    assert again == "The secret is the one that ends in 3210.\n"
    assert stored(tmp_path)[1][ConnectionKind.SHOPIFY] == after


@pytest.mark.parametrize(
    ("words", "given", "sentence"),
    [
        (("connect", "--shop", "my shop"), SECRET, "'my shop' is not a domain."),
        (("connect", "--shop", SHOP), "short", "The secret must have 16 to 255 letters and digits."),
        (("connect", "--shop", SHOP), "x" * 5_000, "That is too long for a secret"),
        (("connect", "--shop", SHOP), b"\xff" * 32, "That is not the text of a secret."),
        (("connect", "--shop", SHOP, "--secret-file", "absent"), SECRET, "There is no file absent."),
        (("connect", "--shop", SHOP, "--public-url", "http://cw.example"), SECRET, "--public-url is 'http://cw.ex"),
        (("rotate",), SECRET, "shop.example is not connected to Shopify yet: cartwatch store connect"),
        (("test",), None, "shop.example is not connected to Shopify yet, so there is nothing to test."),
        (("key", "--withdraw", "abcd"), None, "shop.example has no key that ends in abcd"),
    ],
)
def test_a_store_that_cannot_be_connected_so_is_a_sentence_and_nothing_changes(
    cartwatch: Cartwatch, shop: str, tmp_path: Path, words: tuple[str, ...], given: object, sentence: str
) -> None:
    command, *options = words
    assert said_only(cartwatch("store", command, shop, *options, given=given), 2).startswith(sentence)
    assert stored(tmp_path)[1] == {}


def test_an_empty_secret_or_an_unreadable_one_leaves_the_one_that_is_there(
    cartwatch: Cartwatch, connected: str, tmp_path: Path
) -> None:
    said(cartwatch("store", "connect", connected, "--shop", "other.myshopify.com", given="\n"))
    assert (doorway(tmp_path).shop, doorway(tmp_path).secrets) == ("other.myshopify.com", (SECRET,))
    assert (
        said_only(cartwatch("store", "rotate", connected, given=""), 2) == "No secret was given; nothing was changed."
    )
    assert said_only(cartwatch("store", "rotate", connected, given="x"), 2).startswith("The secret must have 16 to")
    assert said_only(cartwatch("store", "rotate", connected, "--secret-file", "."), 1).startswith(". cannot be used")
    assert doorway(tmp_path).secrets == (SECRET,)


def test_at_a_terminal_the_secret_is_asked_for_and_not_shown(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    import pty  # which not every system has

    command = [sys.executable, "-m", "pages", "store", "connect", shop, "--shop", SHOP]
    command += ["--database", str(tmp_path / "cartwatch.db")]
    ours, its = pty.openpty()
    # A session of its own has no terminal beside this one.
    started = subprocess.Popen(
        command, cwd=install.ROOT, env=environment(tmp_path), stdin=its, stdout=its, stderr=its, start_new_session=True
    )
    os.close(its)
    shown = b""
    # The blank comes last, after the echo was turned off and what had been typed before was thrown away.
    while not re.search(rb"Secret[^\n]*: $", shown):
        shown += os.read(ours, 1_000)
    os.write(ours, f"{SECRET}\n".encode())
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert started.wait() == 0, shown
    assert "is connected to Shopify" in shown.decode()
    assert SECRET not in shown.decode()
    assert doorway(tmp_path).secrets == (SECRET,)


def test_the_beacon_is_opened_once_and_keeps_its_line(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    first, second = said(cartwatch("store", "beacon", shop)), said(cartwatch("store", "beacon", shop))
    address = stored(tmp_path)[1][ConnectionKind.BEACON].address
    assert f'  <script async src="http://127.0.0.1:8080/beacon.js" data-key="{address}"></script>\n' in first
    assert first == second
    elsewhere = said(cartwatch("store", "beacon", shop, "--host", '"><b>', "--port", "9000"))
    assert 'src="http://&quot;&gt;&lt;b&gt;:9000/beacon.js"' in elsewhere


def test_a_further_key_is_shown_once_and_can_be_withdrawn_by_its_end(
    cartwatch: Cartwatch, shop: str, tmp_path: Path
) -> None:
    key = re.findall(r"^  (cw_\S{32})$", said(cartwatch("store", "key", shop)), re.MULTILINE)[0]

    async def opens() -> bool:
        async with opened(tmp_path) as db:
            return await stores.by_key(db, key) is not None

    assert asyncio.run(opens())
    shown = said(cartwatch("store", "show", shop))
    assert f"…{key[-4:]} (" in shown
    assert key not in shown
    assert said(cartwatch("store", "key", shop, "--withdraw", f"…{key[-4:]}")).startswith("The key that ends in")
    assert not asyncio.run(opens())
    assert f"…{key[-4:]} (" not in said(cartwatch("store", "show", shop))


def test_an_end_that_two_keys_share_withdraws_neither(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    said(cartwatch("store", "key", shop))
    changed(tmp_path, "UPDATE api_key SET hint = ?", "-abc")
    assert said_only(cartwatch("store", "key", shop, "--withdraw", "-abc"), 2).startswith("2 keys end in -abc.")
    assert said(cartwatch("store", "show", shop)).count("…-abc") == 2


def test_a_test_delivery_without_a_console_says_where_it_was_sent(cartwatch: Cartwatch, connected: str) -> None:
    port = free_port()
    sentence = said_only(cartwatch("store", "test", connected, "--port", str(port)), 1)
    assert sentence.startswith(f"http://127.0.0.1:{port} cannot be reached (")
    assert sentence.endswith("Is the console running there?")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1_000)
    except OSError:  # what Linux says when nobody is at the other end any more
        return b""
