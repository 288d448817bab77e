"""Which of the two slots starts, and the way back from one that does not. Never updated itself.

The program lies twice on the flash, in the folders `a` and `b`, the newer in one and the one before
in the other. The file `slot` says which starts and how it stands, in one line, so that no power cut
can come between the two; it is replaced whole.

    good ──(a release was pulled)──▶ install ──(it is genuine)──▶ trial ──(first receipt)──▶ good
      ▲                                 │                           │
      └─────────────(refused)───────────┴────(it fails: the other slot starts again)────────┘

On trial every start is counted before anything else runs, for what follows may crash. A wake from
deep sleep is no failed start; but a seal that wakes on and on without a receipt fails as well.
"""

import os
import sys
import time

FILE, FRESH = "slot", "slot.new"
GOOD, TRIAL, INSTALL = "good", "trial", "install"
CRASHED, SILENT, ENDED = "crashed", "silent", "ended"  # why a slot on trial was left
STARTS_MAX = 2  # of a slot on trial, without a receipt: the second may be somebody's loose battery
WAKES_MAX = 4  # from deep sleep, likewise: some two heartbeats
INSTALLS_MAX = 3
TRIAL_MS = 180_000  # awake without a receipt: less than two heartbeats of 100 s
TROUBLE_S = 30
_NOTHING = "-"


class Slots:
    """The line in `slot`: which slot starts, and what is to be known of the last update.

    `floor` is the counter of the newest release that was ever good: nothing up to it is taken.
    `failed` is the id of the release that failed last, and `reason` a word for why, both empty if
    none did since the last good one.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder  # with a slash behind
        self.current, self.state = "a", GOOD
        self.starts = self.wakes = 0
        self.floor = self.next = 0
        self.trying = self.failed = self.reason = ""
        try:
            with open(folder + FILE) as file:
                words = file.read(128).split()
        except OSError:  # no update was ever taken
            return
        if len(words) == 9 and words[0] in ("a", "b") and words[1] in (GOOD, TRIAL, INSTALL):
            self.current, self.state = words[0], words[1]
            self.starts, self.wakes = int(words[2]), int(words[3])
            self.floor, self.next = int(words[4]), int(words[5])
            texts = ["" if word == _NOTHING else word for word in words[6:]]
            self.trying, self.failed, self.reason = texts

    @property
    def other(self) -> str:
        """The slot that does not start."""
        return "b" if self.current == "a" else "a"

    def begin(self, slept: bool) -> None:
        """A start, or a wake from deep sleep. Before anything that can crash; may go back."""
        if self.state == GOOD:
            return
        if self.state == TRIAL and slept:
            self.wakes += 1
        else:
            self.starts += 1
        if self.state == INSTALL and self.starts > INSTALLS_MAX:
            self.refuse(self.trying, CRASHED)
        elif self.state == TRIAL and self.starts > STARTS_MAX:
            self.back(CRASHED)
        elif self.state == TRIAL and self.wakes > WAKES_MAX:
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
        """The other slot holds it whole: that one starts next, on trial."""
        self.current, self.state = self.other, TRIAL
        self.starts = self.wakes = 0
        self.trying, self.next = release, counter
        self._save()

    def good(self) -> None:
        """The gateway has answered the slot on trial: it stays, and nothing older is taken."""
        self.state, self.floor = GOOD, max(self.floor, self.next)
        self.trying = self.failed = self.reason = ""
        self._save()

    def back(self, reason: str) -> None:
        """The slot on trial has failed: the other one, which was good, starts again."""
        self.current, self.state = self.other, GOOD
        self.failed, self.reason, self.trying = self.trying, reason, ""
        self._save()

    def _save(self) -> None:
        numbers = "%d %d %d %d" % (self.starts, self.wakes, self.floor, self.next)
        texts = [text or _NOTHING for text in (self.trying, self.failed, self.reason)]
        with open(self.folder + FRESH, "w") as file:
            file.write("%s %s %s %s %s %s\n" % tuple([self.current, self.state, numbers] + texts))
        os.rename(self.folder + FRESH, self.folder + FILE)


def main(machine, folder: str = "/") -> None:  # type: ignore[no-untyped-def]
    """Start what is to start. `machine` is MicroPython's. Returns for the person at a cable."""
    slots = Slots(folder)
    slots.begin(machine.reset_cause() == machine.DEEPSLEEP_RESET)
    sys.path.insert(0, folder + slots.current)
    try:
        if _start(machine, slots):
            return
    except Exception as error:  # noqa: BLE001 - nobody is there to read it but the cable
        _tell(error)
        if slots.state == TRIAL:
            slots.back(CRASHED)
        elif slots.state == INSTALL:
            slots.refuse(slots.trying, CRASHED)
        else:
            time.sleep(TROUBLE_S)
    machine.reset()


def _start(machine, slots: Slots) -> bool:  # type: ignore[no-untyped-def]
    """Run what the slot holds; whether the board is to be left to the person at its cable."""
    if slots.state == INSTALL:
        __import__("sealupdate.install")
        sys.modules["sealupdate.install"].run(slots)
        return False
    if slots.state == TRIAL:
        _limit(machine, slots)
    __import__("app")
    sys.modules["app"].main(slots)
    if slots.state == TRIAL:  # a seal does not end: this one did not get along with its settings
        slots.back(ENDED)
        return False
    return True


def _limit(machine, slots: Slots) -> None:  # type: ignore[no-untyped-def]
    """Whatever the program on trial does, it does not do it for long without a receipt."""

    def over(_timer) -> None:  # type: ignore[no-untyped-def]
        if slots.state == TRIAL:
            slots.back(SILENT)
            machine.reset()

    timer = machine.Timer(0)
    timer.init(mode=machine.Timer.ONE_SHOT, period=TRIAL_MS, callback=over)


def _tell(error: Exception) -> None:
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        print("seal:", repr(error))  # noqa: T201 - the other Python, on a bench
