"""``cartwatch store`` as it is typed: stores, their ways in, what has arrived, and what is in quarantine."""

import asyncio
import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from data import connections, stores
from data.connections import Doorway
from data.database import Database
from data.deliveries import ConnectionKind, Delivery, Source
from data.inbox import Inbox
from data.records import ConnectionRecord, StoreRecord
from data.shopify import PRIVACY_TOPICS, TOPICS
from pages import install
from pages.invocation import now
from tests.browser.server import environment, free_port
from tests.command_line import Cartwatch, added, said, said_only, typed_in
from tests.factories import NOON, opened, the_session
from tests.shopify import SECRET, SHOP, cart, encoded

OTHER_SECRET = SECRET[::-1]
PROBLEM = "line_items: must be a list"


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


def stored(folder: Path) -> tuple[StoreRecord, dict[ConnectionKind, ConnectionRecord]]:
    """The first store as the database has it, and its ways in."""

    async def ask() -> tuple[StoreRecord, dict[ConnectionKind, ConnectionRecord]]:
        async with opened(folder) as db:
            store = (await stores.every(db))[0]
            return store, await connections.of_store(db, store.id)

    return asyncio.run(ask())


def doorway(folder: Path) -> Doorway:
    """What the endpoint behind the first store's address for Shopify goes by, now."""

    async def ask() -> Doorway | None:
        async with opened(folder) as db:
            known = await connections.of_store(db, (await stores.every(db))[0].id)
            return await connections.doorway(db, ConnectionKind.SHOPIFY, known[ConnectionKind.SHOPIFY].address, now())

    found = asyncio.run(ask())
    assert found
    return found


def arrived(folder: Path, *bodies: bytes, topic: str = "carts/create") -> None:
    """Deliveries of the first store that nobody has applied yet."""

    async def receive(db: Database) -> None:
        store = (await stores.every(db))[0]
        for body in bodies:
            digest = sha256(body).digest()
            await Inbox(db).receive(Delivery(store.id, Source.SHOPIFY, topic, None, digest, None, NOON, body))

    async def open_and_receive() -> None:
        async with opened(folder) as db:
            await receive(db)

    asyncio.run(open_and_receive())


def quarantine(folder: Path, problem: str = PROBLEM) -> None:
    """Quarantine all that waits, as a version of Cartwatch would that does not understand it."""
    changed(folder, "UPDATE delivery SET state = 'quarantined', problem = ? WHERE state = 'waiting'", problem)


def changed(folder: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / "cartwatch.db")) as connection, connection:
        connection.execute(statement, values)


def cells(table: str, line: int) -> list[str]:
    """What stands in one line of a table."""
    return [cell.strip() for cell in re.split(r"\s{2,}", table.splitlines()[line]) if cell.strip()]


def test_adding_a_store_shows_its_key_once_and_a_command_to_send_an_event(cartwatch: Cartwatch) -> None:
    result = cartwatch(
        "store", "add", "Shop.example", "--currency", "eur", "--name", "My shop", "--timer-minutes", "20"
    )
    assert result.exit_code == 0
    assert "Added shop.example (EUR)." in result.stdout
    assert "cartwatch store connect shop.example --shop" in result.stdout
    key = re.findall(r"^  (cw_\S{32})$", result.stdout, re.MULTILINE)[0]
    curl = shlex.split(result.stdout.strip().splitlines()[-1])
    assert curl[:2] == ["curl", "http://127.0.0.1:8080/api/events"]
    assert f"Authorization: Bearer {key}" in curl
    assert json.loads(curl[-1])["type"] == "session.started"
    assert key not in cartwatch("store", "list").stdout
    assert key not in cartwatch("store", "show", "shop.example").stdout


def test_a_store_is_added_with_its_timer(cartwatch: Cartwatch, tmp_path: Path) -> None:
    added(cartwatch, "a.example", "--timer-minutes", "5", "--max-renewals", "0", "--extension-minutes", "60")
    store, _ = stored(tmp_path)
    assert (store.timer_minutes, store.max_renewals, store.extension_minutes) == (5, 0, 60)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("https://shop.example", "--currency", "EUR"), "'https://shop.example' is not a domain."),
        (("new.example", "--currency", "XYZ"), "'XYZ' is not a currency."),
        (("shop.example", "--currency", "EUR"), "There is already a store shop.example."),
        (("new.example", "--currency", "EUR", "--timer-minutes", "0"), "A cart can hold stock for 5 to 60 minutes"),
        (("new.example", "--currency", "EUR", "--max-renewals", "-1"), "There can be 0 to 1,000 renewals"),
        (("new.example", "--currency", "EUR", "--extension-minutes", str(2**70)), "An extension can be 1 to 60"),
    ],
)
def test_a_store_that_cannot_be_added_is_a_sentence(
    cartwatch: Cartwatch, shop: str, words: tuple[str, ...], sentence: str
) -> None:
    assert said_only(cartwatch("store", "add", *words), 2).startswith(sentence)


