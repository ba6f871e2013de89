"""A store's ways in, and all that has come through them: what the page of connections shows at one moment."""

from dataclasses import dataclass

from data import connections, intake, notice_addresses, privacy, shopify, stores
from data.beacon import Signal
from data.connection_state import ConnectionState, standing
from data.database import Database
from data.deliveries import ConnectionKind, Source
from data.records import ConnectionRecord, IntakeRecord, KeyRecord, NoticeRecord, PrivacyRecord, StoreRecord
from pages import doorways


@dataclass(frozen=True, slots=True)
class WaysIn:
    """A store with its connection to Shopify, its beacon and where its notices go (None: not there), and what arrived.

    ``reached`` says whether Shopify would deliver to this console.
    """

    store: StoreRecord
    shopify: ConnectionRecord | None
    beacon: ConnectionRecord | None
    keys: tuple[KeyRecord, ...]
    intake: IntakeRecord
    privacy: tuple[PrivacyRecord, ...]
    notices: NoticeRecord | None
    reached: bool

    @property
    def state(self) -> ConnectionState:
        """How the connection to Shopify stands."""
        return standing(self.shopify, self.intake.topics, reached=self.reached)

    @property
    def expected(self) -> list[tuple[Source, str]]:
        """The topics that are to be heard of, by what is open."""
        webhooks = [(Source.SHOPIFY, topic) for topic in shopify.TOPICS] if self.shopify else []
        return webhooks + ([(Source.BEACON, signal.value) for signal in Signal] if self.beacon else [])


async def fetch(db: Database, store: StoreRecord, base: str) -> WaysIn:
    """Everything as it is now; ``base`` is where the console is reached. Raises Busy."""
    found = await connections.of_store(db, store.id)
    return WaysIn(
        store=store,
        shopify=found.get(ConnectionKind.SHOPIFY),
        beacon=found.get(ConnectionKind.BEACON),
        keys=await stores.keys(db, store.id),
        intake=await intake.of_store(db, store.id),
        privacy=await privacy.of_store(db, store.id),
        notices=await notice_addresses.of_store(db, store.id),
        reached=doorways.reached_by_shopify(base),
    )
