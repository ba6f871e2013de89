"""The demo's own simple risk model: what it saw of each session, and the sentences it makes of that.

It stands in until scoring exists, so that the details page has something true to show: every figure in a sentence is
counted from the events that the demo has reported. The score is a sum in log-odds, so contributions add up to it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from data import addresses
from data.demo_script import Report, Visit
from data.events import Assessment, Reason
from data.levels import RiskLevel

MODEL_VERSION = "demo-1"

BASE = -2.7
"""Log-odds of a session of which nothing is known: about 6 of 100."""

_HARD_EVIDENCE = "device_addresses"  # volume alone never restricts: offices and phone networks share addresses
_HOUR = timedelta(hours=1)
_KEPT = timedelta(hours=2)


@dataclass(slots=True)
class _Seen:
    """What was reported of one session so far."""

    started_at: datetime
    last_at: datetime
    ip: str | None = None
    network: str | None = None
    device_id: str | None = None
    user_agent: str | None = None
    country: str | None = None
    items: int = 0
    most_of_one: int = 0
    title: str = ""
    updates: int = 0
    renewals: int = 0
    extends: int = 0
    in_checkout: bool = False
    bought: bool = False
    declined: bool = False


class Watch:
    """What happened in one store within the last hours. Only looks back: nothing is known before it was reported."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._seen: dict[str, _Seen] = {}
        self._swept_at: datetime | None = None

    def saw(self, visit: Visit, report: Report) -> None:
        """Take note of an event. Events come in the order of time."""
        self._forget(report.at)
        seen = self._seen.setdefault(visit.cart_token, _Seen(report.at, report.at))
        seen.last_at = report.at
        document = report.document
        if "ip" in document or "user_agent" in document:
            shopper = visit.shopper
            packed = addresses.pack(shopper.ip) if shopper.ip else None
            seen.ip, seen.network = shopper.ip, addresses.network(packed) if packed else None
            seen.device_id, seen.user_agent, seen.country = shopper.device_id, shopper.user_agent, shopper.country
        lines = document.get("lines")
        if isinstance(lines, list):
            largest = max(lines, key=lambda line: int(line["quantity"]))
            seen.items = sum(int(line["quantity"]) for line in lines)
            seen.most_of_one, seen.title = int(largest["quantity"]), str(largest["title"])
        match document["type"]:
            case "cart.updated":
                seen.updates += 1
            case "reservation.renewed":
                seen.renewals += 1
            case "reservation.extended":
                seen.extends += 1
            case "checkout.started":
                seen.in_checkout = True
            case "checkout.completed":
                seen.bought = True
            case "session.cancelled":
                seen.declined = document.get("reason") == "Payment declined"

    def assess(self, cart_token: str, at: datetime) -> Assessment | None:
        """Score the session by what is known ``at`` that moment; None when it was never reported."""
        seen = self._seen.get(cart_token)
        if seen is None:
            return None
        reasons = sorted(self._reasons(seen, at), key=lambda reason: (-abs(reason.contribution), reason.signal))
        chance = 1 / (1 + math.exp(-BASE - sum(reason.contribution for reason in reasons)))
        level = _level(chance, reasons)
        return Assessment(at, round(100 * chance), level, MODEL_VERSION, tuple(reasons), tuple(_unknown(seen)))

    def _reasons(self, seen: _Seen, at: datetime) -> Iterator[Reason]:
        recent = [other for other in self._seen.values() if other.started_at > at - _HOUR or other is seen]
        yield from self._of_the_address(seen, recent)
        addresses_used = {other.ip for other in recent if other.device_id == seen.device_id and other.ip}
        if seen.device_id and len(addresses_used) >= 3:
            sentence = f"One device used {len(addresses_used)} addresses in an hour; typical 1"
            yield Reason(_HARD_EVIDENCE, sentence, 1.9)
        elif seen.device_id and seen.ip:
            yield Reason("device_addresses_few", "The device kept to its address", -0.2)
        yield from _of_the_cart(seen)
        yield from _of_the_agent(seen)
        if seen.country and seen.country != self._home:
            yield Reason("country_not_home", f"Visits from {seen.country}; the store sells mostly in {self._home}", 0.3)

    def _of_the_address(self, seen: _Seen, recent: list[_Seen]) -> Iterator[Reason]:
        if seen.network is None:
            return
        of_ip = [other for other in recent if other.ip == seen.ip]
        of_network = [other for other in recent if other.network == seen.network]
        if (weight := _step(len(of_ip), (3, 0.7), (5, 1.4), (10, 2.2))) > 0:
            yield Reason("holds_ip_hour", f"{len(of_ip)} reservations from this IP in an hour; typical 1", weight)
        if len(of_network) > len(of_ip) and (weight := _step(len(of_network), (6, 0.6), (9, 1.4), (13, 2.0))) > 0:
            sentence = f"{len(of_network)} reservations from {seen.network} in an hour; typical 2"
            yield Reason("holds_network_hour", sentence, weight)
        if len(of_network) == 1:
            yield Reason("holds_network_few", "The only reservation from its network in an hour", -0.4)
        bought = sum(other.bought for other in of_network if other is not seen)
        if bought >= 2:
            sentence = f"{bought} of {len(of_network)} reservations from {seen.network} were bought; typical 1"
            yield Reason("conversion_network", sentence, -1.1)
        elif bought == 0 and not seen.bought and len(of_network) >= 5:
            sentence = f"None of {len(of_network)} reservations from {seen.network} was bought; typical 2"
            yield Reason("conversion_network", sentence, 1.5)

    def _forget(self, now: datetime) -> None:
        if self._swept_at is not None and now < self._swept_at + timedelta(minutes=5):
            return
        self._swept_at = now
        self._seen = {token: seen for token, seen in self._seen.items() if seen.last_at > now - _KEPT}


