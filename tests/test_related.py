"""What other sessions share with one: device, address, network, cart; and the lists that show them."""

import pytest

from data import related, similar_carts
from data.database import Database
from data.filters import SessionFilter
from data.levels import Decision, RiskLevel
from data.queries import block
from data.records import StoreRecord
from data.related import related as relations_of
from data.relations import Relation, Shared
from data.restrict import decide
from data.similar_carts import similar
from data.status import Status
from tests.factories import TOKEN, a_store, after, event, line, tell, the_session

HOUR = after(60)


async def relations(db: Database, store: StoreRecord, token: str = TOKEN) -> dict[Shared, Relation]:
    cart = await the_session(db, store, token)
    return {one.shared: one for one in await relations_of(db, store.id, cart.id, now=HOUR)}


async def listed(db: Database, store: StoreRecord, wanted: SessionFilter) -> set[str]:
    """The tokens that a list shows."""
    assert SessionFilter.from_query(wanted.to_query()) == wanted
    return {row["cart_token"] for row in (await block(db, store.id, wanted, 0, 100, now=HOUR)).rows}


def held(token: str, *numbers: int, minutes: float = 0, **known: str) -> dict[str, object]:
    """A session that began with these products in its cart."""
    return event(token=token, minutes=minutes, lines=[line(number) for number in numbers], **known)


def tokens(relation: Relation) -> list[str]:
    return [one.cart_token for one in relation.newest]


async def test_a_session_with_nothing_to_share_has_no_relations(db: Database) -> None:
    store = await a_store(db)
    await tell(db, store, event(), event(token="other", ip="10.0.0.1", country="CZ"))
    assert await relations(db, store) == {}


async def test_the_same_address_and_the_rest_of_its_network(db: Database) -> None:
    store = await a_store(db)
    await tell(
        db,
        store,
        event(ip="185.22.1.7"),
        *(event(token=f"near-{n}", minutes=n, ip="185.22.1.7") for n in range(3)),
        *(event(token=f"net-{n}", minutes=n, ip=f"185.22.1.{n}") for n in range(1, 3)),
        event(token="far", ip="185.22.2.7"),
        event(token="unknown"),
    )
    found = await relations(db, store)
    assert list(found) == [Shared.IP, Shared.NETWORK]
    same, network = found[Shared.IP], found[Shared.NETWORK]
    assert (same.value, same.total, tokens(same)) == ("185.22.1.7", 3, ["near-2", "near-1", "near-0"])
    assert (network.value, network.total, tokens(network)) == ("185.22.1.0/24", 2, ["net-2", "net-1"])
    assert await listed(db, store, same.wanted) == {TOKEN, "near-0", "near-1", "near-2"}
    assert await listed(db, store, network.wanted) == {"net-1", "net-2"}


async def test_of_a_shortened_address_only_the_network_is_known(db: Database) -> None:
    store = await a_store(db)
    await tell(db, store, event(ip="185.22.1.0"), event(token="a", ip="185.22.1.0"), event(token="b", ip="185.22.1.9"))
    found = await relations(db, store)
    assert list(found) == [Shared.NETWORK]
    assert set(tokens(found[Shared.NETWORK])) == {"a", "b"}
    assert await listed(db, store, found[Shared.NETWORK].wanted) == {TOKEN, "a", "b"}


async def test_a_network_of_the_newer_kind(db: Database) -> None:
    store = await a_store(db)
    await tell(
        db, store, event(ip="2001:db8:7:1::1"), event(token="a", ip="2001:db8:7:2::9"), event(token="b", ip="::1")
    )
    found = await relations(db, store)
    assert (found[Shared.NETWORK].value, tokens(found[Shared.NETWORK])) == ("2001:db8:7::/48", ["a"])


