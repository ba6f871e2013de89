"""How a store's connection to Shopify stands, by what has arrived. Pure."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from data.deliveries import Source
from data.records import ConnectionRecord, TopicRecord


class ConnectionState(StrEnum):
    """Not connected, without a secret to check by, nothing has come yet, the latest was taken, or it was refused."""

    ABSENT = "absent"
    UNSIGNED = "unsigned"
    WAITING = "waiting"
    RECEIVING = "receiving"
    REFUSING = "refusing"


def standing(connection: ConnectionRecord | None, topics: Iterable[TopicRecord]) -> ConnectionState:
    """The state of a connection; of deliveries taken and refused, the latest one counts."""
    if connection is None:
        return ConnectionState.ABSENT
    if connection.hint is None:
        return ConnectionState.UNSIGNED
    topics = list(topics)
    taken = last_taken(topics)
    refused = _latest(topic.last_refused_at for topic in topics if topic.source is Source.SHOPIFY)
    if refused is not None and (taken is None or refused > taken):
        return ConnectionState.REFUSING
    return ConnectionState.WAITING if taken is None else ConnectionState.RECEIVING


def last_taken(topics: Iterable[TopicRecord]) -> datetime | None:
    """When Shopify's latest delivery was taken."""
    return _latest(topic.last_at for topic in topics if topic.source is Source.SHOPIFY)


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
