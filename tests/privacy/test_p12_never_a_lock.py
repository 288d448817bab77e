"""P12: nothing in the seal could hold a door shut, and an announced opening bothers nobody."""

import ast
import csv
import re
from pathlib import Path

from gateway.core.events import PermitAnnounced
from gateway.core.model import Permit
from gateway.core.reasons import Reason
from tests.core.story import HOUR, MINUTE, Story

ROOT = Path(__file__).parents[2]
HOLDS = re.compile(
    r"\b(relay|lock|bolt|latch|solenoid|servo|motor|strike|electromagnet)\b", re.IGNORECASE
)


def test_p12_no_part_of_the_seal_can_move_or_hold_anything():
    with (ROOT / "hardware" / "bom.csv").open(encoding="utf-8") as file:
        parts = list(csv.DictReader(file))
    assert len(parts) > 20
    for part in parts:
        assert not HOLDS.search(part["part"]), part


def test_p12_nothing_that_the_chip_drives_leaves_the_board_or_could_move_anything():
    """By the netlist: the one line that is ever driven ends at a logic input, by 100 kΩ."""
    with (ROOT / "hardware" / "pins.csv").open(encoding="utf-8") as file:
        driven = {row["signal"] for row in csv.DictReader(file) if "out" in row["direction"]}
    assert driven == {"latch_clear"}
    with (ROOT / "hardware" / "netlist.csv").open(encoding="utf-8") as file:
        nets: dict[str, set[tuple[str, str]]] = {}
        for row in csv.DictReader(file):
            nets.setdefault(row["net"], set()).add((row["part"], row["name"]))
    (at,) = [its for its in nets.values() if ("U2", "/RD") in its]
    assert {part for part, _ in at} == {"U1", "U2", "R6"}
    parts = {part for its in nets.values() for part, _ in its}
    assert {part[0] for part in parts} <= set("UHCRSJDTB"), "chips, cells, passives and switches"


LAMP = ["number", "machine.Pin.OUT"]  # on the chip's own board, at a pin that leaves it nowhere


def test_p12_the_program_makes_no_other_pin_an_output():
    """By the firmware's own calls, wherever they stand: the lamp is driven, and nothing else."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "firmware").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    made = [
        [ast.unparse(argument) for argument in call.args]
        for call in calls
        if ast.unparse(call.func).endswith(("Pin", "Signal"))
    ]
    names = [node for node in nodes if isinstance(node, ast.Attribute | ast.Name)]
    said = [ast.unparse(node).rpartition(".")[2] for node in names]
    assert said.count("OUT") == made.count(LAMP) == 1
    assert not {"PWM", "DAC", "Servo"} & set(said)
    modes = [words for words in made if len(words) > 1 and words != LAMP]
    assert len(modes) >= 3
    for pin, mode in modes:
        assert mode.endswith(".IN") or (mode.endswith(".OPEN_DRAIN") and "latch_clear" in pin)


def test_p12_no_command_of_the_wire_moves_anything():
    from sealwire import command

    words = {name for name in dir(command) if name.isupper()}
    assert words
    assert not any(HOLDS.search(word.replace("_", " ")) for word in words)


def test_p12_an_announced_opening_by_night_is_recorded_and_pages_nobody():
    story = Story()
    story.after(12 * HOUR)
    permit = Permit("p", story.now_ms, story.now_ms + HOUR, 1, HOUR, "", "ambulance")
    story.tell(PermitAnnounced(permit))
    story.opens()
    assert [began.reason for began in story.began()] == [Reason.PERMIT]
    assert story.pages() == []


def test_p12_who_runs_out_of_a_fire_is_recorded_and_stopped_by_nothing():
    """A stair by night: every opening counts, whoever opens, and no word goes back to a door."""
    story = Story()
    effects = []
    for _ in range(20):
        story.after(2 * MINUTE)
        effects += [*story.opens(), *story.shuts()]
    assert len(story.began()) == 20
    assert not [effect for effect in effects if HOLDS.search(str(type(effect)))]
