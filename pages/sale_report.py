"""Prints how the product does on the labelled sale: what it notices of each attack, and whom it suspects wrongly."""

import asyncio
import sys

from data.labelled_sale import SaleKind
from data.sale_evaluation import CAPACITY, KindResult, SaleEvaluation, evaluate
from pages.store_report import plain


def print_sale(seed: int, shoppers: int) -> None:
    """Live through the sale and print what was noticed."""
    found = asyncio.run(evaluate(seed, shoppers, told=_told))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    tell(found)


def tell(found: SaleEvaluation) -> None:
    """Print a sale that was lived through."""
    if found.scored < found.sessions:
        print(f"Only {found.scored:,} of {found.sessions:,} sessions were scored: the others could not be noticed.")
    print(
        f"{found.sessions:,} sessions; room for {found.capacity:,} in review ({CAPACITY:.0%}), "
        f"{found.noticed:,} noticed."
    )
    _print("Attacks: noticed is right", found, [one for one in found.kinds if one.kind.is_attack])
    others = [one for one in found.kinds if not one.kind.is_attack]
    _print("Traps and shoppers: noticed is wrong", found, others)
    missed = [one for one in found.kinds if one.kind.is_attack and one.missed]
    if missed:
        print("\nMissed, for example:")
        for one in missed:
            print(f"  {_name(one.kind):<20} {plain(', '.join(one.missed))}")


def _print(title: str, found: SaleEvaluation, kinds: list[KindResult]) -> None:
    print(f"\n{title:<38} {'sessions':>9} {'noticed':>9} {'share':>8} {'restricted':>11}")
    for one in kinds:
        share = one.noticed / one.sessions
        print(f"  {_name(one.kind):<36} {one.sessions:>9,} {one.noticed:>9,} {share:>8.1%} {one.restricted:>11,}")


def _name(kind: SaleKind) -> str:
    return kind.value.replace("_", " ")


def _told(share: float) -> None:
    if sys.stderr.isatty():
        print(f"\rliving through the sale: {share:.0%}", end="", file=sys.stderr)
