"""A shop's own server for browser tests: a page with the beacon in it, and Shopify's cart."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

SECRET = "?key=f1e2d3c4"
"""What Shopify appends to a cart's token."""

_ADD = "fetch('/cart/add.js', {method: 'POST'}).then(() => this.textContent = 'In cart')"
_MORE = "cartwatch.extend().then((asked) => this.textContent = `Asked: ${asked}`)"


@dataclass
class Storefront:
    """A running shop. ``token`` is its shopper's cart with so many ``items``; ``asked`` are the paths it has served."""

    url: str
    script: str
    token: str = ""
    items: int = 1
    asked: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[str, str]:
        """Content type and content."""
        if path == "/cart.js":
            return "application/json", json.dumps({"token": self.token + SECRET, "item_count": self.items})
        if path == "/cart/add.js":
            self.items += 1
            return "application/json", "{}"
        return "text/html", (
            f"<!doctype html><title>Shop</title><link rel=icon href=data:,>{self.script}<h1>Lamps</h1>"
            f'<button id=add onclick="{_ADD}">Add to cart</button><button id=more onclick="{_MORE}">More time</button>'
        )


@contextmanager
def a_storefront(script: str, token: str = "", items: int = 1) -> Iterator[Storefront]:
    """A shop with this line in its theme, at an origin of its own, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            front.asked.append(path)
            front.cookies += self.headers.get_all("Cookie", [])
            kind, content = front.answer(path)
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.end_headers()
            self.wfile.write(content.encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing: the test's output is not its place."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    front = Storefront(f"http://127.0.0.1:{server.server_port}/", script, token, items)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
