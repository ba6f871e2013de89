"""Labelled sets from outside, made here: read, put in the order of time, and evaluated honestly."""

import csv
import gzip
import json
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from data.evaluation import Evaluation, evaluate
from data.outside_features import of_events, of_rows
from data.outside_mapping import OutsideMapping, SetKind, guess, read
from data.outside_set import LeftOut, marked, sample
from data.outside_values import OutsideProblem, address, label, time_format
from data.risk.metrics import auc
from data.risk.readings import SIGNALS
from tests.command_line import Cartwatch, said, said_only, typed_in
from tests.factories import NOON

Row = Sequence[object]
HEAD = ("when", "device_id", "amount", "colour", "fraud")


def written(path: Path, head: Sequence[str], rows: Iterable[Row], separator: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target, delimiter=separator).writerows([head, *rows])
    return path


def orders(number: int, bad: Callable[[random.Random, int], bool], seed: int = 1) -> list[list[object]]:
    """One row every ten minutes; bad ones have larger amounts."""
    draw = random.Random(seed)
    rows: list[list[object]] = []
    for place in range(number):
        is_bad = bad(draw, place)
        amount = round(draw.gauss(150 if is_bad else 100, 25), 2)
        when = (NOON + timedelta(minutes=10 * place)).isoformat()
        rows.append([when, f"device-{place}", amount, draw.choice(["red", "blue"]), int(is_bad)])
    return rows


def one_in_ten(draw: random.Random, place: int) -> bool:
    return draw.random() < 0.1


MAPPING = OutsideMapping(label="fraud", time=("when",), device="device_id", numbers=("amount",), words=("colour",))


def found(path: Path, mapping: OutsideMapping = MAPPING, kind: SetKind = SetKind.ROWS) -> Evaluation:
    return evaluate(path, kind, mapping)


def auc_of(evaluation: Evaluation, name: str) -> float:
    measures = next(one.measures for one in evaluation.results if one.name == name)
    assert measures
    return measures.auc.value


def test_the_earlier_part_teaches_and_the_later_part_measures(tmp_path: Path) -> None:
    result = found(written(tmp_path / "set.csv", HEAD, orders(3_000, one_in_ten)))
    assert (result.lines, result.sessions, result.earlier) == (3_000, 3_000, 2_100)
    assert result.earlier_bad + result.later_bad == result.bad
    assert auc_of(result, "product's learner") > 0.88
    assert auc_of(result, "constant") == 0.5


def test_the_order_of_the_lines_does_not_matter_where_there_is_a_time(tmp_path: Path) -> None:
    rows = orders(2_000, one_in_ten)
    shuffled = rows.copy()
    random.Random(2).shuffle(shuffled)
    first = found(written(tmp_path / "a.csv", HEAD, rows))
    assert found(written(tmp_path / "b.csv", HEAD, shuffled)).results == first.results


def test_a_ring_that_is_over_is_not_taken_for_insight(tmp_path: Path) -> None:
    """Each device of the ring does ten orders within an hour, then never comes again; nothing else tells bad from good.

    Learning devices by heart looks well where a random split puts each of them on both sides, and is worth nothing
    later. So labels that are known after a week say nothing here, and the words of a device are of its past alone.
    """
    draw = random.Random(4)
    rows: list[list[object]] = []
    for place in range(4_000):
        ring = place % 40 < 4
        when = NOON + timedelta(minutes=20 * place)
        rows.append(
            [when.isoformat(), f"ring-{place // 40}" if ring else f"d-{place}", draw.gauss(100, 25), "x", int(ring)]
        )
    path = written(tmp_path / "ring.csv", HEAD, rows)
    mapping = OutsideMapping(label="fraud", time=("when",), numbers=("amount",), words=("device_id", "colour"))
    honest = auc_of(found(path, mapping), "product's learner")
    # The dishonest number: the share of bad ones of each device, with half of all rows drawn at random.
    bad = np.array([row[4] == 1 for row in rows])
    taught = np.random.default_rng(1).random(len(rows)) < 0.7
    by_device: dict[object, list[bool]] = {}
    for row, is_bad, known in zip(rows, bad, taught, strict=True):
        if known:
            by_device.setdefault(row[1], []).append(bool(is_bad))
    scores = np.array([float(np.mean(by_device.get(row[1], [0.1]))) for row in rows])
    assert auc(scores[~taught], bad[~taught]) > 0.95
    assert honest < 0.6


def test_labels_are_not_known_before_their_time(tmp_path: Path) -> None:
    rows = [[(NOON + timedelta(days=day)).isoformat(), "same", 1, "x", int(day % 2)] for day in range(20)]
    path = written(tmp_path / "set.csv", HEAD, rows)

    def outcomes(delay: float) -> list[float | None]:
        mapping = OutsideMapping(label="fraud", time=("when",), device="device_id", label_delay=delay)
        lines = list(marked(path, mapping, LeftOut()))
        return of_rows(lines, mapping, HEAD).numbers["device_id: outcomes"]

    # The first bad one is of the second day. It is known for the first time a delay after it, and not that very moment.
    assert next(place for place, one in enumerate(outcomes(5.0)) if one is not None) == 7
    assert next(place for place, one in enumerate(outcomes(0.0)) if one is not None) == 2
    assert outcomes(100.0) == [None] * 20


