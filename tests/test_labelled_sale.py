"""The labelled sale: the same for the same seed, readable, and its people are as they are described."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import func, select

from data.devices import device
from data.event_format import parse
from data.events import EventType
from data.labelled_sale import ATTACKS, TRAPS, LabelledSale, SaleKind, labelled_sale
from data.labelled_shop import CHEAPEST, DROP, HOLD, LIMIT, MOST_RENEWALS
from data.labelled_shoppers import AFTER, BEFORE, RUSH
from data.models import CartSession
from data.reports import Reports
from data.status import Status
from data.timer import Timer
from tests.factories import a_store, opened

OPENING = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
SEEDS = (1, 2, 3)
BEGIN, SEEN, UPDATE = EventType.STARTED, EventType.SHOPPER_SEEN, EventType.CART_UPDATED
CHECKOUT, BOUGHT, RENEWED = EventType.CHECKOUT_STARTED, EventType.CONVERTED, EventType.RENEWED

Session = list[dict[str, Any]]


@cache
def sale(seed: int = 1) -> LabelledSale:
    """A whole sale of 10,000 shoppers. Only read."""
    return labelled_sale(seed, opened_at=OPENING)


@cache
def sessions(kind: SaleKind, seed: int | None = None) -> list[Session]:
    """The events of every session of a kind, of one sale or of all that are looked at here."""
    if seed is None:
        return [session for seed in SEEDS for session in sessions(kind, seed)]
    found: dict[str, Session] = defaultdict(list)
    for document in sale(seed).documents:
        if sale(seed).kinds[str(document["cart_token"])] is kind:
            found[str(document["cart_token"])].append(document)
    return list(found.values())


def moment(document: dict[str, Any]) -> datetime:
    """When an event occurred."""
    return datetime.fromisoformat(document["occurred_at"])


def count(session: Session, kind: EventType) -> int:
    """How many events of a kind a session has."""
    return sum(document["type"] == kind for document in session)


def share(found: list[Session], kind: EventType) -> float:
    """How many of the sessions have an event of a kind, of 1."""
    return sum(count(session, kind) > 0 for session in found) / len(found)


def told(found: list[Session], name: str) -> set[str]:
    """What the sessions tell of their shoppers under a name."""
    return {document[name] for session in found for document in session if name in document}


def units(session: Session) -> int:
    """What a session holds from its beginning."""
    return sum(line["quantity"] for line in session[0]["lines"])


def gap(session: Session, kind: EventType) -> float:
    """Seconds from a session's beginning to its first event of a kind."""
    first = next(document for document in session if document["type"] == kind)
    return (moment(first) - moment(session[0])).total_seconds()


def holds_drop(session: Session) -> bool:
    """Whether what the sale is about is in the first cart."""
    return any(line["product_id"] == DROP.id for line in session[0]["lines"])


def test_the_same_seed_gives_the_same_sale() -> None:
    once, again = (labelled_sale(5, 300, opened_at=OPENING) for _ in range(2))
    assert once == again
    assert labelled_sale(6, 300, opened_at=OPENING).documents != once.documents


def test_the_zone_of_the_opening_changes_nothing() -> None:
    elsewhere = OPENING.astimezone(timezone(timedelta(hours=9)))
    assert labelled_sale(5, 100, opened_at=elsewhere) == labelled_sale(5, 100, opened_at=OPENING)


def test_events_are_in_the_order_of_time_and_each_has_its_own_id() -> None:
    moments = [moment(document) for document in sale().documents]
    assert moments == sorted(moments)
    assert len({document["id"] for document in sale().documents}) == len(moments)
    assert {document["cart_token"] for document in sale().documents} == sale().kinds.keys()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_event_is_in_the_public_format(seed: int) -> None:
    for document in sale(seed).documents:
        event = parse(document, currency="XXX", received_at=moment(document))
        assert event.id == document["id"]
        assert event.cart_token == document["cart_token"]


@pytest.mark.parametrize("seed", SEEDS)
def test_attacks_and_traps_are_small_parts_of_the_evening(seed: int) -> None:
    kinds = Counter(sale(seed).kinds.values())
    assert kinds.keys() == set(SaleKind)
    assert 10_000 <= kinds[SaleKind.SHOPPER] <= 11_500
    assert 0.014 <= sum(kinds[kind] for kind in ATTACKS) / kinds.total() <= 0.018
    assert 0.026 <= sum(kinds[kind] for kind in TRAPS) / kinds.total() <= 0.034


