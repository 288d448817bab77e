"""Each stored thing replaced by garbage: the house starts, watches every door whose own data are
sound, and names what is broken (faults, row I1). `make poison` tries two thousand."""

import time
from pathlib import Path

from tests.engine.poison import run

TRIES = 25  # in the suite; each seed is another


async def test_i1_poison_run_nothing_that_is_stored_ends_the_house(tmp_path: Path) -> None:
    seed = int(time.time())
    print(f"python -m tests.engine.poison --tries {TRIES} --seed {seed}")
    assert await run(TRIES, seed, tmp_path) == []
