"""Where Cartwatch may send something of its own accord: to the public internet, and nowhere else.

Whoever may set an address could otherwise have this machine ask others that only it can reach: the company's own, or
the service by which a cloud hands out its keys. A name can lead elsewhere at any moment, so it is looked up before each
request, and the request goes to the very addresses that were found good (``resolve``), never to the name.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from data.host_names import HOST

LONGEST: Final = 1_000
"""Characters of an address."""

MOST_TRIED: Final = 4
"""Addresses of one name that are tried, one after the other."""

LookUp = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a name, for a port. Raises OSError where there are none."""

_PLAIN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_NAME = re.compile(HOST)
# Azure's own services answer its machines here, keys among them, at an address that counts as public.
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_OTHERS_INSIDE = frozenset({IPv4Address("168.63.129.16")})
# Behind a translator, an address in this prefix leads to the IPv4 address at its end (RFC 6052, 2.1).
_TRANSLATED = ip_network("64:ff9b::/96")


class DestinationProblem(ValueError):
    """Why nothing is sent to an address: a sentence for the merchant."""


@dataclass(frozen=True, slots=True)
class Destination:
    """An address to send to, as it is stored and shown (``url``), and its parts. ``host`` has no brackets."""

    url: str
    encrypted: bool
    host: str
    port: int


def destination(typed: str) -> Destination:
    """The address that was typed. Encrypted, but for one on this very machine. Raises DestinationProblem."""
    text = typed.strip()
    if len(text) > LONGEST:
        raise DestinationProblem(f"The address has more than {LONGEST:,} characters.")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise DestinationProblem("The address may have only ASCII characters and no spaces; encode others as in %20.")
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        raise _unreadable(text) from None
    if parts.scheme not in ("http", "https") or not _is_host(host):
        raise _unreadable(text)
    if "@" in parts.netloc:
        raise DestinationProblem("The address must not hold a name and password: notices are signed instead.")
    if parts.fragment:
        raise DestinationProblem("The address must not have a part after #: it is never sent.")
    if parts.scheme == "http" and host not in _PLAIN_HOSTS:
        raise DestinationProblem("The address must begin with https://. Only this machine itself may do without.")
    shown = (f"[{host}]" if ":" in host else host) + (f":{port}" if port is not None else "")
    url = f"{parts.scheme}://{shown}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
    encrypted = parts.scheme == "https"
    return Destination(url, encrypted, host, port if port is not None else 443 if encrypted else 80)


async def look_up(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def resolve(to: Destination, *, loopback: bool, asking: LookUp = look_up) -> tuple[str, ...]:
    """The addresses where it leads now, at most MOST_TRIED. ``loopback`` allows this machine itself.

    One address among them that is not allowed spoils all: an honest name has none. Raises DestinationProblem.
    """
    try:
        found = [ip_address(one.partition("%")[0]) for one in await asking(to.host, to.port)]
    except (OSError, ValueError):
        raise DestinationProblem(f"{to.host} cannot be found: there is no such name, or no network.") from None
    if not found:
        raise DestinationProblem(f"{to.host} has no address.")
    for one in map(_really, found):
        if one.is_loopback and not loopback:
            raise DestinationProblem(
                f"{to.host} is this machine itself. That is allowed only while the console listens on 127.0.0.1 alone."
            )
        if not one.is_loopback and not _is_public(one):
            raise DestinationProblem(
                f"{to.host} leads to {one}, which is not on the public internet. Nothing is sent there."
            )
        if not one.is_loopback and not to.encrypted:
            raise DestinationProblem(f"{to.host} leads away from this machine, and http is allowed only on it.")
    return tuple(str(one) for one in dict.fromkeys(found))[:MOST_TRIED]


def _unreadable(text: str) -> DestinationProblem:
    return DestinationProblem(f"{text[:80]!r} is not an address. Give one as in https://shop.example/cartwatch.")


def _is_host(host: str) -> bool:
    if ":" not in host:
        return _NAME.fullmatch(host) is not None
    try:
        return IPv6Address(host).scope_id is None
    except ValueError:
        return False


def _really(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that one of IPv6 stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    # Python before 3.11.10 calls some of what is reserved global (gh-113171), so each is asked for.
    inside = (
        address.is_private
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or (isinstance(address, IPv6Address) and address.is_site_local)
        or address in _OTHERS_INSIDE
    )
    return address.is_global and not inside