def _level(chance: float, reasons: list[Reason]) -> RiskLevel:
    if chance >= 0.9 and any(reason.signal == _HARD_EVIDENCE for reason in reasons):
        return RiskLevel.RESTRICTED
    if chance >= 0.5:
        return RiskLevel.REVIEW
    return RiskLevel.MONITORED if chance >= 0.2 else RiskLevel.NORMAL


def _of_the_cart(seen: _Seen) -> Iterator[Reason]:
    if (weight := _step(seen.most_of_one, (4, 0.9), (7, 1.6))) > 0:
        sentence = f"{seen.most_of_one} × {seen.title} in one cart; 99 of 100 carts hold 3 or fewer"
        yield Reason("quantity", sentence, weight)
    else:
        items = "1 item" if seen.items == 1 else f"{seen.items} items"
        yield Reason("quantity", f"{items} in the cart; typical 1 to 3", -0.3)
    if (weight := _step(seen.renewals, (2, 0.3), (4, 0.9), (8, 1.7), (14, 2.6))) > 0:
        yield Reason("renewals", f"{seen.renewals} renewals; typical 0", weight)
    if seen.extends >= 2:
        yield Reason("extension_rate", f"Extended by hand {seen.extends} times; typical 0", 0.4)
    if seen.updates >= 2:
        yield Reason("cart_changes", f"The cart was changed {seen.updates} times, as shoppers do", -0.3)
    if seen.declined:
        seconds = (seen.last_at - seen.started_at).total_seconds()
        yield Reason("failed_payment", f"Payment failed {seconds:.0f} s after the session began", 1.2)
    elif seen.bought:
        yield Reason("checkout", "The checkout was completed", -1.6)
    elif seen.in_checkout:
        yield Reason("checkout", "The checkout was started", -0.6)


def _of_the_agent(seen: _Seen) -> Iterator[Reason]:
    agent = (seen.user_agent or "").lower()
    name = (seen.user_agent or "").partition(" ")[0]
    if "crawler" in agent:
        yield Reason("declared_automation", f"Says that it is a monitoring crawler: {name}", 2.0)
    elif agent and not agent.startswith("mozilla/"):
        yield Reason("tool_user_agent", f"The user agent is a programming tool: {name}", 1.9)


def _unknown(seen: _Seen) -> Iterator[str]:
    if seen.ip is None:
        yield "IP address and network: not sent by the storefront"
    if seen.country is None:
        yield "Country: not sent by the storefront"
    if seen.device_id is None:
        yield "Device: no device id was sent"
    if not seen.in_checkout:
        yield "Shipping country: the checkout has not started"
    yield "Hosting network: not looked up by this model"


def _step(count: int, *steps: tuple[int, float]) -> float:
    """The weight of the highest step that ``count`` reaches; 0 below the first."""
    return max((weight for least, weight in steps if count >= least), default=0.0)
