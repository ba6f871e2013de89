"""The state of a connection, by what has arrived."""

from datetime import datetime

import pytest

from data.connection_state import ConnectionState, last_taken, standing
from data.deliveries import ConnectionKind, Source
from data.records import ConnectionRecord, TopicRecord
from tests.factories import NOON, after


def connection(hint: str | None = "cdef") -> ConnectionRecord:
    return ConnectionRecord(ConnectionKind.SHOPIFY, "address", "shop.myshopify.com", hint, None, NOON)


def topic(taken: float | None, refused: float | None = None, source: Source = Source.SHOPIFY) -> TopicRecord:
    """A topic that last took and refused a delivery so many minutes after noon."""
    return TopicRecord(source, "carts/create", 1, 0, 1, at(taken), at(refused))


def at(minutes: float | None) -> datetime | None:
    return None if minutes is None else after(minutes)


@pytest.mark.parametrize(
    ("topics", "state"),
    [
        ([], ConnectionState.WAITING),
        ([topic(5, source=Source.BEACON)], ConnectionState.WAITING),
        ([topic(5)], ConnectionState.RECEIVING),
        ([topic(None, 5)], ConnectionState.REFUSING),
        ([topic(5, 6)], ConnectionState.REFUSING),
        ([topic(6, 5)], ConnectionState.RECEIVING),
        ([topic(1, 5), topic(6)], ConnectionState.RECEIVING),
        ([topic(5), topic(None, 6, Source.BEACON)], ConnectionState.RECEIVING),
    ],
)
def test_of_deliveries_taken_and_refused_the_latest_counts(topics: list[TopicRecord], state: ConnectionState) -> None:
    assert standing(connection(), topics, reached=True) is state


@pytest.mark.parametrize(
    ("topics", "state"),
    [
        ([], ConnectionState.UNREACHED),
        ([topic(5)], ConnectionState.UNREACHED),  # a test delivery of our own, say
        ([topic(5, 6)], ConnectionState.REFUSING),  # whoever sent it, it says more
    ],
)
def test_where_shopify_does_not_deliver_nothing_counts_as_received(
    topics: list[TopicRecord], state: ConnectionState
) -> None:
    assert standing(connection(), topics, reached=False) is state


def test_without_a_connection_or_its_secret_nothing_else_matters() -> None:
    assert standing(None, [topic(5)], reached=False) is ConnectionState.ABSENT
    assert standing(connection(hint=None), [topic(5, 6)], reached=False) is ConnectionState.UNSIGNED


def test_the_latest_delivery_is_that_of_any_topic() -> None:
    assert last_taken([topic(5), topic(7), topic(None), topic(9, source=Source.BEACON)]) == after(7)
    assert last_taken([]) is None
