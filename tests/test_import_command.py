"""What is said of an import: how many of what, and where the report of the rest is."""

import asyncio
import json
from pathlib import Path

import pytest

from pages.import_command import import_into
from tests.factories import a_store, opened
from tests.shopify_exports import CHECKOUTS, ORDERS, PEOPLE, export, first, further


@pytest.fixture
def location(tmp_path: Path) -> str:
    """A database with one store."""

    async def make() -> None:
        async with opened(tmp_path) as db:
            await a_store(db)

    asyncio.run(make())
    return str(tmp_path / "cartwatch.db")


def said(location: str, content: bytes, capsys: pytest.CaptureFixture[str]) -> str:
    file = Path(location).parent / "export.csv"
    file.write_bytes(content)
    assert import_into(location, str(file), store=None, report=None) == 0
    return capsys.readouterr().out.partition(" (")[0]


def test_orders_and_abandoned_checkouts_are_counted_as_such(location: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(location, export(ORDERS, first(1), further("#1")), capsys) == "1 order imported"
    assert said(location, export(ORDERS, first(1), first(2), first(3, Source="pos")), capsys) == (
        "1 order imported, 1 was there already, 1 rejected"
    )
    assert said(location, export(CHECKOUTS, first(4), first(5)), capsys) == "2 abandoned checkouts imported"


def test_the_report_of_an_export_says_which_order_and_nothing_about_people(
    location: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (first(1), first(2, Source="pos") | PEOPLE, f"#3,{PEOPLE['Email']}")
    assert said(location, export(ORDERS, *rows), capsys) == "1 order imported, 2 rejected"
    report = Path(location).parent / "export.csv.rejected.jsonl"
    text = report.read_text("utf-8")
    pos = next(entry for entry in map(json.loads, text.splitlines()) if entry["line"] == 3)
    assert (pos["field"], json.loads(pos["content"])["Name"]) == ("Source", "#2")
    assert not [cell for cell in PEOPLE.values() if cell in text]
