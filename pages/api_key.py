"""Who asks: the store whose key a request carries, for what answers a store's own systems."""

from starlette.requests import Request

from data import stores
from data.database import Database
from data.records import StoreRecord
from pages.body import Refused


async def store_of(request: Request, database: Database) -> StoreRecord:
    """The store whose key it is. Raises Refused where there is none, and DatabaseProblem."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    store = await stores.by_key(database, key.strip()[:200] if scheme.lower() == "bearer" else "")
    if store is None:
        raise Refused(401, "The key is missing or unknown. Send: Authorization: Bearer KEY")
    return store
