"""Which of the two slots starts, and the way back from one that does not. Never updated itself.

The program lies twice on the flash, in the folders `a` and `b`, the newer in one and the one before
in the other. The file `slot` says which starts and how it stands, in one line, so that no power cut
can come between the two (`slot_file`).

    good ──(a release was pulled)──▶ install ──(it is genuine)──▶ trial ──(first receipt)──▶ good
      ▲                                 │                           │
      └─────────────(refused)───────────┴────(it fails: the other slot starts again)────────┘

Where the board's MicroPython has a ROMFS partition, that holds a copy of the slot that starts, and
the modules are read there: the last word of the line says so (`rom`). **The slot decides, the ROM
follows it.** Before a slot goes on trial, and after one that failed, its copy is laid there first
(`lay`, in a start of its own, by the program that was good, from its files): the line says `lay`
from before the first byte until the last one was read back, so a ROM half written is never started
from. What cannot be laid runs from its files.

It is let go before the seal starts, whose heap is small, and read in again where it is needed. On
trial every start is counted before anything else runs, for what follows may crash. A wake from deep
sleep is no failed start; but a seal that wakes on and on without a receipt fails as well.
"""

import slot_file
from slot_file import FILES, GOOD, IMAGE, INSTALL, LAY, ROM, ROM_FOLDER, TRIAL

CRASHED, SILENT, ENDED = "crashed", "silent", "ended"  # why a slot on trial was left
STARTS_MAX = 2  # of a slot on trial, without a receipt: the second may be somebody's loose battery
WAKES_MAX = 4  # from deep sleep, likewise: some two heartbeats
INSTALLS_MAX = 3
LAYS_MAX = 3
TRIAL_MS = 180_000  # awake without a receipt: less than two heartbeats of 100 s


class Slots:
    """The line in `slot`: which slot starts, and what is to be known of the last update.

    `floor` is the counter of the newest release that was ever good: nothing up to it is taken.
    `failed` is the id of the release that failed last, and `reason` a word for why, both empty if
    none did since the last good one. `place`: FILES, or ROM where that has a copy of `current`.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder  # with a slash behind
        line = slot_file.read(folder)
        self.current, self.state, self.starts, self.wakes, self.floor, self.next = line[:6]
        self.trying, self.failed, self.reason, self.place = line[6:]

    @property
    def other(self) -> str:
        """The slot that does not start."""
        return "b" if self.current == "a" else "a"

    def begin(self, slept: bool) -> None:
        """A start, or a wake from deep sleep. Before anything that can crash; may go back."""
        if self.state == GOOD:
            return
        if self.state in (TRIAL, IMAGE) and slept:
            self.wakes += 1
        else:
            self.starts += 1
        if self.state == INSTALL and self.starts > INSTALLS_MAX:
            self.refuse(self.trying, CRASHED)
        elif self.state == LAY and self.starts > LAYS_MAX:
            self.laid(False)
        elif self.state in (TRIAL, IMAGE) and self.starts > STARTS_MAX:
            self.back(CRASHED)
        elif self.wakes > WAKES_MAX:
            self.back(SILENT)
        else:
            self._save()

    def install(self, release: str) -> None:
        """A release lies there whole: at the next start it is looked at, and nothing else runs."""
        self.state, self.trying, self.starts = INSTALL, release, 0
        self._save()

    def refuse(self, release: str, reason: str) -> None:
        """It is not to be taken: all stays as it is."""
        self.state, self.failed, self.reason, self.trying = GOOD, release, reason, ""
        self._save()

    def try_other(self, release: str, counter: int) -> None:
        """The other slot holds it whole: that one starts next, on trial; first into the ROM."""
        self.trying, self.next = release, counter
        if self.place == ROM:
            self.state = LAY
        else:
            self.current, self.state = self.other, TRIAL
        self.starts = self.wakes = 0
        self._save()

    @property
    def aim(self) -> str:
        """In LAY: the slot whose copy is to lie in the ROM."""
        return self.other if self.trying else self.current

    def laid(self, is_whole: bool) -> None:
        """The copy of `aim` lies in the ROM, read back; or it cannot, and its files are used."""
        self.current, self.state = self.aim, TRIAL if self.trying else GOOD
        self.place = ROM if is_whole else FILES
        self.starts = self.wakes = 0
        self._save()

    def try_image(self, release: str, counter: int) -> None:
        """Another MicroPython starts next, on trial, with the same slot."""
        self.state, self.trying, self.next = IMAGE, release, counter
        self.starts = self.wakes = 0
        self._save()

    def good(self) -> None:
        """The gateway has answered what is on trial: it stays, and nothing older is taken."""
        self.state, self.floor = GOOD, max(self.floor, self.next)
        self.trying = self.failed = self.reason = ""
        self._save()

    def back(self, reason: str) -> None:
        """What is on trial has failed: the other slot, which was good, starts again. From an image
        that nobody called valid the boot loader goes back by itself, at the next reset."""
        is_laid = self.state == TRIAL and self.place == ROM
        if self.state == TRIAL:
            self.current = self.other
        self.state, self.starts = LAY if is_laid else GOOD, 0
        self.failed, self.reason, self.trying = self.trying, reason, ""
        self._save()

    def spare(self) -> None:
        """The flash does not take the count of this start: without one a program that crashes
        would start for ever. What was good runs, from its files; the line stands as it stood."""
        if self.state == TRIAL:
            self.current = self.other
        self.state, self.place = GOOD, FILES

    def line(self):  # type: ignore[no-untyped-def]
        """As `slot_file` has it."""
        numbers = [self.starts, self.wakes, self.floor, self.next]
        texts = [self.trying, self.failed, self.reason, self.place]
        return [self.current, self.state] + numbers + texts

    def _save(self) -> None:
        slot_file.write(self.folder, self.line())  # type: ignore[no-untyped-call]


def choose(machine, folder: str = "/", rom: str = ROM_FOLDER) -> str:  # type: ignore[no-untyped-def]
    """Put the slot that starts before all other modules; its state. `machine` is MicroPython's.

    Counts a start of what is not good, and goes back where that was one too many.
    """
    slots = Slots(folder)
    try:
        slots.begin(machine.reset_cause() == machine.DEEPSLEEP_RESET)
    except OSError:
        slots.spare()
    slot_file.enter(folder, slots.line(), rom)  # type: ignore[no-untyped-call]
    if slots.state in (TRIAL, IMAGE):
        _limit(machine, folder, slots.state)
    state: str = slots.state
    return state


def failed(folder: str, state: str, reason: "str | None") -> bool:
    """What started in `state` has come to its end, for this reason. Whether to start anew at once.

    A look at a release ends without a reason. A seal does not end: one that does on trial did not
    get along with its settings, and the slot is left; one that is good waits for the cable.
    """
    slots = Slots(folder)
    if state == slots.state and state in (TRIAL, IMAGE):
        slots.back(reason or ENDED)
        return True
    if state == INSTALL and slots.state == INSTALL:
        slots.refuse(slots.trying, reason or CRASHED)
    return state in (INSTALL, LAY)


def _limit(machine, folder: str, state: str) -> None:  # type: ignore[no-untyped-def]
    """Whatever the program on trial does, it does not do it for long without a receipt."""

    def over(_timer) -> None:  # type: ignore[no-untyped-def]
        if failed(folder, state, SILENT):
            machine.reset()

    timer = machine.Timer(0)
    timer.init(mode=machine.Timer.ONE_SHOT, period=TRIAL_MS, callback=over)
