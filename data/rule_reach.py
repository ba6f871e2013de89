"""Which sessions a rule speaks of, as SQL that finds them by an index. Pure.

The SQL speaks of sessions as ``s``; everything from outside is bound, by the names in ``values``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from data.rule_book import known_bits
from data.rule_targets import Target
from data.rule_values import RuleValue, prefix
from data.session_ids import first_id

MANY = 10_000
"""Sessions of one IP, network or device from which their index is of no use: the active ones are fewer."""


DECIDED = "LEFT JOIN rule AS r ON r.id = s.rule_id AND r.ended_at IS NULL AND (r.until IS NULL OR r.until > :now)"
"""Joins the rule that decides a session; ``:now`` in milliseconds."""

FREE = "(r.id IS NULL OR r.rank > :rank OR (r.rank = :rank AND r.id < :rule))"
"""Whether the rule ``:rule`` of ``:rank`` may decide it instead: none does that is more particular."""


@dataclass(frozen=True, slots=True)
class Reach:
    """``condition`` tells whether a rule speaks of a session, ``by`` says which index finds those."""

    condition: str
    by: str
    values: Mapping[str, object]

    @property
    def counted(self) -> str:
        """How many there are, counted no farther than MANY, in the index alone."""
        counted = f"SELECT 1 FROM session AS s {self.by} WHERE s.store_id = :store AND {self.condition} LIMIT {MANY}"  # noqa: S608  # words of ours
        return f"SELECT count(*) FROM ({counted})"  # noqa: S608  # the same


def reach(store_id: int, about: RuleValue, *, ip_days: int, now: datetime) -> Reach:
    """The sessions that a rule about this speaks of.

    Of sessions whose addresses are shortened by now only the network is known: an IP is not looked for among them.
    """
    values: dict[str, object] = {"store": store_id}
    if about.low is None or about.high is None:
        values["value"] = about.value
        if about.target is Target.SESSION:
            return Reach("s.cart_token = :value", "", values)
        return Reach("s.device_id = :value", "INDEXED BY session_by_device", values)
    values |= {"low": about.low, "high": about.high}
    condition = "s.ip BETWEEN :low AND :high"
    if prefix(about.low, about.high) > known_bits(about.low):
        condition += " AND s.id >= :whole"
        values["whole"] = first_id(now - timedelta(days=ip_days))
    return Reach(condition, "INDEXED BY session_by_ip", values)