def test_every_kind_is_a_shopper_or_an_attack_or_a_trap() -> None:
    assert {kind for kind in SaleKind if kind not in ATTACKS | TRAPS} == {SaleKind.SHOPPER}
    assert not ATTACKS & TRAPS


@pytest.mark.parametrize("shoppers", [1, 150, 25_000])
def test_a_sale_of_any_size_has_every_kind(shoppers: int) -> None:
    kinds = Counter(labelled_sale(4, shoppers, opened_at=OPENING).kinds.values())
    assert kinds.keys() == set(SaleKind)
    assert shoppers <= kinds[SaleKind.SHOPPER] <= 4 * shoppers
    if shoppers > 10_000:
        assert 0.014 <= sum(kinds[kind] for kind in ATTACKS) / kinds.total() <= 0.018


def test_half_of_all_shoppers_come_in_the_first_quarter_of_an_hour() -> None:
    starts = [moment(session[0]) for session in sessions(SaleKind.SHOPPER)]
    rush = sum(OPENING <= at < OPENING + RUSH for at in starts)
    assert 0.45 <= rush / len(starts) <= 0.55
    assert sum(OPENING <= at < OPENING + RUSH / 3 for at in starts) > 0.5 * rush
    assert min(starts) >= OPENING - BEFORE
    assert sum(at > OPENING + AFTER for at in starts) < 0.05 * len(starts)


def test_nobody_has_the_drop_before_it_opens() -> None:
    early = [document for document in sale().documents if moment(document) < OPENING]
    assert len(early) > 5_000
    assert DROP.id not in {line["product_id"] for document in early for line in _lines(document)}


def test_a_third_of_the_shoppers_buy_and_most_of_the_others_just_leave() -> None:
    found = sessions(SaleKind.SHOPPER)
    assert 0.30 <= share(found, BOUGHT) <= 0.40
    assert 0.03 <= share(found, EventType.CANCELLED) <= 0.10
    assert 0.03 <= share(found, EventType.EXPIRED) <= 0.15
    renewals = Counter(count(session, RENEWED) for session in found)
    assert renewals[0] > 0.85 * len(found)
    assert max(renewals) == 3
    assert 0.02 <= share(found, EventType.EXTENDED) <= 0.10
    declined = [session for session in found if session[-1].get("reason") == "Payment declined"]
    assert 0.002 <= len(declined) / len(found) <= 0.02


def test_typical_carts_are_small() -> None:
    found = sessions(SaleKind.SHOPPER)
    lines = [line for session in found for line in session[0]["lines"]]
    assert {len(session[0]["lines"]) for session in found} <= {1, 2, 3}
    assert sum(line["quantity"] == 1 for line in lines) > 0.8 * len(lines)
    assert max(line["quantity"] for line in lines) <= LIMIT


def test_shoppers_come_from_homes_and_telephones_of_many_countries() -> None:
    found = sessions(SaleKind.SHOPPER, 1)
    countries = Counter(next(iter(told([session], "country")), None) for session in found)
    assert countries["DE"] > 0.6 * len(found) * 0.9
    assert len(countries) > 12
    addresses = [ip_address(ip) for ip in told(found, "ip")]
    assert len(addresses) > 7_000
    assert all(address.is_global for address in addresses)
    assert not any(address in ip_network("198.18.0.0/15") for address in addresses)
    assert 0.2 < sum(address.version == 6 for address in addresses) / len(addresses) < 0.5
    devices = Counter(device(next(iter(told([session], "user_agent")), None)) for session in found)
    assert min(devices["mobile"], devices["desktop"]) > 0.25 * len(found)
    assert devices["tablet"] > 0
    assert devices["bot"] == 0


def test_some_shoppers_share_an_address_or_come_again() -> None:
    found = sessions(SaleKind.SHOPPER, 1)
    by_address = Counter(ip for session in found for ip in told([session], "ip"))
    by_device = Counter(one for session in found for one in told([session], "device_id"))
    assert 0.05 < sum(n > 1 for n in by_address.values()) / len(by_address) < 0.4
    assert 0.02 < sum(n > 1 for n in by_device.values()) / len(by_device) < 0.2


