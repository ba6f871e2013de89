"""Who holds how much of each variant now, and when some of it was last let go."""

from collections import OrderedDict
from collections.abc import Hashable

MOST = 50_000
"""Variants that are followed; of more, those that nothing has happened to for the longest time are let go."""


class _Variant:
    __slots__ = ("by_network", "released_at", "total")

    def __init__(self) -> None:
        self.total = 0
        self.by_network: dict[Hashable, int] = {}
        self.released_at: int | None = None


class Stock:
    """The held units of a store's variants, in all and by the network of who holds them."""

    def __init__(self) -> None:
        self._variants: OrderedDict[str, _Variant] = OrderedDict()

    def hold(self, variant: str, network: Hashable | None, units: int) -> tuple[int, int]:
        """More units are held, or fewer where ``units`` is negative: now so many by the network, and so many in all."""
        found = self._variants.get(variant)
        if found is None:
            found = self._variants[variant] = _Variant()
            if len(self._variants) > MOST:
                self._variants.popitem(last=False)
        else:
            self._variants.move_to_end(variant)
        found.total += units
        left = 0
        if network is not None:
            left = found.by_network.get(network, 0) + units
            if left > 0:
                found.by_network[network] = left
            else:
                left = 0
                found.by_network.pop(network, None)
        return left, max(0, found.total)

    def release(self, variant: str, at: int) -> None:
        """What a session had held was let go, unsold."""
        found = self._variants.get(variant)
        if found is not None and (found.released_at is None or at > found.released_at):
            found.released_at = at

    def since_release(self, variant: str, at: int) -> int | None:
        """Milliseconds since some of it was let go; None where that is not known to have happened before ``at``."""
        found = self._variants.get(variant)
        if found is None or found.released_at is None or found.released_at > at:
            return None
        return at - found.released_at
