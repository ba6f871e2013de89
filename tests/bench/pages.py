"""What a merchant waits for, in a real Chromium: typing to rows on screen, and back from the details."""

from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from tests.browser import chromium

SEARCHES = ("abc", "185.2", "germany", "Xy", "203.0.113.0/24", "no such token")
TIMES = 5

# From the last key stroke to the moment the table and its count show the answer.
_TYPE = """(text) => new Promise((done) => {
  const box = document.querySelector('.cw-search input');
  const count = document.querySelector('.cw-count');
  const before = count.textContent;
  const began = performance.now();
  new MutationObserver((_, observer) => {
    if (count.textContent === before) return;
    observer.disconnect();
    requestAnimationFrame(() => done(performance.now() - began));
  }).observe(count, {childList: true, characterData: true, subtree: true});
  box.value = text;
  box.dispatchEvent(new Event('input', {bubbles: true}));
})"""

_BACK = """() => new Promise((done) => {
  const began = performance.now();
  const look = () => {
    const row = document.querySelector('.ag-row a[data-token]');
    if (row && row.offsetParent) done(performance.now() - began);
    else requestAnimationFrame(look);
  };
  document.querySelector('[data-back].cw-button').click();
  look();
})"""


def waits(url: str) -> dict[str, float]:
    """Milliseconds by what was done, medians of TIMES."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.obtain(), args=list(chromium.FLAGS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.locator(".ag-row a[data-token]").first.wait_for()
        found = {f"typing {text!r} to rows": median(_typed(page, text) for _ in range(TIMES)) for text in SEARCHES}
        _clear(page)
        found["back from details"] = median(_back(page) for _ in range(TIMES))
        browser.close()
    return found


def _typed(page: Page, text: str) -> float:
    _clear(page)
    taken: float = page.evaluate(_TYPE, text)
    return taken


def _clear(page: Page) -> None:
    page.locator(".cw-search input").fill("")
    page.wait_for_function("document.querySelector('.cw-count').textContent.includes('total')")
    page.wait_for_timeout(200)


def _back(page: Page) -> float:
    page.locator(".ag-row a[data-token]").nth(3).click()
    page.locator(".cw-session-header").wait_for()
    page.wait_for_timeout(200)
    taken: float = page.evaluate(_BACK)
    page.wait_for_timeout(200)
    return taken


def copied(path: Path, folder: Path) -> None:
    """A copy of the measured database, since a running application goes on writing in it."""
    (folder / "cartwatch.db").write_bytes(path.read_bytes())
