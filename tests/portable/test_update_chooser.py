"""Which slot starts: every way to good, and every way back."""

import os
import unittest

import flash

import chooser
from chooser import GOOD, INSTALL, TRIAL, Slots

RELEASE = "0123456789ab"


def on_trial(counter=7):
    slots = Slots(flash.empty_folder())
    slots.install(RELEASE)
    slots.try_other(RELEASE, counter)
    return slots


class FakeMachine:
    """A chip whose resets a test sees."""

    DEEPSLEEP_RESET = 4

    def __init__(self, cause=1):
        self.cause, self.resets, self.timers = cause, 0, []
        made = self

        class Timer:
            ONE_SHOT = 0

            def __init__(self, number):
                pass

            def init(self, mode, period, callback):
                made.timers.append((period, callback))

        self.Timer = Timer

    def reset_cause(self):
        return self.cause

    def reset(self):
        self.resets += 1


class Choosing(unittest.TestCase):
    def test_without_a_file_the_first_slot_is_good(self):
        slots = Slots(flash.empty_folder())
        self.assertEqual((slots.current, slots.state, slots.floor), ("a", GOOD, 0))

    def test_what_is_written_is_read_again(self):
        slots = on_trial()
        again = Slots(slots.folder)
        self.assertEqual(again.__dict__, slots.__dict__)
        self.assertEqual((again.current, again.state, again.trying), ("b", TRIAL, RELEASE))

    def test_a_receipt_makes_it_good_and_the_floor_rises(self):
        slots = on_trial(9)
        slots.good()
        again = Slots(slots.folder)
        self.assertEqual((again.current, again.state, again.floor), ("b", GOOD, 9))
        self.assertEqual((again.failed, again.trying), ("", ""))

    def test_the_third_start_without_a_receipt_goes_back(self):
        slots = on_trial()
        for _ in range(chooser.STARTS_MAX):
            slots = Slots(slots.folder)
            slots.begin(False)
            self.assertEqual((slots.current, slots.state), ("b", TRIAL))
        slots = Slots(slots.folder)
        slots.begin(False)
        self.assertEqual((slots.current, slots.state, slots.floor), ("a", GOOD, 0))
        self.assertEqual((slots.failed, slots.reason), (RELEASE, chooser.CRASHED))

    def test_a_wake_from_deep_sleep_is_no_failed_start(self):
        slots = on_trial()
        slots.begin(False)
        for _ in range(chooser.WAKES_MAX):
            slots = Slots(slots.folder)
            slots.begin(True)
            self.assertEqual((slots.current, slots.state, slots.starts), ("b", TRIAL, 1))
        slots.begin(True)  # but one after the other without a receipt is
        self.assertEqual((slots.current, slots.reason), ("a", chooser.SILENT))

    def test_looking_at_a_release_that_kills_the_program_is_given_up(self):
        slots = Slots(flash.empty_folder())
        slots.install(RELEASE)
        for _ in range(chooser.INSTALLS_MAX):
            slots = Slots(slots.folder)
            slots.begin(False)
            self.assertEqual(slots.state, INSTALL)
        slots.begin(False)
        self.assertEqual((slots.current, slots.state, slots.failed), ("a", GOOD, RELEASE))

    def test_a_good_slot_s_starts_cost_no_write(self):
        slots = Slots(flash.empty_folder())
        slots.begin(False)
        with self.assertRaises(OSError):
            os.stat(slots.folder + chooser.FILE)

    def test_a_line_that_is_none_is_the_first_slot(self):
        folder = flash.empty_folder()
        for line in ("", "c good 0 0 0 0 - - -", "b", "b bad 0 0 0 0 - - -"):
            with open(folder + chooser.FILE, "w") as file:
                file.write(line)
            self.assertEqual(Slots(folder).current, "a")


class Starting(unittest.TestCase):
    def start(self, slots, program, machine=None):
        """Start what a slot holds: `program`, in the place of its module `app`."""
        import sys

        class App:
            main = staticmethod(program)

        machine = machine or FakeMachine()
        known, path = sys.modules.get("app"), list(sys.path)
        sys.modules["app"] = App
        chooser.TROUBLE_S, trouble_s = 0, chooser.TROUBLE_S
        try:
            chooser.main(machine, slots.folder)
        finally:
            chooser.TROUBLE_S = trouble_s
            sys.path[:] = path
            if known is None:
                del sys.modules["app"]
            else:
                sys.modules["app"] = known
        return machine, Slots(slots.folder)

    def test_a_program_on_trial_that_crashes_is_left_at_once(self):
        def crash(_):
            raise ImportError("no module named 'sealnode.nothing'")

        machine, slots = self.start(on_trial(), crash)
        self.assertEqual(machine.resets, 1)
        self.assertEqual((slots.current, slots.reason), ("a", chooser.CRASHED))

    def test_one_that_ends_is_left(self):
        machine, slots = self.start(on_trial(), lambda _: None)
        self.assertEqual((machine.resets, slots.current, slots.reason), (1, "a", chooser.ENDED))

    def test_one_that_goes_on_without_a_receipt_is_left_by_the_clock(self):
        machine, reached = FakeMachine(), []

        def go_on(slots):
            ((period, over),) = machine.timers
            self.assertEqual(period, chooser.TRIAL_MS)
            over(None)
            reached.append(slots.current)

        _, slots = self.start(on_trial(), go_on, machine)
        self.assertEqual(reached, ["a"])
        self.assertEqual((slots.current, slots.reason), ("a", chooser.SILENT))

    def test_the_clock_does_nothing_to_one_that_is_good(self):
        machine = FakeMachine()

        def be_good(slots):
            slots.good()
            for _, over in machine.timers:
                over(None)

        _, slots = self.start(on_trial(), be_good, machine)
        self.assertEqual((machine.resets, slots.current, slots.state), (0, "b", GOOD))

    def test_a_good_program_that_crashes_starts_again_and_stays(self):
        def crash(_):
            raise ValueError("a bug")

        machine, slots = self.start(Slots(flash.empty_folder()), crash)
        self.assertEqual((machine.resets, slots.current, slots.state), (1, "a", GOOD))
