"""What was decided before there were rules is a rule about the session once the database is of this version."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from data import restrict, rules, upgrade
from data.columns import milliseconds
from data.database import Database
from data.levels import Decision
from data.migrations import __path__ as migrations
from data.rule_targets import Target
from tests.factories import NOON, after

BEFORE = "0002"


def before_rules(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a database as it was, with a store."""
    (folder / "versions").mkdir(parents=True)
    for file in Path(migrations[0]).rglob("*.py"):
        if file.parent.name != "versions" or file.name[:4] <= BEFORE:
            (folder / file.relative_to(migrations[0])).write_text(file.read_text())
    with monkeypatch.context() as former:
        former.setattr(upgrade, "_MIGRATIONS", folder)
        former.setattr(upgrade, "LATEST", BEFORE)
        upgrade.make_ready(path)


async def test_former_decisions_stand_and_can_be_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cartwatch.db"
    before_rules(path, tmp_path / "former", monkeypatch)
    noon = milliseconds(NOON)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO store (id, domain, name, currency, timer_minutes, max_renewals, revision, created_at)"
            " VALUES (1, 'shop.example', 'Shop', 'USD', 15, 20, 0, ?)",
            (noon,),
        )
        for number, decision, level in ((1, "restricted", "restricted"), (2, "cleared", "normal"), (3, None, "review")):
            connection.execute(
                "INSERT INTO session (id, store_id, cart_token, status, risk_level, assessed_level, decision,"
                " started_at, last_activity_at, currency, value, item_count, product_count, cart_updates, renewals,"
                " max_renewals, manual_extends, device)"
                " VALUES (?, 1, ?, 'active', ?, 'review', ?, ?, ?, 'USD', 0, 0, 0, 0, 0, 20, 0, 'unknown')",
                (number, f"t{number}", level, decision, noon, noon),
            )
        for at, kind, reason in ((1, "cleared", "trusted"), (2, "restricted", "a hoarder")):
            connection.execute(
                "INSERT INTO event (store_id, session_id, kind, occurred_at, received_at, source, applied, changes)"
                " VALUES (1, 1, ?, ?, ?, 'merchant', 1, json_object('reason', ?))",
                (kind, noon + at * 60_000, noon + at * 60_000, reason),
            )
    db = await Database.open(str(path))
    try:
        second, first = (await rules.of_store(db, 1)).rules
        assert (first.target, first.value, first.decision) == (Target.SESSION, "t1", Decision.RESTRICTED)
        assert (first.reason, first.created_at, first.until) == ("a hoarder", after(2), None)
        assert (second.value, second.decision, second.reason) == ("t2", Decision.CLEARED, "")
        assert await rules.that_decided(db, 1, 1) == first
        assert await rules.that_decided(db, 1, 3) is None
        await restrict.decide(db, 1, "t1", None, reason="enough", now=after(3))
        async with db.reading() as reader:
            found = await reader.exec_driver_sql("SELECT decision, risk_level, rule_id FROM session WHERE id = 1")
            assert tuple(found.one()) == (None, "review", None)
    finally:
        await db.close()
