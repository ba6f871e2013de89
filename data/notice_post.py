"""Sends one notice: a POST to addresses that were found good, and what came of it."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from data.destinations import Destination

PATIENCE = 10.0
"""Seconds in all, from the first connection to the last byte that is read."""

LARGEST_ANSWER = 1024
"""Bytes of an answer that are read; what is in them does not matter."""

_TO_CONNECT = 4.0  # seconds for each address of a name, so that one that is silent leaves time for another
_DAY = 86_400.0
# What is wrong with the address or with the moment. Any other refusal is about the notice that was sent.
_OF_THE_ADDRESS = frozenset({401, 402, 403, 404, 405, 407, 408, 410, 421, 425, 426, 429, 451})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: ``problem`` says what is wrong, None when the notice was taken.

    ``only_this`` says that another notice may well be taken; ``wait`` is for how many seconds the other side wants to
    be left alone.
    """

    problem: str | None = None
    only_this: bool = False
    wait: float = 0.0


def trusted() -> ssl.SSLContext:
    """The certificates that are trusted: those of the public internet, or as SSL_CERT_FILE says."""
    return httpx.create_ssl_context()


async def post(
    to: Destination,
    addresses: Sequence[str],
    body: bytes,
    headers: Mapping[str, str],
    *,
    tls: ssl.SSLContext,
    now: datetime,
    patience: float = PATIENCE,
) -> Answer:
    """Send it to the first of the ``addresses`` that can be connected to; no redirect is followed, no proxy asked."""
    transport = httpx.AsyncHTTPTransport(verify=tls, trust_env=False)
    timeout = httpx.Timeout(patience, connect=min(_TO_CONNECT, patience))
    problem = f"{to.host} cannot be reached."
    try:
        async with asyncio.timeout(patience), httpx.AsyncClient(transport=transport, timeout=timeout) as client:
            for address in addresses:
                try:
                    return await _sent(client, to, address, body, headers, now)
                except (httpx.ConnectError, httpx.ConnectTimeout) as failed:
                    problem = _unconnected(to, failed)
    except (TimeoutError, httpx.TimeoutException):
        return Answer(f"{to.host} did not answer within {patience:g} seconds.")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        return Answer(f"{to.host} broke off, or answered with something that is not HTTP.")
    return Answer(problem)


async def _sent(
    client: httpx.AsyncClient, to: Destination, address: str, body: bytes, headers: Mapping[str, str], now: datetime
) -> Answer:
    url = httpx.URL(to.url)
    # Connected is to the address, asked for and checked in the certificate is the name.
    request = client.build_request(
        "POST",
        url.copy_with(host=address),
        content=body,
        headers={"User-Agent": "Cartwatch", "Content-Type": "application/json", "Accept-Encoding": "identity"}
        | dict(headers)
        | {"Host": url.netloc.decode("ascii")},
        extensions={"sni_hostname": to.host},
    )
    answer = await client.send(request, stream=True, follow_redirects=False)
    try:
        read = 0
        async for piece in answer.aiter_raw():
            read += len(piece)
            if read >= LARGEST_ANSWER:
                break
    finally:
        await answer.aclose()
    return _judged(to, answer, now)


def _judged(to: Destination, answer: httpx.Response, now: datetime) -> Answer:
    status = answer.status_code
    if 200 <= status < 300:
        return Answer()
    if 300 <= status < 400:
        return Answer(f"{to.host} answered with a redirect ({status}), which is not followed. Set where it leads to.")
    only_this = 400 <= status < 500 and status not in _OF_THE_ADDRESS
    return Answer(f"{to.host} answered {status}.", only_this, _wait(answer.headers.get("retry-after"), now))


def _wait(said: str | None, now: datetime) -> float:
    """Seconds that Retry-After asks for, at most a day: a number of them, or a moment (RFC 9110, 10.2.3)."""
    said = (said or "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), _DAY)
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), _DAY)


def _unconnected(to: Destination, failed: Exception) -> str:
    cause: BaseException | None = failed
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate of {to.host} is not good: {cause.verify_message or 'it cannot be verified'}."
        if isinstance(cause, ssl.SSLError):
            return f"{to.host} does not speak TLS as it should."
        cause = cause.__cause__ or cause.__context__
    return f"{to.host} cannot be reached: nothing answers at port {to.port}."
