"""`menshen flash` as an installer sees it: a bar for each board, what came of each, and labels.

The work is in `flash_batch`. A bar is known by the last four digits of its board's number, for the
names of ports change places with each replug.
"""

import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from gateway.provisioning import label, label_sheet
from gateway.provisioning.flash_batch import Outcome, Work, flash_all, flash_as_plugged
from gateway.provisioning.joining import Reason
from gateway.provisioning.printer import PrinterError, print_sheets
from gateway.provisioning.usb_ports import Port
from gateway.registry.door_names import with_label
from gateway.store.private_file import write_result

SHEET = "labels"  # .pdf; of the next command in this folder, labels-2.pdf
_SHEETS_MAX = 1_000
_MV = 1000


@dataclass(frozen=True)
class Labels:
    """Where labels go: a folder, a printer, or neither; what their code leads to; how people call
    the doors."""

    folder: Path | None = None
    printer: str | None = None
    address: str = ""
    doors: Mapping[str, str] = field(default_factory=dict)

    def called(self, door_id: str) -> str:
        """A door by its id and what people call it."""
        return with_label(door_id, self.doors.get(door_id))


class Bars:
    """The bars, one for each board, fed from each board's own thread."""

    def __init__(self, progress: Progress, labels: Labels) -> None:
        self._progress, self._labels = progress, labels
        self._tasks: dict[tuple[str, str | None], TaskID] = {}
        self._lock = threading.Lock()

    def told(self, port: Port, door_id: str | None, what: str, done: int, of: int) -> None:
        """How far a board is."""
        door = door_id and self._labels.called(door_id)
        words = " ".join(part for part in (port.short, door, what) if part)
        key = port.key, door_id
        with self._lock:
            if key not in self._tasks:
                self._tasks[key] = self._progress.add_task(words, total=of)
            task = self._tasks[key]
        self._progress.update(task, description=words, completed=done, total=of)


def flash_on_screen(
    work: Work, pairs: Sequence[tuple[Port, str | None]], labels: Labels, console: Console
) -> list[Outcome]:
    """Flash these boards, and show how far each is; then what came of them."""
    with _progress(console) as progress, _until_ctrl_c(work.enough):
        bars = Bars(progress, labels)
        outcomes = _tell(flash_all(work, pairs, bars.told), work, labels, console)
    _tell_left([door_id for _, door_id in pairs if door_id], outcomes, labels, console)
    return _sum_up(outcomes, work, labels, console)


def flash_next_on_screen(
    work: Work, doors: Sequence[str], labels: Labels, console: Console
) -> list[Outcome]:
    """Give each board that is plugged in the next door, and show how far each is."""
    with _progress(console) as progress, _until_ctrl_c(work.enough):

        def waits(count: int) -> None:
            if count:
                what = "door waits" if count == 1 else "doors wait"
                console.print(f"{count} {what} for a board: plug the next one in.", markup=False)

        bars = Bars(progress, labels)
        outcomes = _tell(flash_as_plugged(work, doors, bars.told, waits), work, labels, console)
    _tell_left(doors, outcomes, labels, console)
    return _sum_up(outcomes, work, labels, console)


