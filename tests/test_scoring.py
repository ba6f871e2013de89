"""What scoring stores: the same however events are told, nothing that looks ahead, levels as the merchant set them."""

from itertools import cycle, repeat
from pathlib import Path
from random import Random

import pytest

from tests.factories import opened
from tests.store_lives import a_life, differences, found, live, lived

SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sweep", [0.0, 0.1])
async def test_events_one_by_one_and_in_batches_of_any_size_give_the_same(
    tmp_path: Path, seed: int, sweep: float
) -> None:
    life = a_life(seed, 200, sweep=sweep)
    results = []
    random = Random(seed)
    for name, sizes in {
        "singly": repeat(1),
        "batches": cycle([random.randint(2, 60) for _ in range(9)]),
        "at-once": repeat(len(life)),
    }.items():
        (tmp_path / name).mkdir()
        async with opened(tmp_path / name) as db:
            await live(db, await lived(db), life, iter(sizes))
            results.append(await found(db))
    for other in results[1:]:
        assert differences(other, results[0]) == []
