"""Made-up tables of ranges, as large as tables must be at least."""

import gzip
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from data.geo_packing import LEAST_ROWS

V4, V6 = LEAST_ROWS.values()


def v4_rows(what: str, rows: int = V4) -> list[str]:
    """One row a /24, from 11.0.0.0 on, all of the same."""
    first = int(IPv4Address("11.0.0.0"))
    return [f"{IPv4Address(first + 256 * n)},{IPv4Address(first + 256 * n + 255)},{what}" for n in range(rows)]


def v6_rows(what: str, rows: int = V6) -> list[str]:
    """One row a /48, from 2400:: on, all of the same."""
    first, size = int(IPv6Address("2400::")), 2**80
    return [f"{IPv6Address(first + size * n)},{IPv6Address(first + size * (n + 1) - 1)},{what}" for n in range(rows)]


def table(path: Path, rows: Iterable[str], *, packed: bool = False) -> Path:
    """A file of these rows."""
    text = "".join(f"{row}\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    return path