def test_what_comes_later_changes_nothing_that_was_read_earlier(tmp_path: Path) -> None:
    rows = orders(400, one_in_ten)
    for row in rows:
        row[1] = f"device-{hash(str(row[2])) % 7}"
    whole, part = (written(tmp_path / name, HEAD, some) for name, some in (("w.csv", rows), ("p.csv", rows[:200])))
    (all_of_it, first) = (of_rows(list(marked(path, MAPPING, LeftOut())), MAPPING, HEAD) for path in (whole, part))
    assert all_of_it.signals[:200] == first.signals
    assert {name: values[:200] for name, values in all_of_it.numbers.items()} == first.numbers


def test_rows_of_one_device_are_counted_as_the_product_counts_reservations(tmp_path: Path) -> None:
    rows = [[(NOON + timedelta(seconds=20 * n)).isoformat(), "same", 1, "x", n % 2] for n in range(6)]
    lines = list(marked(written(tmp_path / "set.csv", HEAD, rows), MAPPING, LeftOut()))
    place = SIGNALS.index("device_minute")
    assert [row[place] for row in of_rows(lines, MAPPING, HEAD).signals] == [1, 2, 3, 3, 3, 3]


def events_set(path: Path) -> Path:
    """Bots click every two seconds; people as they like."""
    draw = random.Random(8)
    rows = []
    for session in range(800):
        bot = draw.random() < 0.15
        at = NOON.timestamp() + session * 120
        for _ in range(8):
            rows.append([at, f"s{session}", f"80.1.{session // 250}.{session % 250}", "bot" if bot else "human"])
            at += 2 if bot else draw.expovariate(1 / 8)
    draw.shuffle(rows)
    return written(path, ("timestamp", "session_id", "ip", "label"), rows, separator="\t")


def test_events_become_sessions_whose_signals_are_read_as_online(tmp_path: Path) -> None:
    path = events_set(tmp_path / "events.tsv")
    mapping = guess(SetKind.EVENTS, *sample(path))
    assert (mapping.session, mapping.ip, mapping.time) == ("session_id", "ip", ("timestamp",))
    result = evaluate(path, SetKind.EVENTS, mapping)
    assert (result.lines, result.sessions) == (6_400, 800)
    assert auc_of(result, "rules alone") > 0.9
    assert auc_of(result, "product's learner") > 0.95


def test_events_without_a_session_are_parted_by_half_an_hour(tmp_path: Path) -> None:
    minutes = (0, 5, 34, 70, 71)
    rows = [[(NOON + timedelta(minutes=one)).isoformat(), "1.2.3.4", int(one > 60)] for one in minutes]
    path = written(tmp_path / "log.csv", ("when", "ip", "bad"), rows)
    mapping = OutsideMapping(label="bad", time=("when",), ip="ip")
    features, unlabelled = of_events(list(marked(path, mapping, LeftOut())), mapping, ("when", "ip", "bad"))
    assert (features.bad, unlabelled) == ([False, True], 0)
    assert features.numbers["events"] == [3, 2]


@pytest.mark.parametrize(
    ("text", "positive", "expected"),
    [
        ("1", None, True),
        ("0", None, False),
        ("TRUE", None, True),
        ("False", None, False),
        ("yes", None, True),
        ("no", None, False),
        ("bot", None, True),
        ("human", None, False),
        ("1.0", None, True),
        ("perhaps", None, None),
        ("crawler", "Crawler", True),
        ("1", "crawler", False),
        ("2.0", "2", True),
    ],
)
def test_labels_are_read_in_their_spellings(text: str, positive: str | None, expected: bool | None) -> None:
    assert label(text, positive) is expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2026-03-01T12:00:00Z", "2026-03-01 12:00"], "iso"),
        (["1772366400", "1772366400.5"], "number"),
        (["0", "86400"], "number"),
        (["Feb", "June"], "month"),
        (["17/May/2015:10:05:03 +0000"], "%d/%b/%Y:%H:%M:%S %z"),
        (["12/31/2025 23:59"], "%m/%d/%Y %H:%M"),
        (["31/12/2025 23:59"], "%d/%m/%Y %H:%M"),
        (["soon"], None),
        ([], None),
    ],
)
def test_times_are_read_in_their_spellings(texts: list[str], expected: str | None) -> None:
    assert time_format(texts) == expected


def test_an_address_that_was_made_a_number_is_one_again() -> None:
    assert address("16909060.0") == address("1.2.3.4")
    assert address("a1b2") != address("a1b3")
    assert len(address("a1b2")) == 16


