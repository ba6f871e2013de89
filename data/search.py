"""What the text in the search box means, and the SQL that finds it. One box, no modes: the meanings are OR-ed. Pure.

``together`` joins it with what else is sought, all of which must be so.

The SQL speaks of sessions as ``s``; everything from outside is bound, by the names in ``values``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.addresses import Range, ranges
from data.countries import codes_matching

TRIGRAM = 3
"""Characters from which the search index can find a part of a token; for shorter parts the list is walked."""

_ASKED = 3  # trigrams of a long text that the index is asked for; each costs the same, and few sessions have even two
_MARK = re.compile(r"[.:/]")  # of an address; few tokens have one


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meanings of one text: a part of a cart token, ranges of addresses, countries."""

    token_part: str
    addresses: tuple[Range, ...]
    countries: frozenset[str]


def meaning(text: str, locale: str) -> Meaning:
    """Read a search text in the reader's locale."""
    return Meaning(text, ranges(text), codes_matching(text, locale))


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of finding sessions: a FROM and a WHERE, to which conditions on ``s`` can be added.

    ``id`` is the column that has their ids, in whose order the arm gives them without sorting where it can. ``counted``
    is what tells cheaply how many there may be, of all stores perhaps; None where nothing does.
    """

    source: str
    id: str = "s.id"
    counted: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """A search as SQL: ``condition`` tells whether a session is found; ``arms`` find them, each its own.

    Where there is no better way than to look at every session it has no arms. ``addresses`` are those that arms find.
    """

    condition: str
    arms: tuple[Arm, ...]
    values: Mapping[str, object]
    addresses: tuple[Range, ...] = ()


def together(searches: Sequence[Search], way: Search | None = None) -> Search:
    """What fits all of the searches: found by the arms of ``way``, one of them, else by looking at every session."""
    condition = " AND ".join(one.condition for one in searches)
    values = {name: value for one in searches for name, value in one.values.items()}
    if way is None:
        return Search(condition, (Arm(f"session AS s NOT INDEXED WHERE {condition}"),), values)
    rest = "".join(f" AND {one.condition}" for one in searches if one is not way)
    return Search(condition, tuple(Arm(arm.source + rest, arm.id, arm.counted) for arm in way.arms), values)


def search(found: Meaning) -> Search:
    """The SQL of a meaning."""
    values: dict[str, object] = {"part": _pattern(found.token_part)}
    has_part = "s.cart_token LIKE :part ESCAPE '\\'"
    conditions = [has_part]
    arms: list[Arm] = []
    if len(found.token_part) >= TRIGRAM:
        # Without positions (detail=none) the index knows which trigrams a token has, not in which order: look again.
        # CROSS JOIN keeps it the outer loop, which gives its rows in the order of their ids.
        values["trigrams"] = trigrams(found.token_part, like_address=bool(found.addresses))
        joined = "session_search AS f CROSS JOIN session AS s ON s.id = f.rowid"
        match = "f.session_search MATCH :trigrams"
        counted = f"session_search AS f WHERE {match}"
        arms.append(Arm(f"{joined} WHERE {match} AND {has_part}", "f.rowid", counted))
    for number, (first, last) in enumerate(found.addresses):
        values |= {f"first{number}": first, f"last{number}": last}
        between = f"s.ip BETWEEN :first{number} AND :last{number}"
        conditions.append(between)
        arms.append(_indexed("session_by_ip", between))
    for number, code in enumerate(sorted(found.countries)):
        values[f"country{number}"] = code
        same = f"s.country = :country{number}"
        conditions.append(same)
        arms.append(_indexed("session_by_country", same))
    condition = f"({' OR '.join(conditions)})"
    if len(found.token_part) < TRIGRAM:
        return Search(condition, (), values)
    return Search(condition, tuple(arms), values, found.addresses)


def _indexed(index: str, condition: str) -> Arm:
    source = f"session AS s INDEXED BY {index} WHERE {condition}"
    return Arm(source, counted=f"{source} AND s.store_id = :store")


def trigrams(part: str, *, like_address: bool = False) -> str:
    """The question for the search index: some trigrams of the text, spread evenly, all of which must be there.

    Of what looks like an address it is one with a mark of an address: hardly any token has that.
    """
    last = len(part) - TRIGRAM
    asked = min(_ASKED, last + 1)
    starts = [round(i * last / max(asked - 1, 1)) for i in range(asked)]
    mark = _MARK.search(part) if like_address else None
    if mark is not None:
        starts = [min(max(mark.start() - 1, 0), last)]
    asked_for = dict.fromkeys(part[start : start + TRIGRAM].replace('"', '""') for start in starts)
    return " AND ".join(f'"{trigram}"' for trigram in asked_for)


def _pattern(part: str) -> str:
    for special in ("\\", "%", "_"):
        part = part.replace(special, "\\" + special)
    return f"%{part}%"
