"""The list keeps up by itself, and nothing that the reader does is lost by it."""

import re

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser import shop as shops
from tests.browser.shop import TOKEN, YEN, Shop, cell, event, line, row

COUNT_REMOVED_ROWS = """() => {
  window.removedRows = 0;
  const count = (change) => [...change.removedNodes].filter((node) => node.matches?.(".ag-row, .ag-cell")).length;
  new MutationObserver((changes) => changes.forEach((change) => { window.removedRows += count(change); }))
    .observe(document.querySelector(".cw-grid"), { childList: true, subtree: true });
}"""


@pytest.fixture(scope="module", autouse=True)
def _filled(shop: Shop) -> None:
    shops.fill(shop)
    shop.send(event("tokyo-cart", lines=[line("Tea", "23600")], left=60), store=YEN)


@pytest.fixture
def shown(page: Page, shop: Shop) -> Page:
    """The list at its top, with the pointer elsewhere."""
    page.goto(shop.at())
    expect(shops.nth_row(page, 0).locator(".cw-token")).to_be_visible()
    expect(page.locator(".cw-freshness")).to_contain_text("Live · updated")
    return page


def test_new_and_changed_sessions_appear_by_themselves(shown: Page, shop: Shop) -> None:
    shop.send(event("fresh-cart", lines=[line(unit_price="5.00")], left=30))
    expect(shops.nth_row(shown, 0).locator(".cw-token")).to_have_text("fresh-cart")
    expect(cell(row(shown, "fresh-cart"), "started")).to_have_text("just now")
    shop.send(event("fresh-cart", "cart.updated", lines=[line(unit_price="5.00", quantity=3)]))
    expect(cell(row(shown, "fresh-cart"), "value")).to_contain_text("15.00\u00a0USD")
    shop.send(event("fresh-cart", "checkout.completed"))
    expect(cell(row(shown, "fresh-cart"), "status")).to_have_text("Converted")
    expect(cell(row(shown, "fresh-cart"), "left")).to_have_text("–")


def test_how_fresh_it_is(shown: Page, shop: Shop) -> None:
    freshness = shown.locator(".cw-freshness")
    expect(freshness).to_have_text(re.compile(r"Live · updated [2-9] s ago"))
    shop.send(event(TOKEN, "cart.updated", lines=[line()]))
    expect(freshness).to_have_text(re.compile(r"Live · updated [01] s ago"))


def test_no_message_when_nothing_changes(page: Page, shop: Shop) -> None:
    said: list[str] = []

    def listen(socket: WebSocket) -> None:
        # "2" and "3" are the transport's own ping and pong, which keep proxies from closing the connection.
        for direction in ("framereceived", "framesent"):
            socket.on(direction, lambda frame: said.append(str(frame)) if frame not in ("2", "3") else None)

    page.on("websocket", listen)
    page.goto(shop.at(f"/?store={YEN}"))
    left = cell(row(page, "tokyo-cart"), "left")
    # Until then the framework's receipt for what the page got while it was opening has gone out.
    expect(page.locator(".cw-freshness")).to_have_text(re.compile("updated 3 s ago"))
    page.on("request", lambda request: said.append(request.url))
    said.clear()
    before = left.inner_text()
    expect(page.locator(".cw-freshness")).to_have_text(re.compile("updated 7 s ago"), timeout=10_000)
    expect(left).not_to_have_text(before)  # the clocks have ticked meanwhile
    assert said == []