@pytest.mark.parametrize("form", ["bom", "gzip", "semicolon", "jsonl", "jsonl.gz"])
def test_every_form_of_a_file_says_the_same(tmp_path: Path, form: str) -> None:
    rows = orders(1_200, one_in_ten)
    expected = found(written(tmp_path / "plain.csv", HEAD, rows)).results
    plain = (tmp_path / "plain.csv").read_bytes()
    path = tmp_path / form
    if form == "bom":
        path.write_bytes(b"\xef\xbb\xbf" + plain)
    elif form == "gzip":
        path.write_bytes(gzip.compress(plain))
    elif form == "semicolon":
        written(path, HEAD, rows, separator=";")
    else:
        text = "\n".join(json.dumps(dict(zip(HEAD, row, strict=True))) for row in rows).encode()
        path.write_bytes(gzip.compress(text) if form.endswith("gz") else text)
    assert found(path).results == expected


def test_lines_that_cannot_be_used_are_counted_with_the_first_of_each_reason(tmp_path: Path) -> None:
    rows = orders(1_000, one_in_ten)
    rows[3][4] = ""
    rows[5][4] = "maybe"
    rows[6][0] = "yesterday"
    rows[7] = rows[7][:3]
    result = found(written(tmp_path / "set.csv", HEAD, rows))
    assert result.sessions == 996
    assert result.left_out.first == {
        "no label": 5,
        "label 'maybe' is neither bad nor good": 7,
        "its time cannot be read": 8,
        "more or fewer values than columns": 9,
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [[*row[:4], 0] for row in rows], "All of the 100 labels are good"),
        (lambda rows: [[*row[:4], "purple"] for row in rows], "label 'purple' is neither bad nor good (100 times"),
        (lambda rows: [["soon", *row[1:]] for row in rows], "The times in when cannot be read, such as 'soon'"),
        (lambda rows: [[*row[:4], int(n < 20)] for n, row in enumerate(rows)], "the later part has only good ones"),
        (lambda rows: [], "no lines with values"),
    ],
)
def test_what_cannot_be_evaluated_is_told_in_a_sentence(
    tmp_path: Path, change: Callable[[list[list[object]]], list[Row]], words: str
) -> None:
    path = written(tmp_path / "set.csv", HEAD, change(orders(100, one_in_ten)))
    with pytest.raises(OutsideProblem) as problem:
        found(path)
    assert words in str(problem.value)


def test_with_fewer_than_fifty_bad_ones_nothing_is_learned(tmp_path: Path) -> None:
    result = found(written(tmp_path / "set.csv", HEAD, orders(300, one_in_ten)))
    learner = result.results[-1]
    assert learner.measures is None
    assert "needs 50 bad ones" in learner.note


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('label = "fraud"', "names no time"),
        ('time = "when"', "names no label column"),
        ('label = "gone"\norder = "row"', "There is no column gone"),
        ('label = "fraud"\nlabels = 1', "labels, which means nothing"),
        ('label = "fraud"\norder = "amount"', 'order can be "row" only'),
        ('label = "fraud"\norder = "row"\nnumbers = "amount"', "must be a list"),
        ('label = "fraud"\norder = "row"\nlabel_delay = -1', "number of days"),
        ('label = "fraud"\norder = "row"\n[events]\nx = "flew"', "flew is no kind of event"),
        ("label =", "not TOML"),
        ("label = " + "[" * 10_000, "nested too deeply"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(text: str, words: str) -> None:
    with pytest.raises(OutsideProblem) as problem:
        read(text, HEAD)
    assert words in str(problem.value)


def test_a_guess_can_be_kept_as_a_mapping(tmp_path: Path) -> None:
    path = events_set(tmp_path / "events.tsv")
    columns, rows = sample(path)
    guessed = guess(SetKind.EVENTS, columns, rows)
    assert read(guessed.text(), columns) == guessed


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    return typed_in(tmp_path, monkeypatch)


def test_the_command_prints_the_guess_and_what_was_measured(cartwatch: Cartwatch, tmp_path: Path) -> None:
    head = ("created_at", "device_id", "amount", "colour", "is_fraud")
    rows = orders(2_000, one_in_ten)
    rows[3][4] = ""
    written(tmp_path / "set.csv", head, rows)
    text = said(cartwatch("evaluate", "set.csv", "--kind", "rows"))
    assert 'label = "is_fraud"' in text
    assert "1,999 rows from 1,999 lines" in text
    assert "Left out: 1 lines, no label (first in line 5)." in text
    for name in ("constant", "best single column", "rules alone", "product's learner"):
        assert name in text
    (tmp_path / "map.toml").write_text('label = "is_fraud"\ntime = "created_at"\nnumbers = ["amount"]\n', "utf-8")
    assert "Guessed" not in said(cartwatch("evaluate", "set.csv", "--kind", "rows", "--mapping", "map.toml"))


def test_the_command_says_what_is_wrong_and_ends(cartwatch: Cartwatch, tmp_path: Path) -> None:
    assert said_only(cartwatch("evaluate", "gone.csv", "--kind", "rows"), 2) == "There is no file gone.csv."
    written(tmp_path / "set.csv", ("a", "b"), [[1, 2]])
    assert "No column looks like a label" in said_only(cartwatch("evaluate", "set.csv", "--kind", "rows"), 1)
    written(tmp_path / "set.csv", ("a", "\x1b[2Jb"), [[1, 2]])
    assert "There are: a, �[2Jb." in said_only(cartwatch("evaluate", "set.csv", "--kind", "rows"), 1)
