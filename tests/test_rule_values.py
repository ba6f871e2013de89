"""What rules are about, as it is typed; and which of several rules counts."""

from datetime import timedelta

import pytest

from data.addresses import pack
from data.levels import Decision
from data.rule_book import RuleBook, Ruling, Seen
from data.rule_targets import Target
from data.rule_values import LONGEST_REASON, RuleProblem, read, reason, until
from tests.factories import NOON, after


@pytest.mark.parametrize(
    ("target", "typed", "stored"),
    [
        (Target.IP, " 203.0.113.7 ", (Target.IP, "203.0.113.7")),
        # As events may have them: else who writes unseen characters into a name could not be restricted by it.
        (Target.SESSION, "\u202eabc\u2066", (Target.SESSION, "\u202eabc\u2066")),
        (Target.DEVICE, "a\u200bb\xa0c", (Target.DEVICE, "a\u200bb\xa0c")),
        (Target.IP, "2001:DB8:0::7", (Target.IP, "2001:db8::7")),
        (Target.IP, "::ffff:203.0.113.7", (Target.IP, "203.0.113.7")),
        (Target.NETWORK, "203.0.113.77/24", (Target.NETWORK, "203.0.113.0/24")),
        (Target.NETWORK, "10.0.0.0/255.0.0.0", (Target.NETWORK, "10.0.0.0/8")),
        (Target.NETWORK, "2001:db8::/24", (Target.NETWORK, "2001:d00::/24")),
        (Target.NETWORK, "::ffff:203.0.113.0/120", (Target.NETWORK, "203.0.113.0/24")),
        (Target.NETWORK, "203.0.113.7/32", (Target.IP, "203.0.113.7")),
        (Target.NETWORK, "203.0.113.7", (Target.IP, "203.0.113.7")),
        (Target.NETWORK, "2001:db8::7/128", (Target.IP, "2001:db8::7")),
        (Target.SESSION, "token?key=secret", (Target.SESSION, "token")),
        (Target.DEVICE, "device-1", (Target.DEVICE, "device-1")),
    ],
)
def test_a_value_is_stored_in_one_form_however_it_was_typed(
    target: Target, typed: str, stored: tuple[Target, str]
) -> None:
    about = read(target, typed)
    assert (about.target, about.value) == stored
    assert read(about.target, about.value) == about


@pytest.mark.parametrize(
    ("target", "typed", "said"),
    [
        (Target.IP, "", "Say which IP address"),
        (Target.IP, "203.0.113", "not an IP address"),
        (Target.IP, "203.0.113.0/24", "not an IP address"),
        (Target.IP, "fe80::1%eth0", "not an IP address"),
        (Target.NETWORK, "fe80::%eth0/64", "not a network"),
        (Target.NETWORK, "0.0.0.0/0", "too wide"),
        (Target.NETWORK, "10.0.0.0/7", "too wide"),
        (Target.NETWORK, "2001::/23", "too wide"),
        # All of IPv4 is in there.
        (Target.NETWORK, "::/24", "too wide"),
        (Target.NETWORK, "::/80", "too wide"),
        (Target.NETWORK, "::ffff:0:0/96", "too wide"),
        (Target.NETWORK, "nonsense/24", "not a network"),
        (Target.SESSION, "?key=secret", "1 to 255 printable"),
        (Target.SESSION, "x" * 256, "1 to 255 printable"),
        (Target.DEVICE, "a\x00b", "1 to 255 printable"),
    ],
)
def test_what_cannot_be_a_rule_is_said_in_plain_words(target: Target, typed: str, said: str) -> None:
    with pytest.raises(RuleProblem, match=said) as problem:
        read(target, typed)
    assert problem.value.field == "value"


def test_a_reason_is_there_printable_and_not_too_long() -> None:
    assert reason(" bought \x00 out ") == "bought   out"
    for wrong in ("", " \n ", "x" * (LONGEST_REASON + 1)):
        with pytest.raises(RuleProblem) as problem:
            reason(wrong)
        assert problem.value.field == "reason"


