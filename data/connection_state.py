"""How a store's connection to Shopify stands, by what has arrived. Pure."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from data.deliveries import Source
from data.records import ConnectionRecord, TopicRecord


class ConnectionState(StrEnum):
    """Not connected, without a secret to check by, out of Shopify's reach, nothing has come yet, taken, or refused.

    Of what was taken and what was refused, the latest one counts.
    """

    ABSENT = "absent"
    UNSIGNED = "unsigned"
    UNREACHED = "unreached"
    WAITING = "waiting"
    RECEIVING = "receiving"
    REFUSING = "refusing"


def standing(connection: ConnectionRecord | None, topics: Iterable[TopicRecord], *, reached: bool) -> ConnectionState:
    """The state of a connection. ``reached`` says whether Shopify would deliver to where the console is at all.

    Where it would not, what was taken came from elsewhere, such as a test delivery of our own. Refusals are told in any
    case: somebody sends, and something is to be put right.
    """
    if connection is None:
        return ConnectionState.ABSENT
    if connection.hint is None:
        return ConnectionState.UNSIGNED
    topics = list(topics)
    taken = last_taken(topics)
    refused = _latest(topic.last_refused_at for topic in topics if topic.source is Source.SHOPIFY)
    if refused is not None and (taken is None or refused > taken):
        return ConnectionState.REFUSING
    if not reached:
        return ConnectionState.UNREACHED
    return ConnectionState.WAITING if taken is None else ConnectionState.RECEIVING


def last_taken(topics: Iterable[TopicRecord]) -> datetime | None:
    """When Shopify's latest delivery was taken."""
    return _latest(topic.last_at for topic in topics if topic.source is Source.SHOPIFY)


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
