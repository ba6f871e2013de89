"""Bins for columns that the expert's table does not know: numbers by their quantiles, words by how often they come.

Where the bins are is learned from the earlier part alone; nothing here looks at labels.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.risk.metrics import Numbers
from data.risk.refit import MISSING

QUANTILES = 20
MOST_WORDS = 30
RARE = 10
"""Times below which a word of its own would only be learned by heart."""


@dataclass(frozen=True, slots=True)
class NumberBins:
    """Numbers between ``edges``; what is missing has a bin of its own, the last."""

    edges: Numbers

    @property
    def size(self) -> int:
        """How many bins there are."""
        return len(self.edges) + 2

    def codes(self, values: Numbers) -> NDArray[np.int16]:
        """The bin of each value; NaN is missing."""
        found = np.searchsorted(self.edges, values, side="right")
        return np.where(np.isnan(values), self.size - 1, found).astype(np.int16)


@dataclass(frozen=True, slots=True)
class WordBins:
    """A bin for each frequent word, then one for all others, then one for none."""

    words: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many bins there are."""
        return len(self.words) + 2

    def codes(self, values: Sequence[str | None]) -> NDArray[np.int16]:
        """The bin of each word."""
        places = {word: number for number, word in enumerate(self.words)}
        other = len(self.words)
        found = (other + 1 if one is None else places.get(one, other) for one in values)
        return np.fromiter(found, dtype=np.int16, count=len(values))


def number_bins(values: Numbers) -> NumberBins:
    """Bins of about equal size. A value that many have is not mixed with those above it."""
    known = values[~np.isnan(values)]
    if not len(known):
        return NumberBins(np.empty(0))
    marks = np.quantile(known, np.linspace(0, 1, QUANTILES + 1)[1:-1], method="higher")
    heavy = [value for value, times in Counter(marks.tolist()).items() if times > 1]
    distinct = np.unique(known)
    following = np.searchsorted(distinct, heavy, side="right")
    beyond = distinct[following[following < len(distinct)]]
    edges = np.unique(np.r_[marks, beyond])
    return NumberBins(edges[edges > distinct[0]])


def word_bins(values: Sequence[str | None]) -> WordBins:
    """The most frequent words, by name where they are as frequent as each other."""
    counts = Counter(one for one in values if one is not None)
    frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_WORDS]
    return WordBins(tuple(word for word, times in frequent if times >= RARE))


def known_codes(edges: Sequence[float], values: Numbers) -> NDArray[np.int16]:
    """The bins of one of the table's own signals; what is not known is MISSING and adds nothing."""
    found = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right")
    return np.where(np.isnan(values), MISSING, found).astype(np.int16)
