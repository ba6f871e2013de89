"""``cartwatch store`` as it is typed: stores are added, listed, shown and set."""

import json
import re
import shlex
from pathlib import Path

import pytest

from data import stores
from data.deliveries import ConnectionKind
from tests.command_line import Cartwatch, added, arrived, cells, quarantine, said, said_only, stored, typed_in
from tests.shopify import SECRET, SHOP, cart, encoded


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
        (("my shop", "--currency", "EUR"), "'my shop' is not a domain."),
        (("new.example", "--currency", "XYZ"), "'XYZ' is not a currency."),
        (("https://shop.example/", "--currency", "EUR"), "There is already a store shop.example."),
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
        "20 sessions can be reviewed in a day.\n"
    )
    changed = said(cartwatch("store", "set", shop, "--max-renewals", "1", "--extension-minutes", "0", "--ip-days", "1"))
    assert "at most 1 renewal; a shopper may not extend that.\n" in changed
    assert "for 1 day.\n" in changed
    assert "1 session can be reviewed in a day.\n" in said(cartwatch("store", "set", shop, "--review-capacity", "1"))
    store, _ = stored(tmp_path)
    assert tuple(getattr(store, name) for name in stores.SETTINGS) == (45, 1, 0, 1, 1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "Say what to change: --timer-minutes, --max-renewals, --extension-minutes, --ip-days, --review-capacity."),
        (("--timer-minutes", "61"), "A cart can hold stock for 5 to 60 minutes."),
        (("--ip-days", "0"), "IP addresses can be kept in full for 1 to 365 days."),
        (("--review-capacity", "10001"), "From 1 to 10,000 sessions can be reviewed in a day."),
        (("--max-renewals", str(2**70)), "There can be 0 to 1,000 renewals."),
    ],
)
def test_settings_that_cannot_be_are_a_sentence_and_change_nothing(
    cartwatch: Cartwatch, shop: str, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    before = stored(tmp_path)
    assert said_only(cartwatch("store", "set", shop, *options), 2) == sentence
    assert stored(tmp_path) == before