def test_who_it_is_comes_at_once_or_later_or_never() -> None:
    found = sessions(SaleKind.SHOPPER, 1)
    assert 0.75 < sum("ip" in session[0] for session in found) / len(found) < 0.9
    later = [session for session in found if "ip" not in session[0] and told([session], "ip")]
    assert 0.08 < len(later) / len(found) < 0.2
    assert 0.01 < sum(not told([session], "ip") for session in found) / len(found) < 0.06
    assert 0.75 < sum(bool(told([session], "device_id")) for session in found) / len(found) < 0.92


@pytest.mark.parametrize("seed", SEEDS)
def test_an_office_is_one_address_and_many_devices_that_buy_as_others_do(seed: int) -> None:
    found = sessions(SaleKind.OFFICE, seed)
    assert len(told(found, "ip")) == 1
    assert len(told(found, "device_id")) > 0.6 * len(found)
    assert sum(map(holds_drop, found)) > 0.6 * len(found)
    assert share(sessions(SaleKind.OFFICE), BOUGHT) > 0.25


@pytest.mark.parametrize("seed", SEEDS)
def test_a_carrier_is_a_handful_of_addresses_of_one_network_and_many_telephones(seed: int) -> None:
    found = sessions(SaleKind.MOBILE_CARRIER, seed)
    assert len(found) >= 105
    assert 2 <= len(told(found, "ip")) <= 7
    assert len({ip.rpartition(".")[0] for ip in told(found, "ip")}) == 1
    assert {device(agent) for agent in told(found, "user_agent")} == {"mobile"}
    assert len(told(found, "device_id")) > 0.6 * len(found)
    assert share(found, BOUGHT) > 0.22


def test_fans_change_their_carts_a_lot_and_mostly_buy_in_the_end() -> None:
    found = sessions(SaleKind.EAGER_FAN)
    changes = sum(count(session, UPDATE) + count(session, SEEN) for session in found) / len(found)
    assert changes > 3
    assert 0.25 < share(found, RENEWED) < 0.7
    assert any(line["quantity"] == LIMIT for session in found for line in session[0]["lines"])
    homes = {ip for session in found for ip in list(told([session], "ip"))[:1]}
    assert sum(count(session, BOUGHT) for session in found) > 0.5 * len(homes)


