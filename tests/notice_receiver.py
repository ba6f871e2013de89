"""A shop that takes notices: a real HTTP server on this machine, which answers as it is told to."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Made for these tests alone and good for nothing else: shop.example and localhost, until the year 2126.
_CERTIFICATE = """
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzSvxHJWIKj//1VeF
UU01/TqUUxrQCCYppw+gvYYeug6hRANCAAQXMvXhQAEWt4C/LUhncOkugcb3zkD/
6wiQQ9xIzamtuCXcw22Lnj0Mz5uCecbfiEpEDmj6C7z4kqUtcrybLIg5
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBrjCCAVWgAwIBAgIUOSx0YpEPVMUgpjGgECMkYmVNb2MwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPQ2FydHdhdGNoIHRlc3RzMCAXDTI2MTEyNTA0NTQ0OFoYDzIx
MjYxMTAxMDQ1NDQ4WjAaMRgwFgYDVQQDDA9DYXJ0d2F0Y2ggdGVzdHMwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAQXMvXhQAEWt4C/LUhncOkugcb3zkD/6wiQQ9xI
zamtuCXcw22Lnj0Mz5uCecbfiEpEDmj6C7z4kqUtcrybLIg5o3cwdTAdBgNVHQ4E
FgQUr3655IQB8YcxtWdY11NetatT8qMwHwYDVR0jBBgwFoAUr3655IQB8YcxtWdY
11NetatT8qMwIgYDVR0RBBswGYIMc2hvcC5leGFtcGxlgglsb2NhbGhvc3QwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiADRBPqlCWScxv6IqEVQXQY
EQYbKGIn4oVpx6DUu4ixRAIgRAFJ4MVKFz0veIKaZzpznJxWcauyjp/jMyyIjUq+
PEo=
-----END CERTIFICATE-----
"""

_HANDSHAKE = b"\x16"  # how TLS begins, which a shop without it takes for a broken request

HANG = "hang"
"""An answer that never comes."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(slots=True)
class Receiver:
    """The running shop. ``answers`` are given one after the other, then 204 for ever: what follows ``HTTP/1.1``."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    written: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/told?shop=1"

    @property
    def tokens(self) -> list[str]:
        """The carts of all notices about sessions that arrived, in order."""
        return [one.said["cart_token"] for one in self.received if "cart_token" in one.said]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readexactly(1)
            if first == _HANDSHAKE:
                writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                return
            head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(head[0].split()[1], headers, body))
            self.arrived.set()
            answer = self.answers.pop(0) if self.answers else "204 No Content"
            if answer == HANG:
                await reader.read()  # until the other side has had enough
            else:
                await self._answer(writer, answer)
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            return
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, answer: str) -> None:
        start, _, body = answer.partition("\n\n")
        writer.write("\r\n".join(["HTTP/1.1 " + start, "Connection: close", "", ""]).encode("latin-1"))
        for _ in range(10_000 if body == "endless" else 0):
            writer.write(b"x" * 65_536)
            await writer.drain()
            self.written += 65_536


def certificate(folder: Path) -> Path:
    """The file with the shop's certificate and key."""
    path = folder / "shop.pem"
    path.write_text(_CERTIFICATE)
    return path


@asynccontextmanager
async def receiving(*answers: str, certificate: Path | None = None) -> AsyncIterator[Receiver]:
    """A shop that gives these answers; encrypted where it has a certificate."""
    receiver = Receiver(answers=list(answers))
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