def test_stores_are_listed_with_their_sessions_whatever_they_are_called(cartwatch: Cartwatch, tmp_path: Path) -> None:
    name = "[bold]a very long name[/bold] that would not fit into the eighty columns of an old terminal"
    added(cartwatch, "shop.example", "--name", name, "--timer-minutes", "20")
    arrived(tmp_path, encoded(cart()), encoded(cart(token="other")), b"[]")
    quarantine(tmp_path)
    said(cartwatch("store", "retry", "shop.example"))
    table = said(cartwatch("store", "list"))
    assert cells(table, 0) == [
        "Domain", "Name", "Currency", "Timer", "Sessions", "Deliveries", "Refused", "Quarantine", "Last delivery",
    ]  # fmt: skip
    moment = "2026-03-01 12:00:00 UTC"
    assert cells(table, 1) == ["shop.example", name, "EUR", "20 min", "2", "3", "0", "1", moment]


def test_without_a_store_the_list_says_how_to_add_one(cartwatch: Cartwatch) -> None:
    assert "cartwatch store add DOMAIN --currency EUR" in said(cartwatch("store", "list"))


ON_A_STORE = [
    ("show",), ("set", "--ip-days", "7"), ("connect", "--shop", SHOP), ("rotate",), ("beacon",), ("key",),
    ("key", "--withdraw", "abcd"), ("test",), ("quarantine",), ("retry",), ("discard", "1"),
]  # fmt: skip


@pytest.mark.parametrize("words", ON_A_STORE)
def test_a_store_that_is_not_there_is_a_sentence(cartwatch: Cartwatch, shop: str, words: tuple[str, ...]) -> None:
    command, *options = words
    result = cartwatch("store", command, "absent.example", *options, given=SECRET)
    assert said_only(result, 2) == "There is no store absent.example. See which there are: cartwatch store list"


def test_a_new_store_is_shown_with_what_can_be_done_for_it(cartwatch: Cartwatch, shop: str) -> None:
    shown = said(cartwatch("store", "show", "SHOP.example"))
    assert shown.startswith("shop.example (shop.example, EUR): 0 sessions\nA cart holds stock for 15 minutes")
    assert "IP addresses are kept in full for 30 days." in shown
    assert "cartwatch store connect shop.example --shop" in shown
    assert "cartwatch store beacon shop.example" in shown
    assert "http://127.0.0.1:8080/api/events" in shown
    assert "No delivery has arrived yet." in shown


def test_a_store_is_shown_with_its_ways_in_and_what_has_arrived(
    cartwatch: Cartwatch, connected: str, tmp_path: Path
) -> None:
    said(cartwatch("store", "beacon", connected))
    arrived(tmp_path, encoded(cart()), encoded(cart()))
    arrived(tmp_path, b"[1]", topic="orders/paid")
    quarantine(tmp_path)
    shown = said(cartwatch("store", "show", connected, "--public-url", "https://cw.example"))
    _, known = stored(tmp_path)
    shopify, beacon = known[ConnectionKind.SHOPIFY], known[ConnectionKind.BEACON]
    assert f"https://cw.example/webhooks/shopify/{shopify.address}\n" in shown
    assert f'<script async src="https://cw.example/beacon.js" data-key="{beacon.address}"></script>' in shown
    assert f"Secret   …{SECRET[-4:]}\n" in shown
    assert SECRET not in shown
    lines = shown.splitlines()
    assert "Shopify delivers to https addresses only" not in shown
    received = next(number for number, line in enumerate(lines) if line.split()[:2] == ["From", "Topic"])
    moment = "2026-03-01 12:00:00 UTC"
    assert cells(shown, received + 1) == ["shopify", "carts/create", "2", "1", "0", moment, "–"]
    assert cells(shown, received + 2) == ["shopify", "orders/paid", "1", "0", "0", moment, "–"]
    assert lines[-2:] == [
        "Waiting for their session: 0",
        "In quarantine: 2 (cartwatch store quarantine shop.example lists them)",
    ]