@pytest.mark.parametrize("seed", SEEDS)
def test_crawlers_say_who_they_are_come_on_schedule_and_take_nothing(seed: int) -> None:
    found = sessions(SaleKind.MONITORING_CRAWLER, seed)
    by_agent: dict[str, list[Session]] = defaultdict(list)
    for session in found:
        assert [document["type"] for document in session] == [BEGIN, UPDATE]
        assert session[-1]["lines"] == []
        by_agent[session[0]["user_agent"]].append(session)
    assert any("Pingdom" in agent for agent in by_agent)
    assert any("UptimeRobot" in agent for agent in by_agent)
    for checks in by_agent.values():
        waits = [(moment(b[0]) - moment(a[0])).total_seconds() for a, b in pairwise(checks)]
        assert max(waits) - min(waits) < 5


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hoarder_holds_many_pairs_from_one_address_and_device(seed: int) -> None:
    found = sessions(SaleKind.HOARDER, seed)
    assert len(found) >= 36
    assert len(told(found, "ip")) == len(told(found, "device_id")) == 1
    assert all(map(holds_drop, found))
    assert sum(map(units, found)) > 4 * len(found)
    assert share(found, BOUGHT) < 0.2
    # After the first carts are over, others take their place.
    assert sum(moment(session[0]) > OPENING + HOLD / 2 for session in found) > 0.3 * len(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rotation_is_one_network_with_few_devices_that_want_one_variant(seed: int) -> None:
    found = sessions(SaleKind.ROTATION_24, seed)
    assert len(found) >= 36
    assert len(told(found, "ip")) > 0.7 * len(found)
    assert len({ip.rpartition(".")[0] for ip in told(found, "ip")}) == 1
    assert 2 <= len(told(found, "device_id")) <= 3
    assert len({line["variant_id"] for session in found for line in session[0]["lines"]}) == 1
    assert share(found, BOUGHT) < 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_residential_proxies_have_an_address_each_and_share_a_device_sometimes(seed: int) -> None:
    found = [session for session in sessions(SaleKind.RESIDENTIAL, seed) if told([session], "ip")]
    assert len(told(found, "ip")) == len(found) >= 18
    assert len(told(found, "country")) >= 5
    devices = Counter(one for session in found for one in told([session], "device_id"))
    assert 0.15 * len(found) < sum(n for n in devices.values() if n > 1) < 0.75 * len(found)
    assert {device(agent) for agent in told(found, "user_agent")} <= {"desktop", "mobile", "tablet"}


@pytest.mark.parametrize("seed", SEEDS)
def test_renewal_abuse_keeps_stock_up_to_the_maximum(seed: int) -> None:
    found = sessions(SaleKind.RENEWAL_ABUSE, seed)
    renewals = [count(session, RENEWED) for session in found]
    assert sum(renewals) > 10 * len(found)
    assert max(renewals) == MOST_RENEWALS
    assert share(found, EventType.EXTENDED) > 0.8
    assert share(found, BOUGHT) < 0.3
    assert len(told(found, "ip")) <= 4


def test_card_testers_try_the_cheapest_within_seconds_and_are_declined() -> None:
    found = sessions(SaleKind.CARD_TESTER)
    assert {line["product_id"] for session in found for line in session[0]["lines"]} == {CHEAPEST.id}
    assert max(gap(session, CHECKOUT) for session in found) <= 6
    assert sum(session[-1].get("reason") == "Payment declined" for session in found) > 0.8 * len(found)
    assert 0 < share(found, BOUGHT) < 0.2
    assert all(len(told(sessions(SaleKind.CARD_TESTER, seed), "device_id")) <= 2 for seed in SEEDS)


def test_programs_say_so_or_say_nothing_and_act_within_milliseconds() -> None:
    found = sessions(SaleKind.HEADLESS)
    assert not {device(agent) for agent in told(found, "user_agent")} & {"desktop", "mobile", "tablet"}
    assert any("HeadlessChrome" in agent for agent in told(found, "user_agent"))
    updates = [(session, [document for document in session if document["type"] == UPDATE]) for session in found]
    fast = [gap(session, UPDATE) for session, changes in updates if changes and changes[0]["lines"]]
    assert fast
    assert max(fast) < 0.2
    for session in found:
        if not told([session], "user_agent"):
            assert not told([session], "device_id")


@pytest.mark.parametrize("seed", SEEDS)
def test_slow_holders_look_like_anybody_and_never_buy(seed: int) -> None:
    found = [session for session in sessions(SaleKind.SLOW_HUMANLIKE, seed) if told([session], "ip")]
    assert len(told(found, "ip")) == len(found)
    assert share(found, BOUGHT) == 0
    assert all(map(holds_drop, found))
    assert {device(agent) for agent in told(found, "user_agent")} <= {"desktop", "mobile", "tablet"}
    assert all(gap(session, UPDATE) > 0.2 for session in found if count(session, UPDATE))


def test_what_was_charged_back_had_been_bought() -> None:
    for seed in SEEDS:
        bought = {str(d["cart_token"]) for d in sale(seed).documents if d["type"] == BOUGHT}
        assert sale(seed).chargebacks <= bought
    assert sum(len(sale(seed).chargebacks) for seed in SEEDS) > 3


def test_the_shop_grants_what_a_store_usually_grants() -> None:
    assert Timer(hold=HOLD, max_renewals=MOST_RENEWALS) == Timer()


async def test_a_sale_goes_through_the_reports_into_a_store(tmp_path: Path) -> None:
    small = labelled_sale(2, 250, opened_at=OPENING)
    bought = {str(d["cart_token"]) for d in small.documents if d["type"] == BOUGHT}
    async with opened(tmp_path) as db:
        store = await a_store(db, small.domain, small.currency)
        reports = Reports(db)
        for first in range(0, len(small.documents), 200):
            part = small.documents[first : first + 200]
            outcomes = await reports.receive(store, part, source="api", now=moment(part[-1]))
            assert {outcome.status for outcome in outcomes} == {"applied"}
        async with db.writing() as session:
            stored = (await session.exec(select(func.count()).select_from(CartSession))).one()
            converted = (await session.exec(select(CartSession).where(CartSession.status == Status.CONVERTED))).all()
            abused = (await session.exec(select(func.max(CartSession.renewals)))).one()
    assert stored == len(small.kinds)
    assert {cart.cart_token for cart in converted} == bought
    assert {cart.currency for cart in converted} == {"EUR"}
    assert abused is not None
    assert abused >= 7


def _lines(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document.get("lines") or []
