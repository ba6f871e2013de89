"""Domains as they are typed or pasted: with ``https://`` before them, a path behind, or letters beyond ASCII."""

import re
from typing import Final

from data.host_names import HOST, LABEL

LONGEST: Final = 255
"""Characters of a domain (RFC 1035, 2.3.4)."""

SHOPIFY: Final = ".myshopify.com"
"""What the name of every shop at Shopify ends in."""

_HOST = re.compile(rf"{HOST}(?::\d{{1,5}})?")
_BEFORE = re.compile(r"(?:https?:)?//")
_BEHIND = re.compile(r"[/?#\\]")
_ADMIN = re.compile(rf"admin\.shopify\.com/store/({LABEL})")


def host(typed: str) -> str:
    """The host that was meant, perhaps with its port, as it is looked up: in small letters, each label in ASCII.

    Raises ValueError where there is none.
    """
    address = _BEFORE.sub("", typed.strip().lower(), count=1)
    name = _BEHIND.split(address, maxsplit=1)[0].removesuffix(".")
    if len(name) <= LONGEST:  # the codec takes its time with long ones
        name = ".".join(label if label.isascii() else label.encode("idna").decode() for label in name.split("."))
    if len(name) > LONGEST or not _HOST.fullmatch(name):
        raise ValueError("not a domain")
    return name


def shop(typed: str) -> str:
    """The shop's domain at Shopify that was meant, also by its bare name or by the address of its admin.

    Raises ValueError where there is none.
    """
    address = _BEFORE.sub("", typed.strip().lower(), count=1)
    if named := _ADMIN.match(address):
        return named[1] + SHOPIFY
    name = host(typed)
    if ":" in name:
        raise ValueError("a shop at Shopify has no port")
    return name if "." in name else name + SHOPIFY
