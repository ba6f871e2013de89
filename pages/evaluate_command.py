"""``cartwatch evaluate``: the product's own signals and learner on a labelled set from outside."""

import sys
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.outside_mapping import OutsideMapping, SetKind, guess, read, with_rest
from data.outside_values import OutsideProblem
from pages import sale_report
from pages.invocation import in_words, stop
from pages.store_report import plain

if TYPE_CHECKING:
    from data.evaluation import Evaluation, Result
    from data.risk.metrics import Measure

File = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="CSV or JSON lines, also gzipped.", show_default=False)
]
Kind = Annotated[
    SetKind | None,
    typer.Option("--kind", help="What a line is: an event, or one whole row.", show_default=False),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="A TOML file that says which column is what (guessed).", show_default=False),
]
Sale = Annotated[
    bool, typer.Option("--sale", help="Instead of a file: the made-up flash sale that comes with Cartwatch.")
]
Seed = Annotated[int, typer.Option("--seed", help="Which evening, with --sale.", min=0)]
Shoppers = Annotated[
    int, typer.Option("--shoppers", help="How many ordinary shoppers come, with --sale.", min=50, max=100_000)
]
_LARGEST_MAPPING = 1_000_000  # bytes
_LONG_AGO = 10**11  # milliseconds: below are numbers that count from the set's own beginning, and months


def evaluate(
    file: File = None,
    kind: Kind = None,
    mapping: MappingFile = None,
    sale: Sale = False,
    seed: Seed = 1,
    shoppers: Shoppers = 10_000,
) -> None:
    """Measure on a labelled set how well bad is told from good.

    The set is put in the order of time: the first 70% teach, the rest measures. Printed are the AUC, the recall at 1%
    false positives, both with the 95% interval of 1,000 resamples, and the expected calibration error (10 groups of
    equal size). Nothing is stored.

    A mapping is TOML: label = "is_fraud"; positive = "bot" where the label is not 1/0, true/false, yes/no; time =
    "created_at" and, where it is unusual, format = "%d/%m/%Y %H:%M", or order = "row" where lines are in order; ip,
    device, agent, country, quantity, product; session and event for events; entities, numbers, words, moments as lists;
    label_delay = 7, the days until a row's label is known.
    """
    with in_words():
        if sale:
            sale_report.print_sale(seed, shoppers)
            return
        if file is None or kind is None:
            stop("Say which FILE, and with --kind what its lines are: events or rows. Or evaluate the --sale.", code=2)
        started = time.monotonic()
        try:
            known = _mapping(file, kind, mapping)
            from data.evaluation import evaluate as run  # only now: numpy takes a while to load

            found = run(file, kind, known, told=_told)
        except OutsideProblem as problem:
            stop(str(problem), code=1)
        _print(found, kind, timed=bool(known.time), seconds=time.monotonic() - started)


def _mapping(file: Path, kind: SetKind, path: Path | None) -> OutsideMapping:
    from data.outside_set import sample

    columns, rows = sample(file)
    if path is not None:
        with path.open("rb") as source:
            text = source.read(_LARGEST_MAPPING + 1)
        if len(text) > _LARGEST_MAPPING:
            raise OutsideProblem("The mapping is too large to be one.")
        return with_rest(read(text.decode("utf-8-sig", "replace"), columns), kind, columns, rows)
    known = guess(kind, columns, rows)
    print("Guessed from the names of the columns; save it as a file, correct it, and give it as --mapping:\n")
    print(plain_lines(known.text()) + "\n")
    return known


def plain_lines(text: str) -> str:
    """Several lines from outside, without what a terminal would obey."""
    return "\n".join(plain(line) for line in text.splitlines())


def _told(what: str) -> None:
    if sys.stderr.isatty():
        print(f"{what} …", file=sys.stderr)


class _Noun(StrEnum):
    EVENTS = "sessions"
    ROWS = "rows"


def _print(found: "Evaluation", kind: SetKind, *, timed: bool, seconds: float) -> None:
    noun = _Noun[kind.name].value
    print(
        f"{found.sessions:,} {noun} from {found.lines:,} lines, "
        f"{found.bad:,} of them bad ({found.bad / found.sessions:.2%})."
    )
    for reason, times in found.left_out.counts.most_common():
        first = found.left_out.first[reason]
        print(f"Left out: {times:,} lines, {plain(reason)} (first in line {first:,}).")
    if found.unlabelled:
        print(f"Left out: {found.unlabelled:,} sessions without a label.")
    when = f", up to {_moment(found.split_ms)}" if timed and found.from_ms > _LONG_AGO else ""
    later = found.sessions - found.earlier
    print(f"Earlier part: {found.earlier:,} {noun}, {found.earlier_bad:,} bad{when}: learned from.")
    print(f"Later part: {later:,} {noun}, {found.later_bad:,} bad: measured on.\n")
    print(f"{'':<20} {'AUC':<22} {'recall at 1% FP':<22} {'calibration error'}")
    for one in found.results:
        print(_line(one))
    print(f"\nIn brackets: 95% intervals (1,000 resamples). Took {seconds:.0f} s.")


def _line(one: "Result") -> str:
    if one.measures is None or one.calibration is None:
        return f"{one.name:<20} {plain(one.note)}"
    area, found = _interval(one.measures.auc), _interval(one.measures.recall)
    return f"{one.name:<20} {area:<22} {found:<22} {one.calibration:<8.3f} {plain(one.note)}"


def _interval(one: "Measure") -> str:
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"


def _moment(ms: int) -> str:
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return str(ms)
