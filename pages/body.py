"""The body of a request from outside: read up to a limit, and why a request is refused as a whole."""

import asyncio

from starlette.requests import Request

PATIENCE = 10.0
"""Seconds that a body may take; Shopify gives up after five."""


class Refused(Exception):
    """A request that is refused as a whole, with its HTTP status and one sentence."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


async def read_body(request: Request, most: int) -> bytes:
    """The body, of at most ``most`` bytes. Raises Refused, and ClientDisconnect when it ends too early."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "Compressed bodies are not accepted.")
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise Refused(413, f"The body must have at most {most} bytes.")
    except TimeoutError:
        raise Refused(408, f"The body did not come within {PATIENCE:.0f} seconds.") from None
    return bytes(body)
