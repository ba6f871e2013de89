"""What the text in the search box means, and the SQL that finds it. One box, no modes: the meanings are OR-ed."""

from dataclasses import dataclass, field

from data.addresses import Range, ranges
from data.countries import codes_matching

TRIGRAM = 3
"""Characters from which the full-text index can find a part of a token; shorter parts are looked for by walking."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meanings of one text: a part of a cart token (lower case), ranges of addresses, countries."""

    token_part: str
    addresses: tuple[Range, ...]
    countries: frozenset[str]


def meaning(text: str, locale: str) -> Meaning:
    """Read a search text in the reader's locale."""
    return Meaning(text.lower(), ranges(text), codes_matching(text, locale))


@dataclass(slots=True)
class Arms:
    """Each way of finding sessions as a FROM and a WHERE over ``s``, with the values they are bound to."""

    sources: list[str] = field(default_factory=list)
    values: dict[str, object] = field(default_factory=dict)


def arms(found: Meaning, *, sorted_by_id: bool) -> Arms:
    """The arms of a search. ``sorted_by_id`` says that only the newest are wanted, so walking may stop early."""
    built = Arms()
    part = found.token_part
    built.values["part"] = part
    if len(part) >= TRIGRAM and part.isascii():
        # Without positions (detail=none) the index knows which trigrams a token has, not in which order: look again.
        # CROSS JOIN keeps it the outer loop; its rows come in the order of ids.
        built.values["trigrams"] = " AND ".join(
            '"' + part[i : i + TRIGRAM].replace('"', '""') + '"' for i in range(len(part) - TRIGRAM + 1)
        )
        built.sources.append(
            "session_search AS f CROSS JOIN session AS s ON s.id = f.rowid "
            "WHERE f.session_search MATCH :trigrams AND instr(lower(s.cart_token), :part) > 0"
        )
    else:
        walk = "session AS s" if sorted_by_id else "session AS s NOT INDEXED"
        built.sources.append(f"{walk} WHERE instr(lower(s.cart_token), :part) > 0")
    for number, (first, last) in enumerate(found.addresses):
        built.values |= {f"first{number}": first, f"last{number}": last}
        built.sources.append(
            f"session AS s INDEXED BY session_by_ip WHERE s.ip BETWEEN :first{number} AND :last{number}"
        )
    for number, code in enumerate(sorted(found.countries)):
        built.values[f"country{number}"] = code
        built.sources.append(f"session AS s INDEXED BY session_by_country WHERE s.country = :country{number}")
    return built
