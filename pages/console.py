"""What every page and endpoint needs: the open database, the hub, and the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request

from data.applier import Applier
from data.database import Database
from data.inbox import Inbox
from data.notice_sender import NoticeSender
from data.records import StoreRecord
from data.refusals import Refusals
from data.reports import Reports
from pages.live import Live
from ui.language import Language

ASSETS = Path(__file__).parent.parent / "assets"


def _assets_address() -> str:
    # The address changes with the content, so browsers may keep what they have for as long as they like.
    served = sorted([*ASSETS.glob("*.js"), *ASSETS.glob("*.css")])
    digest = sha256(b"".join(path.read_bytes() for path in served)).hexdigest()
    return f"/assets/{digest[:12]}"


ASSETS_ADDRESS = _assets_address()


def utc_now() -> datetime:
    """The clock of a running console."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Console:
    """One running console. ``address`` is where it is reached from outside, without a closing slash."""

    database: Database
    live: Live
    inbox: Inbox
    reports: Reports
    applier: Applier
    notices: NoticeSender
    refusals: Refusals
    address: str
    clock: Callable[[], datetime]

    @classmethod
    def over(
        cls,
        database: Database,
        clock: Callable[[], datetime] = utc_now,
        address: str = "",
        *,
        local_only: bool = True,
    ) -> "Console":
        """A console over an open database; nothing of it runs yet.

        Where it listens on this machine alone (``local_only``), its notices may go to this machine too: who sets where
        they go has reached it anyway.
        """
        applier = Applier(database, clock)
        return cls(
            database=database,
            live=Live(database),
            inbox=Inbox(database, applier.wake),
            reports=Reports(database),
            applier=applier,
            notices=NoticeSender(database, clock, loopback=local_only),
            refusals=Refusals(database),
            address=address,
            clock=clock,
        )

    async def allowed_stores(self, request: Request) -> list[StoreRecord]:
        """The stores this visitor may see. There are no logins yet: whoever reaches the console sees all of them."""
        return await self.live.stores()

    async def store(self, request: Request, domain: str | None) -> StoreRecord | None:
        """The allowed store at ``domain``, or the first one where none is named."""
        allowed = await self.allowed_stores(request)
        if domain is None:
            return allowed[0] if allowed else None
        return next((store for store in allowed if store.domain == domain.lower()), None)


def language_of(request: Request) -> Language:
    """The language of a visitor: their choice, else their browser's."""
    return Language.choose(request.cookies.get("cartwatch_language"), request.headers.get("accept-language"))
