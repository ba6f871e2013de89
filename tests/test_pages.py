"""Both pages as the server renders them: the product's labels, what the session holds, no markup from outside."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui import ui
from nicegui.testing import User

from data import restrict, stores
from data.levels import Decision, RiskLevel
from data.risk.model import rules
from tests.assessments import assessed, unscored
from tests.console import NOW, Site, a_site
from tests.factories import TOKEN, after, event, line, tell
from tests.payloads import PAYLOADS
from ui.text import Text


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


def words(user: User) -> list[str]:
    """Every text of our own elements, in the order of the page."""
    assert user.client is not None
    return [element.text for element in user.client.elements.values() if isinstance(element, Text) and element.text]


LIST_WORDS = [
    *("Sessions", "Refresh", "Clear filters", "Pause", "Status", "Risk Level"),
    *("No sessions yet", "No sessions match", "Sessions could not be loaded", "Retry"),
]


async def test_the_list_has_its_labels(site: Site) -> None:
    await site.store(sessions=3)
    await site.user.open("/")
    for label in LIST_WORDS:
        await site.user.should_see(label)
    [grid] = site.user.find(ui.aggrid).elements
    heads = [column["headerName"] for column in grid.options["columnDefs"]]
    assert heads[:6] == ["SESSION", "CART", "STATUS", "RISK", "STARTED", "TIME LEFT"]
    [search] = site.user.find(ui.input).elements
    assert search.props["placeholder"] == "Search by cart token, IP, or country..."


async def test_the_first_answer_holds_the_first_rows_of_the_address(site: Site) -> None:
    await site.store(sessions=40)
    answer = (await site.client.get("/")).text
    assert "40 total sessions" in answer
    assert answer.count("shop.example-") == 2 * 30  # each token as text and in its link
    assert answer.index("shop.example-40") < answer.index("shop.example-39")
    filtered = (await site.client.get("/?q=example-7")).text
    assert "1 of 40 sessions" in filtered
    assert "shop.example-7" in filtered
    assert "shop.example-8" not in filtered


async def test_the_page_before_the_first_store_stands(site: Site) -> None:
    answer = await site.client.get("/")
    assert answer.status_code == 200
    assert "No sessions yet" in answer.text


async def test_the_first_answer_shows_only_the_store_of_the_address(site: Site) -> None:
    await site.store("ours.example", sessions=2)
    await site.store("theirs.example", sessions=2)
    answer = (await site.client.get("/?store=theirs.example")).text
    assert "theirs.example-2" in answer
    assert "ours.example-2" not in answer.replace("theirs.example", "")
    elsewhere = await site.client.get("/sessions/theirs.example-1?store=ours.example")
    assert elsewhere.status_code == 404


DETAIL_LABELS = [
    *("Refresh", "Restrict Session", "Sessions", "Overview", "Cart value", "Created", "Expires", "Last Activity"),
    *("Country", "Products", "Cart Updates", "Renewals", "Manual Extends", "Duration"),
    *("Security analysis", "Score", "Level", "Assessed", "Model", "Raises the risk", "Speaks for the shopper"),
    *("How it adds up", "To begin with", "Unknown", "What would change the level", "How it moved"),
    *("Cart contents", "Timeline", "Technical details", "IP address", "Network", "User agent", "Browser", "Device"),
    *("Cart token", "Checkout token", "Session id", "Timer", "Maximum renewals", "Copy support bundle"),
]

DETAIL_VALUES = [
    *(TOKEN, "shop.example", "Active", "Review", "3,124.75\u00a0USD", "CZ · Czechia", "1/20", "185.22.17.99"),
    *("185.22.17.0/24", "chk-1", rules().version, "Ring", "Silver"),
    "14 reservations from this IP in an hour; typical 1",
    "12 of one product in the cart; 99 of 100 carts in this store hold 4 or fewer",
    "Looked around for 24 seconds before the first item",
    "Country of the address: not known",
    *("SKU-1", "Started", "Renewed", "Risk assessed", "Level: Normal → Review", "2 raw stored events"),
]


async def filled(site: Site) -> None:
    """A session of which everything is known."""
    store = await site.store()
    cart = [line(1, 2, "1500.00", title="Ring", variant_title="Silver"), line(2, 1, "124.75")]
    shopper = {"ip": "185.22.17.99", "country": "CZ", "user_agent": "Mozilla/5.0 (iPhone)", "checkout_token": "chk-1"}
    started = event() | shopper | {"lines": cart}
    await tell(site.database, store, started, event("reservation.renewed", 5), now=NOW)
    await assessed(site.database, store, TOKEN, RiskLevel.REVIEW, at=after(6))


async def test_the_details_have_every_label_and_what_is_known(site: Site) -> None:
    await filled(site)
    await site.user.open(f"/sessions/{TOKEN}")
    await site.user.should_see("Technical details")
    shown = words(site.user)
    missing = [text for text in (*DETAIL_LABELS, *DETAIL_VALUES) if text not in shown]
    assert missing == []


async def test_a_session_that_was_not_evaluated_says_so(site: Site) -> None:
    store = await site.store(sessions=1)
    await unscored(site.database, store, "shop.example-1")
    await site.user.open("/sessions/shop.example-1")
    await site.user.should_see("Not scored yet")
    await site.user.should_not_see("of 100")


async def test_a_restricted_session_offers_to_clear(site: Site) -> None:
    store = await site.store(sessions=1)
    await restrict.decide(site.database, store.id, "shop.example-1", Decision.RESTRICTED, reason="hoards", now=NOW)
    await site.user.open("/sessions/shop.example-1")
    await site.user.should_see("Clear Restriction")
    await site.user.should_see("Reason: hoards")
    await site.user.should_not_see("Restrict Session")


async def test_an_open_page_follows_its_session_and_no_other(site: Site) -> None:
    store = await site.store(sessions=2)
    await site.user.open("/sessions/shop.example-1")
    await site.user.should_see("Technical details")
    before = words(site.user)
    await tell(site.database, store, event("session.cancelled", 5, token="shop.example-2"), now=NOW)
    await site.console.live.look()
    assert words(site.user) == before
    await tell(site.database, store, event("session.cancelled", 6, token="shop.example-1"), now=NOW)
    await site.console.live.look()
    await site.user.should_see("Cancelled")


async def test_an_unknown_session_is_a_real_404_with_a_way_back(site: Site) -> None:
    await site.store(sessions=1)
    answer = await site.client.get("/sessions/unknown?status=active")
    assert answer.status_code == 404
    assert "There is no session with this cart token." in answer.text
    assert '"href":"/?status=active"' in answer.text


async def test_a_token_of_any_characters_has_its_page(site: Site) -> None:
    store = await site.store()
    for number, token in enumerate(("50%", "a#b", "é &b=c", "%41", "../x+", "//")):
        [told] = await tell(site.database, store, event(minutes=number, token=token), now=NOW)
        assert told.status == "applied", (token, told)
        [row] = [r for r in await site.rows("/api/sessions?sort=-started") if r["cart_token"] == token]
        listed = (await site.client.get("/")).text
        assert row["cart_token"] == token
        address = listed.split('class="cw-view" href="')[1].split('"')[0].replace("&amp;", "&")
        assert (await site.client.get(address)).status_code == 200, token
        await site.user.open(address)
        await site.user.should_see("Technical details")
        assert words(site.user).count(token) >= 2  # in the header and among the details
    assert (await site.client.get("/sessions/")).status_code == 404


async def test_nothing_from_outside_becomes_markup_or_a_script(site: Site) -> None:
    store = await stores.add(site.database, "shop.example", name=PAYLOADS[0], currency="USD", now=NOW)
    await site.console.live.look()
    hostile = [text for text in PAYLOADS if "<" in text or text.startswith(":")]
    for number, text in enumerate(hostile):
        cart = [line(title=text, variant_title=text, sku=text, product_id=text)]
        known = {"user_agent": text, "accept_language": text, "device_id": text, "checkout_token": text}
        await tell(
            site.database, store, event(minutes=number / 10, token=f"t{number}{text}", lines=cart) | known, now=NOW
        )
    [first, *_] = found = await site.rows("/api/sessions?sort=started")
    assert len(found) == len(hostile)
    for address in ("/", f"/sessions/{first['cart_token'].replace('/', '%2F')}"):
        answer = (await site.client.get(address)).text
        # What the page itself is made of comes as JSON in a script, in which every "<" of a text is written otherwise.
        assert "<script>alert" not in answer
        assert "onerror=alert(1)>" not in answer.replace("&gt;", "")
        assert "<iframe" not in answer
    await site.user.open(f"/sessions/{first['cart_token'].replace('/', '%2F')}")
    await site.user.should_see("Technical details")
    assert hostile[0] in words(site.user)
    assert site.user.client is not None
    for element in site.user.client.elements.values():
        assert "innerHTML" not in element.props or "alert" not in json.dumps(element.props["innerHTML"])
