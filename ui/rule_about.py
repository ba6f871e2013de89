"""What a rule is about, in a cell: the kind of thing, and its value, which leads to the sessions that it speaks of."""

from data.filters import SessionFilter
from data.rule_targets import Target
from data.status import Status
from ui.language import Language
from ui.rule_words import target_words
from ui.text import Text, seen


def rule_about(
    target: Target,
    value: str,
    language: Language,
    *,
    store: str | None,
) -> None:
    """Render it; ``store`` is the domain of the store whose sessions the value leads to, None: it leads nowhere."""
    Text(target_words(target, language) + " ")
    if store is None:
        Text(seen(value), "bdi").classes("cw-token")
    else:
        link = Text(seen(value), "a").classes("cw-token").props('dir="auto" data-leave')
        link.props["href"] = sessions_address(store, target, value)


def sessions_address(store: str, target: Target, value: str, *, active: bool = False) -> str:
    """The address of the sessions that a value speaks of, or of the active ones among them."""
    every = SessionFilter(store=store, status=Status.ACTIVE if active else None)
    if target is Target.SESSION:
        return SessionFilter(store=store).session_address(value)
    return every.only("device_id" if target is Target.DEVICE else "ip", value).list_address()
