"""The strongest reason of a session's score as one sentence: what the list shows on hover and on focus."""

from data import explained
from data.assessment import Origin
from pages.console import Console
from ui.language import Language
from ui.risk_words import cause_words


async def top_reason(console: Console, store_id: int, session_id: int, language: Language) -> str | None:
    """The sentence; None where there is no score, none that may be shown, or nothing that speaks for or against it.

    Raises Busy.
    """
    cause = await explained.top_reason(console.database, store_id, session_id)
    return cause_words(cause, Origin.TABLE, language) if cause else None