@contextmanager
def _until_ctrl_c(enough: threading.Event) -> Iterator[None]:
    """With the first Ctrl-C no further board is begun, and what came of the others is still told:
    some are seals by then. The second ends all at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(_number: int, _frame: object) -> None:
        enough.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _tell_left(
    doors: Sequence[str], outcomes: Sequence[Outcome], labels: Labels, console: Console
) -> None:
    """Which of several doors have no seal yet, as they are typed to go on."""
    sealed = {outcome.door_id for outcome in outcomes if outcome.flashed is not None}
    left = [door_id for door_id in doors if door_id not in sealed]
    if len(doors) < 2 or not left:
        return
    options = " ".join(f"--door {door_id}" for door_id in left)
    they = ", ".join(labels.called(door_id) for door_id in left)
    count = f"{len(left)} of {len(doors)} doors have no seal yet"
    sentence = f"{count}: {they}. To go on with them: {options}"
    console.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<46}"), BarColumn(), TaskProgressColumn())
    return Progress(*columns, console=console)


def _tell(
    outcomes: Iterable[Outcome], work: Work, labels: Labels, console: Console
) -> list[Outcome]:
    """Say what came of each board as it comes."""
    told = []
    for outcome in outcomes:
        for sentence in sentences(outcome, work, labels):
            console.print(sentence, highlight=False, markup=False, soft_wrap=True)
        told.append(outcome)
    return told


def sentences(outcome: Outcome, work: Work, labels: Labels) -> list[str]:
    """What came of one board: flashed or not, heard or not, and what there is to do."""
    flashed, name = outcome.flashed, outcome.port.short
    door = f"door {labels.called(outcome.door_id)}" if outcome.door_id else ""
    if flashed is None:
        meant = f" for {door}" if door else ""
        return [f"Board {name}{meant}: NOT FLASHED. {outcome.wrong}"]
    seal = label.text(flashed.seal_id)
    where = f" on {door}" if door else ""
    said = [f"Board {name}: FLASHED. Seal {seal} is on the board and enrolled{where}."]
    said.append(_verdict(outcome, work))
    if flashed.replaced is not None:
        said.append(
            f"The board was seal {flashed.replaced} before; that one is still enrolled and will be "
            f"missed. Retire it: `menshen retire {flashed.replaced}`."
        )
    return said


def _verdict(outcome: Outcome, work: Work) -> str:
    """The second verdict."""
    flashed, heard, name = outcome.flashed, outcome.heard, outcome.port.short
    if flashed is None:
        raise AssertionError("not flashed")
    if heard is not None:
        signal = heard.signal_dbm
        if signal is None and flashed.join is not None:
            signal = flashed.join.signal_dbm
        strength = "signal not known" if signal is None else f"signal {signal} dBm"
        battery = heard.battery_mv
        power = "no battery" if battery is None else f"battery {battery / _MV:.2f} V"
        return (
            f"Board {name}: HEARD. The gateway has its first report after "
            f"{outcome.heard_after_s:.0f} s: {strength}, {power}."
        )
    if not flashed.started:
        return (
            f"Board {name}: NOT HEARD. {outcome.port.device} did not answer the restart: unplug "
            "the board and plug it in again. Nothing has to be flashed anew."
        )
    join = flashed.join
    if join is not None and join.reason not in (Reason.OK, Reason.UNTRIED):
        plan = work.settings
        return (
            f"Board {name}: NOT HEARD: {join.told(plan.wifi_ssid, plan.broker, plan.port)}. "
            "It is a good seal all the same: bring it where that is right, or flash it again with "
            "--replace --erase."
        )
    if work.enough.is_set():
        return (
            f"Board {name}: NOT HEARD: it was not waited for. `menshen doors` shows whether its "
            "door is live."
        )
    if work.heard is None:
        return (
            f"Board {name}: NOT HEARD, for no gateway runs here that could hear it: `menshen run`. "
            "`menshen doors` then shows whether it is live."
        )
    reached = "It reached the broker, and" if join and join.reason is Reason.OK else "But"
    return (
        f"Board {name}: NOT HEARD. {reached} the gateway has no report of it after "
        f"{work.heard_s:.0f} s: see `menshen check`, and its door in `menshen doors`."
    )


def _sum_up(outcomes: list[Outcome], work: Work, labels: Labels, console: Console) -> list[Outcome]:
    """The label of a single seal, or the sheet of many; and the labels' files."""
    seals = [(o.flashed.seal_id, o.door_id or "") for o in outcomes if o.flashed is not None]
    if len(outcomes) == 1 and seals:
        shown = label.terminal(seals[0][0], labels.address)
        console.print(shown, highlight=False, markup=False)
    elif outcomes:
        console.print(_sheet(outcomes, labels))
    if seals:
        for sentence in _labelled(seals, labels) + _from_files(outcomes, work):
            console.print(sentence, highlight=False, markup=False, soft_wrap=True)
    return outcomes


def _from_files(outcomes: Sequence[Outcome], work: Work) -> list[str]:
    """What it means where no ROMFS partition was found; on mains it means nothing."""
    names = [o.port.short for o in outcomes if o.flashed is not None and not o.flashed.in_rom]
    if work.settings.mains or not names:
        return []
    return [
        f"The MicroPython of {', '.join(names)} has no ROMFS partition: the program is read from "
        "files at each wake, and the cells last half as long (`menshen power`). They work all the "
        "same; docs/operator.md, “Updates”, says which image has one."
    ]