def test_another_stores_changes_are_not_heard(page: Page, shop: Shop) -> None:
    page.goto(shop.at(f"/?store={YEN}"))
    expect(row(page, "tokyo-cart")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    shop.send(event("other-store-cart"))
    shop.send(event("tokyo-cart", "cart.updated", lines=[line("Tea", "100")]), store=YEN)
    expect(cell(row(page, "tokyo-cart"), "value")).to_contain_text("100\u00a0JPY")
    assert all(f"store={YEN}" in address for address in asked), asked
    expect(row(page, "other-store-cart")).to_have_count(0)


def test_rows_never_move_under_the_pointer(shown: Page, shop: Shop) -> None:
    first = shops.nth_row(shown, 0).locator(".cw-token").inner_text()
    shops.nth_row(shown, 1).hover()
    shop.send(event("hovered-cart", left=30))
    expect(shown.locator(".cw-new")).to_have_text("1 new")
    assert shops.nth_row(shown, 0).locator(".cw-token").inner_text() == first
    shown.get_by_role("heading", name="Sessions", level=1).hover()
    expect(shops.nth_row(shown, 0).locator(".cw-token")).to_have_text("hovered-cart")
    expect(shown.locator(".cw-new")).to_be_hidden()


def test_pause_holds_everything_and_resume_catches_up(shown: Page, shop: Shop) -> None:
    shop.send(event("watched-cart", lines=[line()], left=30))
    watched = row(shown, "watched-cart")
    expect(watched).to_be_visible()
    shown.get_by_role("button", name="Pause").click()
    expect(shown.locator(".cw-freshness")).to_contain_text("Paused · updated")
    left = cell(watched, "left").inner_text()
    shop.send(
        event("watched-cart", "cart.updated", lines=[line("Sofa", "700.00")]),
        *(event(f"paused-{number:02}", left=30) for number in range(37)),
    )
    expect(shown.locator(".cw-new")).to_have_text("37 new")
    expect(shown.locator(".cw-freshness")).to_have_text(re.compile("Paused · updated [2-9] s ago"))
    expect(shops.nth_row(shown, 0).locator(".cw-token")).to_have_text("watched-cart")
    expect(cell(watched, "value")).to_contain_text("10.00")
    expect(cell(watched, "left")).to_have_text(left)  # clocks stand still as well
    shown.get_by_role("button", name="Resume").click()
    expect(shops.nth_row(shown, 0).locator(".cw-token")).to_have_text(re.compile("paused-"))
    expect(shown.get_by_role("button", name="Pause")).to_be_visible()
    shown.evaluate("cartwatch.grid.api.ensureIndexVisible(37)")
    expect(cell(watched, "value")).to_contain_text("700.00")
    expect(cell(watched, "left")).not_to_have_text(left)


def test_n_new_shows_them(shown: Page, shop: Shop) -> None:
    shown.evaluate("cartwatch.grid.api.ensureIndexVisible(60, 'top')")
    expect(shops.nth_row(shown, 60).locator(".cw-token")).to_be_visible()
    shop.send(event("newest-a", left=30), event("newest-b", left=30))
    pill = shown.get_by_role("button", name="2 new")
    expect(pill).to_be_visible()
    pill.click()
    expect(shops.nth_row(shown, 0).locator(".cw-token")).to_have_text("newest-b")
    expect(shops.nth_row(shown, 0)).to_be_in_viewport()
    expect(pill).to_be_hidden()


def test_a_thousand_changes_lose_nothing(shown: Page, shop: Shop) -> None:
    """A search is half typed, the list scrolled, a row selected; then 500 sessions start and 500 change."""
    shop.send(*(event(f"open-{number:03}", ago=20, lines=[line()], left=40) for number in range(120)))
    box, count, viewport = (
        shown.locator(".cw-search input"),
        shown.locator(".cw-count"),
        shown.locator(".ag-body-viewport"),
    )
    box.fill("open")
    expect(count).to_have_text(re.compile(r"^120 of \d+ sessions"))
    everything = int(count.inner_text().split()[2])
    shown.evaluate("cartwatch.grid.api.ensureIndexVisible(50, 'top')")
    chosen = shops.nth_row(shown, 54)
    chosen.locator('[col-id="session"]').click()
    expect(chosen).to_have_attribute("aria-selected", "true")
    token = chosen.locator(".cw-token").inner_text()
    top = viewport.evaluate("viewport => viewport.scrollTop")
    box.focus()
    shown.evaluate(COUNT_REMOVED_ROWS)
    for batch in range(10):
        shop.send(
            *(event(f"open-storm-{batch}-{number}", lines=[line()], left=30) for number in range(50)),
            *(event(f"open-{number:03}", "cart.updated", lines=[line(quantity=batch + 2)]) for number in range(40, 90)),
        )
        expect(cell(chosen, "value")).to_contain_text(f"{batch + 2} items")
    expect(shown.locator(".cw-new")).to_have_text("500 new")
    expect(count).to_have_text(f"120 of {everything + 500} sessions")
    expect(box).to_have_value("open")
    expect(box).to_be_focused()
    expect(row(shown, token)).to_have_attribute("aria-selected", "true")
    assert viewport.evaluate("viewport => viewport.scrollTop") == top
    assert shown.evaluate("window.removedRows") == 0  # no row was drawn again, so nothing flickered
    box.press_sequentially("-05")
    expect(box).to_have_value("open-05")
    expect(count).to_have_text(f"10 of {everything + 500} sessions")
