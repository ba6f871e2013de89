"""What the list costs, beside the best plain way to the same rows: SQL written by hand for the case, Python's sqlite3
and orjson, on the same database, in turns with ours.
"""

import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import orjson

from data.database import Database
from data.filters import DeviceKind, SessionFilter, Sort
from data.levels import RiskLevel
from data.queries import block
from data.records import SessionRow
from data.status import Status
from tests.bench.million import NOW

BLOCK = 100
_COUNTED = 1001  # a search is counted to 1,000, and whether there are more
_ROUNDS, _LONGEST = 200, 3.0  # measurements of a case, and the seconds after which there are no more

_FIELDS = tuple(SessionRow.__annotations__)
_COLUMNS = """
    CAST(s.id AS TEXT), s.cart_token, s.device, s.country, s.item_count, s.value, s.currency, s.status, s.risk_level,
    s.risk_score, s.started_at, CASE WHEN s.status = 'active' THEN s.expires_at END
"""


@dataclass(frozen=True)
class Result:
    """One line of the report: times in milliseconds, the ratio of both, and what it may be at most."""

    name: str
    ours: float
    floor: float
    bound: float

    @property
    def ratio(self) -> float:
        return self.ours / self.floor


@dataclass(frozen=True)
class Case:
    """A list, and the FROM and WHERE (with ORDER BY) that a person would write for it, and how to count it."""

    name: str
    wanted: SessionFilter
    found_by: str
    order: str = "s.id DESC"
    counted_by: str = ""


def _filters() -> Iterator[Case]:
    def case(name: str, wanted: SessionFilter, condition: str = "", order: str = "s.id DESC", index: str = "") -> Case:
        where = f"WHERE s.store_id = 1{condition}"
        counted = f"SELECT sum(s.n) FROM session_tally AS s {where}"
        return Case(name, wanted, f"FROM session AS s {index} {where}", order, counted)

    yield case("all, newest first", SessionFilter())
    for status in Status:
        yield case(f"status {status}", SessionFilter(status=status), f" AND s.status = '{status}'")
    for level in RiskLevel:
        yield case(f"risk {level}", SessionFilter(risk=level), f" AND s.risk_level = '{level}'")
    yield case(
        "expired and restricted",
        SessionFilter(status=Status.EXPIRED, risk=RiskLevel.RESTRICTED),
        " AND s.status = 'expired' AND s.risk_level = 'restricted'",
    )
    for sort, order in (
        (Sort.OLDEST, "s.id"),
        (Sort.DEAREST, "s.value DESC, s.id DESC"),
        (Sort.CHEAPEST, "s.value, s.id"),
        (Sort.RISKIEST, "s.risk_score DESC, s.id DESC"),
    ):
        yield case(f"all by {sort}", SessionFilter(sort=sort), order=order)
    soon = SessionFilter(status=Status.ACTIVE, sort=Sort.FIRST_TO_EXPIRE)
    yield case("active by left", soon, " AND s.status = 'active'", "s.expires_at, s.id")
    yield case("not expired", SessionFilter(not_status=(Status.EXPIRED,)), " AND s.status <> 'expired'")
    yield case("not normal", SessionFilter(not_risk=(RiskLevel.NORMAL,)), " AND s.risk_level <> 'normal'")


def _conditions() -> Iterator[Case]:
    def case(name: str, wanted: SessionFilter, condition: str, index: str = "") -> Case:
        return Case(name, wanted, f"FROM session AS s {index} WHERE s.store_id = 1 AND {condition}")

    yield case("country US", SessionFilter(country="US"), "s.country = 'US'", "INDEXED BY session_by_country")
    yield case("country CH", SessionFilter(country="CH"), "s.country = 'CH'", "INDEXED BY session_by_country")
    phone = SessionFilter(device=DeviceKind.MOBILE)
    yield case("device mobile", phone, "s.device = 'mobile'", "INDEXED BY session_by_kind")
    yield case("device bot", SessionFilter(device=DeviceKind.BOT), "s.device = 'bot'", "INDEXED BY session_by_kind")
    network = "s.ip BETWEEN {} AND {}".format(*_LOW_AND_HIGH)
    yield case("network 85.22.0.0/16", SessionFilter(ip="85.22.0.0/16"), network, "INDEXED BY session_by_ip")
    # Nothing but looking at one after the other.
    yield case("not US", SessionFilter(not_country=("US",)), "s.country <> 'US'", "NOT INDEXED")
    yield case(
        "CH, not mobile, not expired",
        SessionFilter(country="CH", not_device=(DeviceKind.MOBILE,), not_status=(Status.EXPIRED,)),
        "s.country = 'CH' AND +s.device <> 'mobile' AND +s.status <> 'expired'",
        "INDEXED BY session_by_country",
    )