def test_settings_change_and_what_is_not_named_stays(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    changed = said(cartwatch("store", "set", shop, "--timer-minutes", "1", "--timer-minutes", "45", "--ip-days", "7"))
    assert changed == (
        "A cart holds stock for 45 minutes with at most 20 renewals; a shopper may extend that by 15 minutes.\n"
        "IP addresses are kept in full for 7 days.\n"
    )
    changed = said(cartwatch("store", "set", shop, "--max-renewals", "1", "--extension-minutes", "0", "--ip-days", "1"))
    assert "at most 1 renewal; a shopper may not extend that.\n" in changed
    assert "for 1 day.\n" in changed
    store, _ = stored(tmp_path)
    assert (store.timer_minutes, store.max_renewals, store.extension_minutes, store.ip_days) == (45, 1, 0, 1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "Say what to change: --timer-minutes, --max-renewals, --extension-minutes, --ip-days."),
        (("--timer-minutes", "61"), "A cart can hold stock for 5 to 60 minutes."),
        (("--ip-days", "0"), "IP addresses can be kept in full for 1 to 365 days."),
        (("--max-renewals", str(2**70)), "There can be 0 to 1,000 renewals."),
    ],
)
def test_settings_that_cannot_be_are_a_sentence_and_change_nothing(
    cartwatch: Cartwatch, shop: str, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    before = stored(tmp_path)
    assert said_only(cartwatch("store", "set", shop, *options), 2) == sentence
    assert stored(tmp_path) == before


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
    while b"Secret" not in shown:  # only once it asks has it turned the echo off
        shown += os.read(ours, 1_000)
    os.write(ours, f"{SECRET}\n".encode())
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert started.wait() == 0, shown
    assert "is connected to Shopify" in shown.decode()
    assert SECRET not in shown.decode()
    assert doorway(tmp_path).secrets == (SECRET,)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1_000)
    except OSError:  # what Linux says when nobody is at the other end any more
        return b""


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


def test_nothing_in_quarantine_is_said(cartwatch: Cartwatch, shop: str) -> None:
    for command in ("quarantine", "retry"):
        assert said(cartwatch("store", command, shop)) == "Nothing is in quarantine.\n"


def test_the_quarantine_is_listed_without_what_would_move_a_terminal(
    cartwatch: Cartwatch, shop: str, tmp_path: Path
) -> None:
    arrived(tmp_path, b"{}", b"[]")
    quarantine(tmp_path, "\x1b[2J\u202e[red]bad[/red]\nand more")
    changed(tmp_path, "UPDATE delivery SET body = NULL WHERE id = 1")
    table = said(cartwatch("store", "quarantine", shop))
    problem, moment = "�[2J�[red]bad[/red]�and more", "2026-03-01 12:00:00 UTC"
    assert cells(table, 0) == ["Number", "Received", "From", "Topic", "Bytes", "Problem"]
    assert cells(table, 1) == ["2", moment, "shopify", "carts/create", "2", problem]
    assert cells(table, 2) == ["1", moment, "shopify", "carts/create", "not kept", problem]
    assert "cartwatch store retry shop.example" in table


def test_what_is_tried_again_is_applied_at_once_and_what_is_still_wrong_stays(
    cartwatch: Cartwatch, shop: str, tmp_path: Path
) -> None:
    arrived(tmp_path, encoded(cart()), b"[]", encoded(cart(token="other")))
    quarantine(tmp_path)
    assert said(cartwatch("store", "retry", shop, "1")) == (
        "1 delivery tried again: 1 understood, 0 still in quarantine.\n"
    )
    assert said(cartwatch("store", "retry", shop)) == "2 deliveries tried again: 1 understood, 1 still in quarantine.\n"
    assert cells(said(cartwatch("store", "quarantine", shop)), 1)[0] == "2"

    async def sessions() -> list[str]:
        async with opened(tmp_path) as db:
            [store] = await stores.every(db)
            return [(await the_session(db, store, token)).cart_token for token in (cart()["id"], "other")]

    assert asyncio.run(sessions()) == [cart()["id"], "other"]


def test_only_the_deliveries_that_are_named_are_tried_again(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    arrived(tmp_path, *(encoded(cart(token=f"cart-{number}")) for number in range(150)))
    quarantine(tmp_path)
    table = said(cartwatch("store", "quarantine", shop))
    assert "These are the latest 100 of 150.\n" in table
    numbers = [str(number) for number in range(1, 141)]
    assert said(cartwatch("store", "retry", shop, *numbers, str(2**63 - 1))).startswith(
        "140 deliveries tried again: 140"
    )
    assert cells(said(cartwatch("store", "show", shop)), -1)[0].startswith("In quarantine: 10 (")


def test_what_cannot_be_tried_again_or_given_up_is_a_sentence(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    arrived(tmp_path, b"[]")
    quarantine(tmp_path)
    added(cartwatch, "other.example")
    assert said_only(cartwatch("store", "retry", shop, "7"), 2).startswith("Nothing was tried: none of these is in")
    assert said_only(cartwatch("store", "discard", shop, "7"), 2) == "There is no delivery 7 in quarantine."
    assert said_only(cartwatch("store", "discard", "other.example", "1"), 2) == "There is no delivery 1 in quarantine."
    for number in ("0", "-1", str(2**63), "1e9", "x"):
        assert cartwatch("store", "discard", shop, "--", number).exit_code == 2
    changed(tmp_path, "UPDATE delivery SET body = NULL")
    assert "its content is not kept any more" in said_only(cartwatch("store", "retry", shop), 2)
    assert said(cartwatch("store", "discard", shop, "1")) == "Delivery 1 is gone.\n"
    assert said(cartwatch("store", "quarantine", shop)) == "Nothing is in quarantine.\n"
