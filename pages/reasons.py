"""The strongest reason of a session's score as one sentence: what the list shows on hover and on focus."""

import json
from sqlite3 import Connection

from pages.console import Console
from ui.language import Language

_NEWEST = """
    SELECT a.reasons FROM session AS s CROSS JOIN risk_assessment AS a ON a.session_id = s.id
    WHERE s.id = ? AND s.store_id = ? AND s.risk_score IS NOT NULL
    ORDER BY a.assessed_at DESC, a.id DESC LIMIT 1
"""


async def top_reason(console: Console, store_id: int, session_id: int, language: Language) -> str | None:
    """The sentence; None where there is no score, none that may be shown, or nothing that speaks for or against it.

    Raises Busy.
    """
    return await console.database.ask(lambda connection: _strongest(connection, store_id, session_id))


def _strongest(connection: Connection, store_id: int, session_id: int) -> str | None:
    found = connection.execute(_NEWEST, (session_id, store_id)).fetchone()
    reasons = json.loads(found[0]) if found else []
    if not reasons:
        return None
    return str(max(reasons, key=lambda reason: abs(reason["contribution"]))["sentence"])