def test_an_end_is_ahead_but_not_for_ever() -> None:
    assert until(None, NOON) is None
    assert until(after(1) + timedelta(microseconds=5_999), NOON) == after(1) + timedelta(milliseconds=5)
    for wrong in (NOON, after(-1), NOON + timedelta(days=4000)):
        with pytest.raises(RuleProblem) as problem:
            until(wrong, NOON)
        assert problem.value.field == "until"


def ruling(number: int, target: Target, value: str, **known: object) -> Ruling:
    about = read(target, value)
    usual = {"decision": Decision.RESTRICTED, "reason": "r", "created_at": NOON, "until": None}
    values = {"value": about.value, "low": about.low, "high": about.high, "rank": about.rank}
    return Ruling(id=number, target=about.target, **(usual | values | known))  # type: ignore[arg-type]  # any of its fields


IN_ORDER = [
    ruling(5, Target.SESSION, "cart"),
    ruling(6, Target.DEVICE, "phone"),
    ruling(4, Target.IP, "203.0.113.7"),
    ruling(3, Target.NETWORK, "203.0.113.0/28"),
    ruling(2, Target.NETWORK, "203.0.113.0/24"),
    ruling(7, Target.NETWORK, "203.0.0.0/16"),
    ruling(1, Target.NETWORK, "203.0.0.0/8"),
]
SEEN = Seen(1, "cart", pack("203.0.113.7"), "phone")


def test_the_more_particular_rule_counts_whatever_was_made_later() -> None:
    assert [one.rank for one in IN_ORDER] == sorted({one.rank for one in IN_ORDER})
    for start, wanted in enumerate(IN_ORDER):
        assert RuleBook(reversed(IN_ORDER[start:])).deciding(SEEN, NOON) == wanted
    others = [ruling(9, Target.IP, "203.0.113.8"), ruling(8, Target.NETWORK, "203.0.113.16/28")]
    assert RuleBook(others).deciding(SEEN, NOON) is None


def test_a_rule_that_has_run_out_counts_no_more_even_before_that_was_noted() -> None:
    rules = [ruling(2, Target.IP, "203.0.113.7", until=after(5)), ruling(1, Target.NETWORK, "203.0.113.0/24")]
    book = RuleBook(rules)
    assert book.deciding(SEEN, after(4)) == rules[0]
    assert book.deciding(SEEN, after(5)) == rules[1]


def test_a_decision_is_not_escaped_by_changing_the_network_but_a_newer_one_of_the_kind_counts() -> None:
    old, new = ruling(1, Target.IP, "203.0.113.8"), ruling(2, Target.IP, "203.0.113.7", decision=Decision.CLEARED)
    wide = ruling(3, Target.NETWORK, "203.0.113.0/24")
    moved = Seen(1, "cart", pack("203.0.113.7"), None, rule_id=1)
    assert RuleBook([old]).deciding(moved, NOON) == old
    assert RuleBook([old, wide]).deciding(moved, NOON) == old
    assert RuleBook([old, new]).deciding(moved, NOON) == new
    assert RuleBook([wide]).deciding(moved, NOON) == wide


def test_only_a_rule_about_itself_speaks_of_a_session_that_was_over_before() -> None:
    over = Seen(1, "cart", pack("203.0.113.7"), "phone", ended_at=after(-1))
    assert RuleBook(IN_ORDER[1:]).deciding(over, NOON) is None
    assert RuleBook(IN_ORDER).deciding(over, NOON) == IN_ORDER[0]


@pytest.mark.parametrize(
    ("ip", "narrow", "wide"),
    [
        ("203.0.113.0", "203.0.113.0/25", "203.0.113.0/24"),
        ("2001:db8:aaaa::", "2001:db8:aaaa::/49", "2001:db8:aaaa::/48"),
    ],
)
def test_of_a_shortened_address_only_the_network_is_known(ip: str, narrow: str, wide: str) -> None:
    short = Seen(1, "cart", pack(ip), None, whole=False)
    finer = [ruling(1, Target.IP, ip), ruling(2, Target.NETWORK, narrow)]
    assert RuleBook(finer).deciding(short, NOON) is None
    known = ruling(3, Target.NETWORK, wide)
    assert RuleBook([*finer, known]).deciding(short, NOON) == known
