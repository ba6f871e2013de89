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
        f"{found.looked_at:,} were ever in review; {found.noticed:,} noticed with those that were restricted.\n"
        "Noticed: ever in review or restricted, at its end included. In time: so before it ended.\n"
        "What is drawn for the random check is not counted."
    )
    attacks = [one for one in found.kinds if one.kind.is_attack]
    _print("Attacks: noticed is right", attacks)
    _print("Traps and shoppers: noticed is wrong", [one for one in found.kinds if not one.kind.is_attack])
    missed = [one for one in attacks if one.missed]
    if missed:
        print("\nMissed (unseen: the store never told an address or a device), for example, with the last score:")
        for one in missed:
            print(f"  {_missed(one)}")


def _print(title: str, kinds: list[KindResult]) -> None:
    print(f"\n{title:<38} {'sessions':>9} {'noticed':>9} {'share':>8} {'in time':>9} {'restricted':>11}")
    for one in kinds:
        share = one.noticed / one.sessions
        print(
            f"  {_name(one.kind):<36} {one.sessions:>9,} {one.noticed:>9,} {share:>8.1%} {one.in_time:>9,} "
            f"{one.restricted:>11,}"
        )


def _missed(one: KindResult) -> str:
    count = f"{one.sessions - one.noticed:,} ({one.unseen:,} unseen)"
    examples = ", ".join(f"{plain(token)} {'' if score is None else score}".rstrip() for token, score in one.missed)
    return f"{_name(one.kind):<16} {count:<16} {examples}"


def _name(kind: SaleKind) -> str:
    return kind.value.replace("_", " ")


def _told(share: float) -> None:
    if sys.stderr.isatty():
        print(f"\rliving through the sale: {share:.0%}", end="", file=sys.stderr)