async def test_the_newest_of_a_crowded_network_are_found_as_well(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await a_store(db)
    await tell(db, store, *(event(token=f"n-{n}", minutes=n, ip=f"10.0.0.{n + 1}") for n in range(12)))
    few = await relations(db, store, "n-0")
    monkeypatch.setattr(related, "_MANY", 3)
    assert await relations(db, store, "n-0") == few
    assert tokens(few[Shared.NETWORK]) == ["n-11", "n-10", "n-9", "n-8", "n-7"]


async def test_the_same_device(db: Database) -> None:
    store = await a_store(db)
    await tell(db, store, event(device_id="d'1"), event(token="a", device_id="d'1"), event(token="b", device_id="d2"))
    found = await relations(db, store)
    assert (list(found), tokens(found[Shared.DEVICE])) == ([Shared.DEVICE], ["a"])
    assert await listed(db, store, found[Shared.DEVICE].wanted) == {TOKEN, "a"}


async def test_how_they_ended_is_counted_by_what_is_shown(db: Database) -> None:
    store = await a_store(db)
    await tell(
        db,
        store,
        event(device_id="d"),
        event(token="over", device_id="d", expires_at="2026-03-01T12:30:00Z"),
        event(token="bought", device_id="d"),
        event("checkout.completed", 5, token="bought", order_id="1"),
        event(token="held", device_id="d", expires_at="2026-03-01T14:00:00Z"),
        now=after(10),
    )
    await decide(db, store.id, "held", Decision.RESTRICTED, reason="hoards", now=after(10))
    found = (await relations(db, store))[Shared.DEVICE]
    assert found.statuses == {Status.ACTIVE: 1, Status.CONVERTED: 1, Status.EXPIRED: 1}
    assert found.levels == {RiskLevel.NORMAL: 2, RiskLevel.RESTRICTED: 1}
    assert {one.cart_token: one.status for one in found.newest}["over"] is Status.EXPIRED


async def test_carts_are_alike_from_half_of_what_either_holds(db: Database) -> None:
    store = await a_store(db)
    await tell(
        db,
        store,
        held(TOKEN, 1, 2, 3, 4),
        held("same", 1, 2, 3, 4, minutes=4),
        held("half", 1, 2, minutes=3),
        held("wider", 1, 2, 3, 4, 5, 6, 7, 8, minutes=2),
        held("third", 1, 2, 5, 6, minutes=1),
        held("one", 1),
        held("other", 9),
        event(token="empty"),
    )
    found = await relations(db, store)
    assert (list(found), tokens(found[Shared.CART])) == ([Shared.CART], ["same", "half", "wider"])
    assert found[Shared.CART].value == TOKEN
    assert await listed(db, store, found[Shared.CART].wanted) == {TOKEN, "same", "half", "wider"}
    assert await relations(db, store, "other") == {}


async def test_the_others_are_found_by_what_few_have(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar_carts, "NEWEST", 3)
    monkeypatch.setattr(similar_carts, "RAREST", 1)
    store = await a_store(db)
    sale = [held(f"sale-{n}", 1, minutes=n) for n in range(9)]
    await tell(db, store, *sale, held(TOKEN, 1, 2), held("twin", 1, 2))
    assert tokens((await relations(db, store))[Shared.CART]) == ["twin"]


async def test_only_so_many_lines_are_compared(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar_carts, "MOST_LINES", 5)
    store = await a_store(db)
    await tell(db, store, *(held(f"s-{n}", 1, 2, minutes=n) for n in range(6)))
    assert tokens((await relations(db, store, "s-0"))[Shared.CART]) == ["s-5", "s-4"]


async def test_a_line_without_a_variant_says_nothing(db: Database) -> None:
    store = await a_store(db)
    unnamed = [line(1, variant_id=None)]
    await tell(db, store, event(lines=unnamed), event(token="a", lines=unnamed))
    assert await relations(db, store) == {}


async def test_many_are_counted_to_a_hundred(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(related, "COUNTED", 7)
    store = await a_store(db)
    others = [held(f"o-{n}", 1, minutes=n / 10, ip="10.0.0.1", device_id="d") for n in range(8)]
    await tell(db, store, held(TOKEN, 1, ip="10.0.0.1", device_id="d"), *others[:7])
    for found in (await relations(db, store)).values():
        assert (found.total, found.capped, sum(found.statuses.values()), len(found.newest)) == (7, False, 7, 5)
    await tell(db, store, others[7])
    for found in (await relations(db, store)).values():
        assert (found.total, found.capped, tokens(found)[0]) == (7, True, "o-7")


async def test_nothing_of_another_store_is_related(db: Database) -> None:
    store, other = await a_store(db), await a_store(db, "other.example")
    for one in (store, other):
        await tell(db, one, held(TOKEN, 1, ip="10.0.0.1", device_id="d"))
    assert await relations(db, store) == {}
    cart = await the_session(db, other)
    assert await relations_of(db, store.id, cart.id, now=HOUR) == ()
    assert await db.ask(lambda connection: similar(connection, store.id, "nobody")) == []
