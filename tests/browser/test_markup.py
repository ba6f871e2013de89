"""Nothing from outside can become markup or script: on either page, in the first HTML, in the table, in dialogs."""

import json
import re
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from data.levels import RiskLevel
from data.risk.readings import Reading
from tests.browser import shop as shops
from tests.browser.shop import Shop, event

HIT = "window.hit=(window.hit||0)+1"

PAYLOADS = [
    f"<script>{HIT}</script>",
    f"</script><script>{HIT}</script>",
    f"<img src=x onerror={HIT}>",
    f"<svg onload={HIT}>",
    f"<svg><script>{HIT}</script></svg>",
    f"<details open ontoggle={HIT}>",
    f"<iframe srcdoc='<script>parent.{HIT}</script>'>",
    f"<input autofocus onfocus={HIT}>",
    f"<video><source onerror={HIT}></video>",
    f"<style onload={HIT}></style>",
    f"<a href=javascript:{HIT}>a</a>",
    f'"><img src=x onerror={HIT}>',
    f"'><img src=x onerror={HIT}>",
    f'" autofocus onfocus="{HIT}',
    f"' onmouseover='{HIT}",
    f"--><img src=x onerror={HIT}>",
    f"</textarea><img src=x onerror={HIT}>",
    f"</title><img src=x onerror={HIT}>",
    f"</style><img src=x onerror={HIT}>",
    f"<math><mtext></mtext><img src=x onerror={HIT}></math>",
    f"javascript:{HIT}",
    f"{{{{constructor.constructor('{HIT}')()}}}}",  # templates of the framework are compiled in the browser
    f"{{{{_c.constructor('{HIT}')()}}}}",
    f"${{{HIT}}}",
    f"');{HIT};//",
    f'");{HIT};//',
    f"`);{HIT};//",
    f"\\');{HIT};//",
    f"\\u003cimg src=x onerror={HIT}\\u003e",
    f"&lt;img src=x onerror={HIT}&gt;",
    f"&#60;img src=x onerror={HIT}&#62;",
    f"<template v-if={HIT}></template>",
    f"<p :id={HIT} @click={HIT} v-html={HIT}>",
    f":{HIT}",
    f"\u2028{HIT}\u2029",
]

KEYS = {f":{name}": HIT for name in ("getRowId", "onGridReady", "cellRenderer", "datasource", "title", "0")}
"""The table's library runs what stands under a key that begins with a colon."""


def _tokens(shop: Shop) -> list[str]:
    address = shop.at("/api/sessions?start=0&end=100")
    with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310  # always our own http address
        return [row["cart_token"] for row in json.load(answer)["rows"]]


@pytest.fixture(scope="module", autouse=True)
def _attacked(shop: Shop) -> None:
    for number, payload in enumerate(PAYLOADS):
        token = f"{number}{payload}".split("?")[0]
        cart = {"product_id": payload, "variant_id": payload, "quantity": 1, "unit_price": "1.00"} | KEYS
        cart |= {"title": payload, "variant_title": payload, "sku": payload}
        names = ("user_agent", "accept_language", "device_id", "checkout_token", "order_id", "reason")
        fields: dict[str, Any] = dict.fromkeys(names, payload) | KEYS
        [outcome] = shop.post([event(token, left=30, lines=[cart], **fields)])
        assert outcome["status"] == "applied", outcome
    # What is read of where a shopper comes from stands in the sentences of the reasons.
    for token, payload in zip(_tokens(shop), PAYLOADS, strict=True):
        told: dict[str, Reading] = dict.fromkeys(("host", "address_country", "country_said"), payload)
        shop.assess(token, RiskLevel.REVIEW, known={"hosting": 1, "country": 1, "device_hour": 9} | told)
    shop.send(event("all-titles", left=30, lines=[shops.line(payload) for payload in PAYLOADS]))


def test_nothing_runs_in_the_list(page: Page, shop: Shop) -> None:
    page.goto(shop.at())
    for index in range(len(PAYLOADS) + 1):
        page.evaluate(f"cartwatch.grid.api?.ensureIndexVisible({index})")
        token = shops.nth_row(page, index).locator(".cw-token")
        expect(token).not_to_be_empty()
        token.hover()
    assert page.evaluate("window.hit") is None


def test_nothing_runs_with_javascript_off_or_in_the_first_html(page: Page, shop: Shop) -> None:
    answer = page.request.get(shop.at()).text()
    first = answer[answer.index('<div id="cw-first">') :]
    assert "<img src=x" not in answer
    assert f"<script>{HIT}" not in answer
    assert "&lt;script&gt;" in first


def test_nothing_runs_on_the_details_pages(page: Page, shop: Shop) -> None:
    tokens = _tokens(shop)
    assert len(tokens) == len(PAYLOADS) + 1
    page.goto(shop.at())
    expect(page.locator(".ag-row a[data-token]").first).to_be_visible()
    for token in tokens:
        page.evaluate("token => cartwatch.grid.open(token)", token)
        shown = page.locator(".cw-session-header h1").filter(has_text=token.strip())
        expect(shown).to_be_visible()
        expect(page.locator(".cw-reason").first).to_be_visible()
        page.evaluate("document.querySelector('details.cw-raw').open = true")
        assert page.evaluate("window.hit") is None, token


def test_nothing_runs_in_what_a_merchant_types_or_follows(page: Page, shop: Shop, page_errors: list[str]) -> None:
    page.goto(shop.at("/sessions/all-titles"))
    for payload in (PAYLOADS[2], PAYLOADS[21], PAYLOADS[24]):
        page.get_by_role("button", name=re.compile("Restrict Session|Clear Restriction")).first.click()
        page.get_by_role("dialog").get_by_label("Reason").fill(payload)
        page.get_by_role("dialog").locator("button[type=submit]").click()
        expect(page.locator(".cw-timeline-list")).to_contain_text(payload)
    assert page.evaluate("window.hit") is None
    for path in ("/?q=", "/?store=", "/sessions/", "/"):
        page.goto(shop.at(path + quote(PAYLOADS[2], safe="")))
        expect(page.locator("#app h1:visible")).to_be_visible()
        assert page.evaluate("window.hit") is None
    assert all("404" in error for error in page_errors)
    page_errors.clear()


def test_a_cart_token_cannot_turn_or_break_the_text_of_its_row(page: Page, shop: Shop) -> None:
    shop.send(event("turned\u202eegnp", left=30))
    page.goto(shop.at("/?q=turned"))
    expect(page.locator(".ag-row .cw-token")).to_have_text("turned\\u202eegnp")
