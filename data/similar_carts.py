"""Sessions whose cart is nearly the same as that of one session: most of the variants in either are in both.

Two carts are as similar as the share of variants that both hold among those that either holds (Jaccard's index). Only
so many sessions are looked at that the answer comes at once: those that hold one of the rarest variants, newest first.
"""

import json
from collections.abc import Iterable
from sqlite3 import Connection

ALIKE = 0.5
"""Similarity from which carts are nearly the same."""

MOST_VARIANTS, RAREST, NEWEST = 50, 5, 500
"""Variants of a cart that are considered, those of them by which others are found, and lines that are read of each."""

MOST_LINES = 20_000
"""Lines of other carts that are compared."""


def similar(connection: Connection, store_id: int, cart_token: str) -> list[int]:
    """The ids of the sessions with such a cart, its own among them, newest first; none where its cart is not known."""
    own = _variants_of(connection, store_id, cart_token)
    found = _holders(connection, store_id, _rarest(connection, store_id, own))
    return [
        number
        for number, others in _carts(connection, found).items()
        if len(own & others) >= ALIKE * len(own | others)  # never 0 of 0: each holds one of them
    ]


def _variants_of(connection: Connection, store_id: int, cart_token: str) -> set[str]:
    statement = """
        SELECT DISTINCT l.variant_id FROM session AS s CROSS JOIN line_item AS l ON l.session_id = s.id
        WHERE s.store_id = ? AND s.cart_token = ? AND l.variant_id IS NOT NULL LIMIT ?
    """
    return {row[0] for row in connection.execute(statement, (store_id, cart_token, MOST_VARIANTS))}


def _rarest(connection: Connection, store_id: int, variants: Iterable[str]) -> list[str]:
    statement = """
        SELECT count(*) FROM (
            SELECT 1 FROM line_item INDEXED BY line_by_variant WHERE store_id = ? AND variant_id = ? LIMIT ?
        )
    """

    def lines(variant: str) -> int:
        [counted] = connection.execute(statement, (store_id, variant, NEWEST)).fetchone()
        return int(counted)

    return sorted(sorted(variants), key=lines)[:RAREST]


def _holders(connection: Connection, store_id: int, variants: Iterable[str]) -> list[int]:
    statement = """
        SELECT session_id FROM line_item INDEXED BY line_by_variant WHERE store_id = ? AND variant_id = ?
        ORDER BY session_id DESC LIMIT ?
    """
    found: set[int] = set()
    for variant in variants:
        found |= {row[0] for row in connection.execute(statement, (store_id, variant, NEWEST))}
    return sorted(found, reverse=True)


def _carts(connection: Connection, sessions: list[int]) -> dict[int, set[str]]:
    """The variants of each session, as far as MOST_LINES reach; the newest first."""
    statement = """
        SELECT l.session_id, l.variant_id FROM json_each(:sessions) AS f
        CROSS JOIN line_item AS l INDEXED BY ix_line_item_session_id ON l.session_id = f.value
        WHERE l.variant_id IS NOT NULL LIMIT :most
    """
    carts: dict[int, set[str]] = {}
    rows = connection.execute(statement, {"sessions": json.dumps(sessions), "most": MOST_LINES + 1}).fetchall()
    for session_id, variant in rows:
        carts.setdefault(session_id, set()).add(variant)
    if len(rows) > MOST_LINES:
        carts.popitem()  # its other lines were not read
    return carts
