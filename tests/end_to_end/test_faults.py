"""The slice of `make faults` that every run of the tests has, and that an experiment can fail.

Kills of the gateway, power cuts, false times and InfluxDB's weather have tests of their own:
test_kills.py and test_false_times.py here, test_power_cuts.py of the store, test_weather.py of the
feeds.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import faults
from bench.faults import __main__ as program
from bench.faults import lying_disk
from bench.faults.catalogue import EXPERIMENTS
from bench.faults.trial import NotRunHereError, Outcome, Trial
from tests.neighbours import ROOT

SEED = 12
SLICE = {"F2": 2, "F4": 4, "F8": 2_000, "F9": 11}
KEYS = {"name", "n", "lost", "doubled", "misdated", "worst_s", "seed", "bound"}
BY_NAME = {experiment.name: experiment for experiment in EXPERIMENTS}


@pytest.mark.parametrize("name", SLICE)
async def test_the_slice_of_every_test_run(name: str, tmp_path: Path) -> None:
    outcome, trial = Outcome(BY_NAME[name], SEED), Trial(tmp_path, SEED, SLICE[name])
    try:
        await BY_NAME[name].run(trial)
    except NotRunHereError as error:
        pytest.skip(str(error))
    outcome.trials.append(trial)
    assert outcome.failures == []
    assert outcome.n >= SLICE[name]
    assert outcome.as_json()["bound"] == round(3 / outcome.n, 6)


async def test_a_gateway_that_does_not_sync_is_found_out(tmp_path: Path) -> None:
    """Broken on purpose: the same experiment, with synchronous=OFF in the recorded gateway."""
    if shutil.which("gcc") is None:
        pytest.skip("there is no gcc to make the recorder with")
    trial = Trial(tmp_path, SEED, 40)
    await lying_disk.cut_power(trial, synchronous="OFF")
    outcome = Outcome(BY_NAME["F3"], SEED, [trial])
    assert len(trial.lost) > 40
    assert any(failure.startswith("lost: ") for failure in outcome.failures)
    assert outcome.as_json()["bound"] is None, "a bound is claimed only where nothing failed"


def test_a_missed_criterion_ends_it_with_1_and_says_how_to_repeat_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def loses(trial: Trial) -> None:
        trial.injections += 5
        trial.lost.append(f"what was chosen by {trial.chance.randrange(10**9)}")

    said = []
    for _ in range(2):
        experiment = BY_NAME["F1"].__class__("F1", "t", "power", 5, 5, "t", 1.0, loses)
        monkeypatch.setattr(program, "EXPERIMENTS", (experiment,))
        monkeypatch.setattr(sys, "argv", ["faults", "--only", "F1", "--seed", "77"])
        with pytest.raises(SystemExit) as ended:
            program.main()
        assert "make faults ONLY=F1 SEED=77" in str(ended.value.code)
        lines = capsys.readouterr().out.splitlines()
        said.append([line for line in lines if "chosen by" in line])
        (kept,) = [line for line in lines if "what it left is in" in line]
        shutil.rmtree(kept.rpartition(" ")[2])
    assert said[0] == said[1] != []


def test_what_cannot_be_run_here_is_never_counted_as_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def cannot(_: Trial) -> None:
        raise NotRunHereError("no root here")

    experiment = BY_NAME["cables"].__class__("cables", "t", "network", 9, 1, "t", 1.0, cannot)
    outcome = program.run(Outcome(experiment, 1), 1, 9)
    assert (outcome.n, outcome.as_json()["bound"], outcome.failures) == (0, None, [])
    monkeypatch.setattr(program, "EXPERIMENTS", (experiment,))
    monkeypatch.setattr(sys, "argv", ["faults"])
    program.main()
    assert "not run here: no root here" in capsys.readouterr().out


def test_the_committed_result_is_whole() -> None:
    """At least 3,000 injections into power and storage, nothing missed, and of a commit of ours."""
    result = json.loads((ROOT / "bench" / "faults.json").read_text())
    assert all(set(one) >= KEYS for one in result["experiments"])
    names = {one["name"] for one in result["experiments"]} | set(result["not_run"])
    assert names == set(BY_NAME)
    for one in result["experiments"]:
        missed = [one[key] for key in ("lost", "doubled", "misdated", "wrong")]
        assert (one["name"], missed) == (one["name"], [0, 0, 0, 0])
        assert one["worst_s"] <= one["within_s"]
        assert one["bound"] == round(3 / one["n"], 6)
    kinds = ("power", "storage")
    assert sum(one["n"] for one in result["experiments"] if one["kind"] in kinds) >= 3_000
    git = ["git", "-C", str(ROOT), "cat-file", "-e", result["commit"]]
    if (ROOT / ".git").exists() and shutil.which("git"):
        assert subprocess.run(git, capture_output=True, check=False).returncode == 0


def test_each_module_of_it_is_named_where_one_begins_to_read() -> None:
    folder = Path(faults.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
    assert {name for name in modules if f"`{name}`" not in (faults.__doc__ or "")} == set()


def test_the_page_tells_of_the_committed_result() -> None:
    """Written anew by `python -m bench.faults.report` with each result."""
    result = json.loads((ROOT / "bench" / "faults.json").read_text())
    told = (ROOT / "bench" / "faults.html").read_text()
    assert result["commit"][:12] in told
    assert [
        one["name"] for one in result["experiments"] if f">{one['name']}</td>" not in told
    ] == []
    pytest.importorskip("matplotlib")
    from bench.faults import report

    made = report.page(result)
    assert made.partition("<svg")[0] == told.partition("<svg")[0]
    assert made.count("<svg") == 2
    assert not re.search(r'(src|href)="http', made), "it fetches nothing"