def _searches(token: str) -> Iterator[Case]:
    def part(text: str, condition: str = "", status: Status | None = None) -> Case:
        trigrams = " AND ".join(f'"{text[i : i + 3]}"' for i in range(0, len(text) - 2, 3)) + f' AND "{text[-3:]}"'
        found = f"""FROM session_search AS f CROSS JOIN session AS s ON s.id = f.rowid
            WHERE session_search MATCH '{trigrams}' AND s.store_id = 1{condition}
            AND instr(lower(s.cart_token), '{text.lower()}')"""
        return Case(f"{len(text)} characters{condition}", SessionFilter(q=text, status=status), found, "f.rowid DESC")

    yield part(token[3:6])
    yield part(token[3:7])
    yield part(token[2:10])
    yield part(token)
    yield part(token[3:6], " AND s.status = 'expired'", status=Status.EXPIRED)
    yield part("zzzzzz")
    # The box has no modes, so SQL by hand must look for these as parts of tokens, too.
    yield _either("addresses 85.22.0.0/16", "85.22.0.0/16", '"5.2"', "ip BETWEEN {} AND {}".format(*_LOW_AND_HIGH))
    yield _either("country Germany", "Germany", '"Ger" AND "any"', "country = 'DE'")


_LOW_AND_HIGH = (f"x'{'00' * 10}ffff55160000'", f"x'{'00' * 10}ffff5516ffff'")


def _either(name: str, text: str, trigrams: str, condition: str) -> Case:
    found = f"""FROM session AS s WHERE s.id IN (
            SELECT f.rowid FROM session_search AS f CROSS JOIN session AS t ON t.id = f.rowid
            WHERE session_search MATCH '{trigrams}' AND t.store_id = 1 AND instr(lower(t.cart_token), '{text.lower()}')
            UNION
            SELECT * FROM (SELECT id FROM session WHERE store_id = 1 AND {condition} ORDER BY id DESC LIMIT {_COUNTED})
        )"""
    return Case(name, SessionFilter(q=text), found)


async def blocks(path: Path) -> list[Result]:
    """The first block under every filter and with searches of three and more characters."""
    db = await Database.open(str(path))
    try:
        with closing(sqlite3.connect(path)) as plain:
            [token] = plain.execute("SELECT cart_token FROM session WHERE store_id = 1 LIMIT 1 OFFSET 4321").fetchone()
            return [await _measured(db, plain, case) for case in (*_filters(), *_conditions(), *_searches(token))]
    finally:
        await db.close()


async def far_rows(path: Path, rows: int) -> list[Result]:
    """A block that begins at nine tenths of the list beside its first block."""
    db = await Database.open(str(path))
    try:
        results = []
        for wanted in (SessionFilter(), SessionFilter(sort=Sort.OLDEST), SessionFilter(sort=Sort.DEAREST)):
            near, far = await _in_turns([_ours(db, wanted), _ours(db, wanted, rows * 9 // 10)])
            results.append(Result(f"row {rows * 9 // 10:,} by {wanted.sort}", far, near, 40))
        return results
    finally:
        await db.close()


Work = Callable[[], Awaitable[bytes]]


async def _measured(db: Database, plain: sqlite3.Connection, case: Case) -> Result:
    counted = case.counted_by or f"SELECT count(*) FROM (SELECT 1 {case.found_by} LIMIT {_COUNTED})"
    # What is enough for the count is more than the rows need.
    found_by = case.found_by.replace(f"LIMIT {_COUNTED}", f"LIMIT {BLOCK}")
    rows = f"SELECT {_COLUMNS} {found_by} ORDER BY {case.order} LIMIT {BLOCK}"

    async def by_hand() -> bytes:
        [total] = plain.execute(counted).fetchone()
        found = [dict(zip(_FIELDS, row, strict=True)) for row in plain.execute(rows)]
        return orjson.dumps({"rows": found, "total": min(total, 1000) if case.wanted.searches else total})

    ours = _ours(db, case.wanted)
    if await ours() != await by_hand():
        raise AssertionError(f"{case.name}: the two do not give the same rows")
    mine, floor = await _in_turns([ours, by_hand])
    return Result(case.name, mine, floor, 4)


def _ours(db: Database, wanted: SessionFilter, start: int = 0) -> Work:
    async def work() -> bytes:
        found = await block(db, 1, wanted, start, start + BLOCK, now=NOW)
        return orjson.dumps({"rows": found.rows, "total": found.total})

    return work


async def _in_turns(works: Sequence[Work]) -> list[float]:
    """The median time of each in milliseconds; in turns, so that a busy moment of the machine meets all alike."""
    times: list[list[float]] = [[] for _ in works]
    began = time.perf_counter()
    for _ in range(_ROUNDS):
        for work, taken in zip(works, times, strict=True):
            start = time.perf_counter()
            await work()
            taken.append((time.perf_counter() - start) * 1000)
        if time.perf_counter() - began > _LONGEST:
            break
    return [median(taken) for taken in times]
