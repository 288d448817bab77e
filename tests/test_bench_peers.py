"""The rig that measures the peers finds what there is to find: on the script, which loses pages.

Home Assistant and Node-RED are not needed here; `make bench-peers` fetches them.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from bench.peers import figures, scenarios
from bench.peers.load import Run
from bench.peers.rig import Came, Rig, at_work
from bench.peers.systems import Script
from tests import neighbours

SHORT = scenarios.Lengths(
    rates=((50, 1.0),), lead=0.5, down=1.0, long_down=1.2, tail=0.5, hold=0.5, halvings=0, quiet=1.0
)


def test_the_rig_sees_what_the_script_tells_and_what_it_loses(tmp_path: Path) -> None:
    """It tells of every opening, at once; it survives a kill; and while nobody takes its calls, it
    forgets each of them for good."""
    neighbours.or_skip(neighbours.find("mosquitto"), "mosquitto", "make neighbours")

    async def story() -> scenarios.Figures:
        async with at_work(Script, tmp_path) as rig:
            found = await scenarios.whole(rig, SHORT)
            still = await _says_nothing_of_what_never_was(rig)
        assert still.lost == 1
        return found

    found = asyncio.run(story())
    steady = found["rates"]["50"]
    assert (steady["openings"], steady["lost"], steady["doubled"]) == (25, 0, 0)
    assert 0 < steady["p50_ms"] <= steady["p99_ms"] <= steady["max_ms"]
    assert steady["cpu_s_per_1000"] > 0
    assert found["lost"]["kill"] == 0
    assert 15 <= found["lost"]["hookdown"] <= 35  # a second of 25 openings
    assert found["last_page_after_outage_s"] is None
    assert found["lost"]["killdown"] > 0
    assert found["rss_mb"] > 5


async def _says_nothing_of_what_never_was(rig: Rig) -> Came:
    """A run of one opening that nobody published."""
    return rig.came(Run({"never": 1}, 1))


def test_goals_compare_ours_with_each_of_theirs(tmp_path: Path) -> None:
    """A peer that is quicker is named; so is a fault by which we lost something."""
    quick, slow = _round(p50_ms=1.0), _round(p50_ms=2.0)
    found = figures.of_rounds({"menshen": [slow], "script": [quick]}, [{"floor_p50_ms": 0.4}])
    missed = {goal for goal, is_kept in figures.goals(found["systems"]) if not is_kept}
    assert missed == {
        "p50_ms at 10/s below that of script",
        "p99_ms at 10/s below that of script",
        "a higher sustained rate than script",
    }
    found["systems"]["menshen"]["lost"]["kill"] = 1
    assert ("nothing lost by a fault", False) in figures.goals(found["systems"])
    assert "(2.00)" in figures.table(found)
    figures.write(tmp_path / "peers.json", found, {}, {"menshen": [slow]}, is_quick=True)
    kept = json.loads((tmp_path / "peers.json").read_text())
    assert kept["systems"]["script"]["rates"]["10"]["p50_ms"] == 1.0
    assert kept["systems"]["script"]["last_page_after_outage_s"] is None


def _round(p50_ms: float) -> dict[str, object]:
    rate = {"p50_ms": p50_ms, "p99_ms": p50_ms, "max_ms": p50_ms, "cpu_s_per_1000": 1.0}
    return {
        "rates": {"10": rate | {"lost": 0, "doubled": 0, "other_cores": 0.1}},
        "max_held": 100,
        "lost": {"kill": 0, "hookdown": 0, "killdown": 0},
        "doubled": {"kill": 0, "hookdown": 0, "killdown": 0},
        "last_page_after_outage_s": None,
        "rss_mb": 30.0,
        "start_s": 1.0,
    }
