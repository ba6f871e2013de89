"""The card of related sessions on the details page: fetched with the session, linked to the list."""

from dataclasses import replace

from data import related
from data.filters import SessionFilter
from data.list_place import ListPlace
from data.records import SessionDetail
from data.relations import Relation
from data.status import Status
from pages.console import Console
from ui.language import Language
from ui.related_sessions import related_sessions


class RelatedCard:
    """What other sessions share with the one that is shown. ``fetch`` it, then ``render`` as often as needed."""

    def __init__(self, console: Console, language: Language) -> None:
        self._console = console
        self._language = language
        self._relations: tuple[Relation, ...] = ()
        self._wanted, self._place = SessionFilter(), ListPlace()

    async def fetch(self, session: SessionDetail, wanted: SessionFilter, place: ListPlace) -> None:
        """Look for them; ``wanted`` and ``place`` are the list that the way back leads to. Raises Busy."""
        self._wanted, self._place = wanted, place
        self._relations = await related.related(
            self._console.database, session.store.id, session.id, now=self._console.clock()
        )

    def render(self, _session: SessionDetail, _shown: Status) -> None:
        """Render the card."""
        related_sessions(
            self._relations,
            self._language,
            now=self._console.clock(),
            session_address=lambda token: self._wanted.session_address(token, self._place),
            list_address=lambda shared: replace(shared, store=self._wanted.store).list_address(),
        )
