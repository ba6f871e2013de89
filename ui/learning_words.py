"""The words for what was learned: signals, changes, measures, verdicts. For the page and the command line alike."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from data.filters import SessionFilter
from ui.language import Language


def learning_address(store: str | None) -> str:
    """The address of what a store's labels have taught; of the first store where there is no other."""
    return "/learning" + SessionFilter(store=store).list_address().removeprefix("/")


def signal_words(signal: str, language: Language) -> str:
    """The name of a signal; the signal's own where there is none."""
    return {
        "ip_minute": language.text("Reservations from one IP within a minute"),
        "ip_hour": language.text("Reservations from one IP in an hour"),
        "ip_day": language.text("Reservations from one IP in a day"),
        "network_minute": language.text("Reservations from one network within a minute"),
        "network_hour": language.text("Reservations from one network in an hour"),
        "network_day": language.text("Reservations from one network in a day"),
        "device_minute": language.text("Reservations by one device within a minute"),
        "device_hour": language.text("Reservations by one device in an hour"),
        "device_day": language.text("Reservations by one device in a day"),
        "device_addresses": language.text("Addresses of one device in a day"),
        "ip_agents": language.text("Different browsers behind one IP in a day"),
        "ip_conversion": language.text("How often this IP buys, beside what is usual"),
        "network_conversion": language.text("How often this network buys, beside what is usual"),
        "device_conversion": language.text("How often this device buys, beside what is usual"),
        "ip_none_bought": language.text("Reservations from one IP of which none was bought"),
        "network_none_bought": language.text("Reservations from one network of which none was bought"),
        "network_rotated": language.text("Reservations from one network by devices that change their address"),
        "device_none_bought": language.text("Reservations by one device of which none was bought"),
        "held_again": language.text("The same product held again after it was let go"),
        "renewals": language.text("Renewals beyond what is usual"),
        "hold_time": language.text("Minutes of holding stock"),
        "extensions": language.text("Extensions by hand in an hour"),
        "stock_share": language.text("Share of a product's held stock"),
        "quantity": language.text("Quantity of one product beside what is usual"),
        "first_add": language.text("Seconds until the first item"),
        "regularity": language.text("Unevenness of the pauses"),
        "since_release": language.text("Seconds since somebody let it go"),
        "agent": language.text("Kind of program"),
        "hosting": language.text("Address in a hosting network"),
        "country": language.text("Country of the address"),
        "cancels": language.text("Carts given up within two minutes"),
        "declined": language.text("Failed payments in a day"),
        "restricted_before": language.text("Restricted by you before"),
        "cleared_before": language.text("Cleared by you before"),
        "checkout": language.text("How far the checkout went"),
        "cart_changes": language.text("Changes of the cart"),
    }.get(signal, signal)


def change_words(change: Mapping[str, Any], language: Language) -> str:
    """What has changed, as a sentence: which values of a signal, and whether they count for more or for less."""
    signal, before, after = str(change["signal"]), float(change["before"]), float(change["after"])
    values = _kinds(signal, language).get(change["low"]) or _values(change, language)
    what = language.text("{signal}, {values}", signal=signal_words(signal, language), values=values)
    if before <= 0 < after:
        return language.text("{what}: now speaks against the shopper", what=what)
    if after < 0 <= before:
        return language.text("{what}: now speaks for the shopper", what=what)
    if abs(after) > abs(before):
        return language.text("{what}: counts for more than before", what=what)
    return language.text("{what}: counts for less than before", what=what)


def standing_words(bad: int, good: int, needed: int, language: Language) -> str:
    """How far a store is from being able to learn."""
    known = language.text("{bad} bad and {good} good sessions are known.", bad=bad, good=good)
    if bad >= needed:
        return known
    missing = language.plural(
        "{n} more bad one is needed before anything can be learned.",
        "{n} more bad ones are needed before anything can be learned.",
        needed - bad,
    )
    return f"{known} {missing}"


def verdict_words(report: Mapping[str, Any], language: Language) -> str:
    """Whether what was learned is better, in one sentence."""
    gain = report["gain"]
    if not isfinite(gain["low"]):
        return language.text("There are too few later sessions to say whether it is better.")
    if gain["low"] > 0:
        return language.text("On later sessions it tells bad from good better than the model in use.")
    if gain["high"] < 0:
        return language.text("On later sessions it tells bad from good worse than the model in use.")
    return language.text("On later sessions it did no better than chance would explain.")


def measure_words(measured: Mapping[str, float], language: Language) -> str:
    """A measured value with its interval."""
    value, low, high = (language.number(round(measured[name], 3)) for name in ("value", "low", "high"))
    return language.text("{value} (between {low} and {high})", value=value, low=low, high=high)


def levels_words(levels: Mapping[str, int], language: Language) -> str:
    """What the latest sessions would have been instead."""
    return language.text(
        "Of the {review} sessions in review among the latest {sessions}, {others} would be others; "
        "restricted by score would be {new} instead of {old}.",
        review=language.number(levels["review"]),
        sessions=language.number(levels["sessions"]),
        others=language.number(levels["others"]),
        new=language.number(levels["restricted_new"]),
        old=language.number(levels["restricted_old"]),
    )


def _kinds(signal: str, language: Language) -> dict[float | None, str]:
    """What a value means where it is not a number, by the lowest value of its bin (None for the first)."""
    kinds: dict[str, dict[float | None, str]] = {
        "agent": {
            None: language.text("a browser"),
            1: language.text("no user agent"),
            2: language.text("a programming tool"),
            3: language.text("a browser without a screen"),
            4: language.text("declared automation"),
        },
        "country": {
            None: language.text("where the shopper says to be"),
            1: language.text("elsewhere"),
            2: language.text("where the store's currency is not paid with"),
        },
        "checkout": {
            None: language.text("not started"),
            1: language.text("started"),
            2: language.text("completed"),
            3: language.text("payments tried within seconds"),
        },
        "hosting": {None: language.text("no"), 1: language.text("yes")},
    }
    return kinds.get(signal, {})


def _values(change: Mapping[str, Any], language: Language) -> str:
    low, high = change["low"], change["high"]
    if low is None:
        return language.text("below {high}", high=language.number(float(high)))
    if high is None:
        return language.text("{low} or more", low=language.number(float(low)))
    return language.text("{low} to below {high}", low=language.number(float(low)), high=language.number(float(high)))
