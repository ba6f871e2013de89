"""``cartwatch risk``, as it is typed; and the page that shows the same."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui.testing import User

from data import dispute_csv, learned_models, learning
from data.csv_lines import CsvProblem
from data.dispute_csv import read
from data.risk.readings import SIGNALS
from data.risk_models import ModelState
from tests.command_line import Cartwatch, added, said, said_only, stored, typed_in
from tests.console import NOW, Site, a_site
from tests.factories import opened
from tests.merchant import press
from tests.post import a_post
from tests.shopify import order
from tests.test_learning import sessions
from ui.language import Language
from ui.learning_words import change_words, signal_words

ENGLISH = Language.choose("en", None)


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    return typed_in(tmp_path, monkeypatch)


def labelled(folder: Path, number: int) -> None:
    store, _ = stored(folder)

    async def fill() -> None:
        async with opened(folder) as db:
            await sessions(db, store, number)

    asyncio.run(fill())


def test_learning_is_refused_plainly_below_fifty_bad_ones(cartwatch: Cartwatch, tmp_path: Path) -> None:
    added(cartwatch)
    assert "not yet calibrated: 0 labelled bad sessions of 50" in said_only(
        cartwatch("risk", "learn", "--store", "shop.example"), 1
    )
    text = said(cartwatch("risk", "report", "--store", "shop.example"))
    assert text.splitlines() == [
        "In use: rules, not yet calibrated",
        "0 bad and 0 good sessions are known. 50 more bad ones are needed before anything can be learned.",
        "On trial: nothing",
    ]


def test_from_labels_to_a_model_in_use_and_back(cartwatch: Cartwatch, tmp_path: Path) -> None:
    added(cartwatch)
    labelled(tmp_path, 600)
    assert "is on trial" in said(cartwatch("risk", "learn", "--store", "shop.example"))
    text = said(cartwatch("risk", "report", "--store", "shop.example"))
    assert "On later sessions it tells bad from good better than the model in use." in text
    assert "Quantity of one product beside what is usual" in text
    assert "is in use." in said(cartwatch("risk", "promote", "--store", "shop.example"))
    assert said(cartwatch("risk", "rescore", "--store", "shop.example")).startswith(
        "600 sessions scored again by learned-"
    )
    assert said(cartwatch("risk", "rescore", "--store", "shop.example")).startswith(
        "0 sessions scored again by learned-"
    )
    assert "No learned model is being tried." in said_only(cartwatch("risk", "promote", "--store", "shop.example"), 1)
    assert said(cartwatch("risk", "forget", "--store", "shop.example")) == "The rules are in use.\n"
    assert said(cartwatch("risk", "forget", "--store", "shop.example")) == "The rules were in use already.\n"


def test_a_file_says_what_became_of_each_row(cartwatch: Cartwatch, tmp_path: Path) -> None:
    added(cartwatch)
    labelled(tmp_path, 3)
    (tmp_path / "labels.csv").write_text(
        "\ufeffcart_token;label\ncart-0;bad\ncart-1;good\ngone;bad\ncart-2;perhaps\n;bad\n", "utf-8"
    )
    text = said(cartwatch("risk", "labels", "labels.csv", "--store", "shop.example"))
    assert text.splitlines() == [
        "1 bad, 1 good.",
        "1 rows name no session of this store, in lines 4.",
        "Line 5: the label perhaps is neither bad nor good.",
        "Line 6: names neither an order nor a cart.",
    ]


async def test_a_chargeback_finds_its_order_however_that_is_written(tmp_path: Path) -> None:
    async with a_post(tmp_path) as post:
        await post.receive("orders/create", order(number=1001))
        await post.applier.apply_waiting()
        content = b"Order,Reason,Status\n'#1001,fraudulent,lost\n"
        done = await dispute_csv.take(post.db, post.store.id, content, NOW)
        assert (done.bad, done.unknown) == (1, ())
        again = await dispute_csv.take(post.db, post.store.id, b"order,reason,status\n1001,not_received,lost\n", NOW)
        assert (again.bad, again.good, again.neither) == (0, 0, 1)
        assert await post.rows("SELECT * FROM risk_label") == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must name a column order or cart_token"),
        (b"a,b\n1,2\n", "must name a column order or cart_token"),
        (b"order\n\xff\xfe\n", "not in UTF-8"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(CsvProblem, match=words):
        read(content)


def test_every_signal_has_a_name_for_the_merchant() -> None:
    assert not [name for name in SIGNALS if signal_words(name, ENGLISH) == name]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"signal": "ip_hour", "low": 8.0, "high": 16.0, "before": 0.7, "after": 0.2},
            "Reservations from one IP in an hour, 8 to below 16: counts for less than before",
        ),
        (
            {"signal": "quantity", "low": 4.0, "high": None, "before": 1.8, "after": 3.0},
            "Quantity of one product beside what is usual, 4 or more: counts for more than before",
        ),
        (
            {"signal": "agent", "low": 2.0, "high": 3.0, "before": 4.5, "after": -0.5},
            "Kind of program, a programming tool: now speaks for the shopper",
        ),
        (
            {"signal": "hosting", "low": None, "high": 1.0, "before": 0.0, "after": 0.4},
            "Address in a hosting network, no: now speaks against the shopper",
        ),
    ],
)
def test_a_change_is_a_sentence(change: dict[str, object], sentence: str) -> None:
    assert change_words(change, ENGLISH) == sentence


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as found:
        yield found


async def test_the_page_says_that_the_rules_are_not_calibrated_yet(site: Site) -> None:
    await site.store()
    await site.user.open("/learning")
    await site.user.should_see("Rules, not yet calibrated.")
    await site.user.should_see("50 more bad ones are needed")


async def test_the_page_shows_the_trial_and_puts_it_to_use(site: Site) -> None:
    store = await site.store()
    await sessions(site.database, store, 600)
    model = await learning.learn(site.database, store.id, NOW)
    await site.user.open("/learning")
    await site.user.should_see(f"On trial: {model.version}")
    await site.user.should_see("On later sessions it tells bad from good better than the model in use.")
    await site.user.should_see("What counts differently")
    press(site.user, "Use it")
    await site.user.should_see(f"Learned model {model.version}.")
    [found] = await learned_models.of_store(site.database, store.id)
    assert found.state is ModelState.ACTIVE
    press(site.user, "Back to the rules")
    await site.user.should_see("Rules, not yet calibrated.")


async def test_an_unknown_store_has_no_page(site: Site) -> None:
    await site.store()
    assert (await site.client.get("/learning?store=nobody.example")).status_code == 404