def _next(seals: Sequence[tuple[str, str]]) -> str:
    """What there is to do with them now."""
    if all(door_id for _, door_id in seals):
        return "Next: hang each on its door, and test it there: `menshen commission`."
    return (
        "Next: `menshen move SEAL DOOR` hangs it on a door, `menshen swap DOOR SEAL` in the place "
        "of a dead one; test it there: `menshen commission`."
    )


def _labelled(seals: Sequence[tuple[str, str]], labels: Labels) -> list[str]:
    """Write and print the labels; sentences about where they are, or why they are not."""
    said, wrong = [_next(seals)], ""
    if labels.folder is not None:
        try:
            said += _where(write_labels(labels.folder, seals, labels))
        except OSError as error:
            wrong = f"{labels.folder} cannot be written ({error.strerror})"
    if labels.printer is not None:
        try:
            print_sheets(labels.printer, sheets_of(seals, labels))
            said.append(f"The labels went to the printer {labels.printer}.")
        except PrinterError as error:
            wrong = str(error)
    if wrong:
        ids = " ".join(seal_id for seal_id, _ in seals)
        said.append(
            f"{wrong[0].upper()}{wrong[1:]}: the seals are good, and their labels are printed "
            f"again by `menshen label {ids} --out labels.pdf`."
        )
    return said


def _where(paths: Sequence[Path]) -> list[str]:
    """Where the labels are: the files of a single seal; a folder with many, and their sheets."""
    if not paths[0].is_dir():
        return [f"Label: {path}" for path in paths]
    return [f"Labels: one by one in {paths[0]}, and on sheets of 24 in {paths[1]}"]


def _sheet(outcomes: Sequence[Outcome], labels: Labels) -> Table:
    """Door, seal, label: what goes where."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("door", "", "board", "seal", "verdict", "label"):
        table.add_column(column, overflow="fold")
    number = 0
    for outcome in sorted(outcomes, key=lambda o: (o.door_id or "", o.port.key)):
        flashed, door_id = outcome.flashed, outcome.door_id or "-"
        seal = "-" if flashed is None else label.text(flashed.seal_id)
        verdict = "heard" if outcome.heard else "not heard" if flashed else "NOT FLASHED"
        if flashed is not None:
            number += 1
        place = str(number) if flashed is not None else "-"
        cells = (door_id, labels.doors.get(door_id, ""), outcome.port.short, seal, verdict, place)
        table.add_row(*map(Text, cells))
    return table


def write_labels(folder: Path, seals: Sequence[tuple[str, str]], labels: Labels) -> list[Path]:
    """Write each seal's (id, door) two files into `folder`, and sheets of 24 with all of them, in
    the order of doors; their paths. OSError if it cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for seal_id, _ in seals:
        paths += write_label(folder, seal_id, labels.address)
    sheet = _unused(folder)
    write_result(sheet, sheets_of(seals, labels))
    return [*paths, sheet] if len(seals) < 2 else [folder, sheet]


def sheets_of(seals: Sequence[tuple[str, str]], labels: Labels) -> bytes:
    """Sheets of 24 with the labels of these seals (id, door), in the order of doors."""
    ordered = sorted(seals, key=lambda seal: (seal[1], seal[0]))
    named = [
        label_sheet.SealLabel(seal_id, labels.doors.get(door_id, door_id))
        for seal_id, door_id in ordered
    ]
    return label_sheet.pdf(named, labels.address)


def _unused(folder: Path) -> Path:
    names = (f"{SHEET}-{number}" if number > 1 else SHEET for number in range(1, _SHEETS_MAX))
    return next(path for name in names if not (path := folder / f"{name}.pdf").exists())


def write_label(folder: Path, seal_id: str, address: str = "") -> list[Path]:
    """Write the label's two files into `folder`; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    drawing, code = folder / f"seal-{seal_id}.svg", folder / f"seal-{seal_id}.png"
    write_result(drawing, label.svg(seal_id, address).encode())
    write_result(code, label.png(seal_id, address))
    return [drawing, code]
