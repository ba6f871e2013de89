"""What every answer carries, and whom the server talks to.

A console that listens only on this machine must not be reachable through a foreign name (DNS rebinding), and no other
site may open its socket or send it forms: a browser says where a request comes from in ``Origin``.
"""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DOORWAY = re.compile(r"/webhooks/shopify/[^/]+|/beacon/[^/]+|/beacon\.js|/api/events|/api/decision")
"""Where deliveries arrive, and where a shop asks what was decided.

Each asks for a signature or a key of its own, or trusts what arrives for nothing.
"""

_PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What proxies and tunnels add to a request that they pass on: it comes from outside, whatever name it asks for."""

_FROM_OTHER_SITES = ("/beacon/",)
"""Where the pages of other sites may send something: a shop's own pages report there."""

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})

# NiceGUI's page starts by inline scripts and compiles its templates in the browser; all else stays closed.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
"""What every answer carries; those to failures, which pass outside the guard, take it from here."""


class Guard:
    """ASGI middleware: refuses foreign hosts (where only local ones make sense) and foreign origins, adds headers.

    ``public_host`` is the name under which deliveries arrive from outside. Once there is one, whatever asks for it, or
    was passed on by a proxy, reaches the doorways and nothing else of a console that is only for this machine.
    """

    def __init__(self, app: ASGIApp, *, local_only: bool, public_host: str | None = None) -> None:
        self._app = app
        self._local_only = local_only
        self._public_host = public_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        path: str = scope["path"]
        if self._local_only and not self._may_ask(headers, path):
            await self._refuse(scope, receive, send, "This console answers only on this machine.")
            return
        origin = headers.get("origin")
        may_write = scope["type"] == "websocket" or scope.get("method") not in ("GET", "HEAD", "OPTIONS")
        may_come = scope["type"] == "http" and path.startswith(_FROM_OTHER_SITES)
        if origin is not None and may_write and _site(origin) != host and not may_come:
            await self._refuse(scope, receive, send, "Requests from other sites are not accepted.")
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answer.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _may_ask(self, headers: Headers, path: str) -> bool:
        host = headers.get("host", "")
        ours = _name(host) in LOCAL
        passed_on = self._public_host is not None and any(name in headers for name in _PASSED_ON)
        if ours and not passed_on:
            return True
        named = ours or host.lower().removesuffix(":443") == self._public_host
        return named and _DOORWAY.fullmatch(path) is not None

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, words: str) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(words, 403, HEADERS)(scope, receive, send)


def _name(host: str) -> str | None:
    """The name in a Host header, in lower case and without the port; None where it has none that can be read."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _site(origin: str) -> str | None:
    """Name and port of an Origin header, as a Host header gives them."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
