"""What is remembered of a session comes back from storage as it was."""

from dataclasses import fields

import orjson
from hypothesis import given
from hypothesis import strategies as st

from data.risk.visit import Visit

WHOLE = st.integers(0, 2**53)
NUMBERS = st.floats(0, 1e300)
TEXTS = st.none() | st.text(st.characters(codec="utf-8"), max_size=40)
BY_TYPE: dict[object, st.SearchStrategy[object]] = {
    int: WHOLE,
    int | None: st.none() | WHOLE,
    float: NUMBERS,
    str | None: TEXTS,
    bool: st.booleans(),
    dict[str, int]: st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=40), WHOLE, max_size=50),
    tuple[int, int]: st.tuples(WHOLE, WHOLE),
}
VISITS = st.builds(Visit, **{one.name: BY_TYPE[one.type] for one in fields(Visit)})


@given(VISITS)
def test_a_visit_is_the_same_after_storage(visit: Visit) -> None:
    again = Visit.loaded(visit.dumped())
    assert again == visit
    assert again.dumped() == visit.dumped()
    assert [type(getattr(again, one.name)) for one in fields(Visit)] == [
        type(getattr(visit, one.name)) for one in fields(Visit)
    ]


def test_a_visit_of_an_older_version_goes_on_with_what_it_knew() -> None:
    visit = Visit(5, 9, ip="00", updates=3, share=(3, 10), tries=4)
    before = [one.name for one in fields(Visit)].index("tries")
    again = Visit.loaded(orjson.dumps(orjson.loads(visit.dumped())[:before]).decode())
    assert again == Visit(5, 9, ip="00", updates=3, share=(3, 10))


def test_two_visits_share_nothing() -> None:
    one, other = Visit(1, 1), Visit(2, 2)
    one.held["v1"] = 1
    assert other.held == {}
