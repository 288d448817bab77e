"""Which slot starts, and from where: every way to good, and every way back."""

import os
import sys
import unittest

import flash

import chooser
import slot_file
from chooser import FILES, GOOD, INSTALL, LAY, ROM, TRIAL, Slots

RELEASE = "0123456789ab"


def on_trial(counter=7):
    slots = Slots(flash.empty_folder())
    slots.install(RELEASE)
    slots.try_other(RELEASE, counter)
    return slots


def in_rom(folder=None):
    """As `menshen flash` leaves a board with a ROMFS partition."""
    slots = Slots(folder or flash.empty_folder())
    slots.place = ROM
    slots.good()
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
            os.stat(slots.folder + slot_file.FILE)

    def test_a_line_that_is_none_is_the_first_slot(self):
        folder = flash.empty_folder()
        end = " 0 0 0 0 - - - "
        for line in (
            "",
            "c good" + end + "files",
            "b",
            "b bad" + end + "files",
            "b good" + end + "x",
            "b good 0 0 0 x - - - files",
            "b good 0 0 0 0 - 0123456 full files",
            "b good 0 0 0 0 - crash crashed files",
            b"b good 0 0 0 0 - - \xff\xfe files",
        ):
            with open(folder + slot_file.FILE, "wb") as file:
                file.write(line if isinstance(line, bytes) else line.encode())
            self.assertEqual(Slots(folder).current, "a", line)


class Starting(unittest.TestCase):
    def choose(self, slots, cause=1):
        """What starts after a reset of this cause: its state, and the machine as it is then."""
        path, machine = list(sys.path), FakeMachine(cause)
        try:
            state = chooser.choose(machine, slots.folder)
            self.assertEqual(sys.path[0], slots.folder + Slots(slots.folder).current)
        finally:
            sys.path[:] = path
        return state, machine

    def test_a_program_on_trial_that_crashes_or_ends_is_left_at_once(self):
        for reason in (chooser.CRASHED, chooser.ENDED):
            slots = on_trial()
            self.assertEqual(self.choose(slots)[0], TRIAL)
            self.assertTrue(chooser.failed(slots.folder, TRIAL, reason))
            after = Slots(slots.folder)
            self.assertEqual((after.current, after.state, after.reason), ("a", GOOD, reason))

    def test_one_that_goes_on_without_a_receipt_is_left_by_the_clock(self):
        slots = on_trial()
        _, machine = self.choose(slots)
        ((period, over),) = machine.timers
        self.assertEqual(period, chooser.TRIAL_MS)
        over(None)
        after = Slots(slots.folder)
        self.assertEqual((machine.resets, after.current, after.reason), (1, "a", chooser.SILENT))

    def test_the_clock_does_nothing_to_one_that_is_good(self):
        slots = on_trial()
        _, machine = self.choose(slots)
        Slots(slots.folder).good()
        machine.timers[0][1](None)
        after = Slots(slots.folder)
        self.assertEqual((machine.resets, after.current, after.state), (0, "b", GOOD))

    def test_a_good_program_that_crashes_stays(self):
        slots = Slots(flash.empty_folder())
        self.assertEqual(self.choose(slots)[0], GOOD)
        self.assertFalse(chooser.failed(slots.folder, GOOD, chooser.CRASHED))

    def test_a_program_that_became_good_is_not_left_when_it_crashes_later(self):
        slots = on_trial()
        slots.good()
        self.assertFalse(chooser.failed(slots.folder, TRIAL, chooser.CRASHED))
        self.assertEqual(Slots(slots.folder).current, "b")

    def test_a_look_that_crashes_refuses_the_release(self):
        slots = Slots(flash.empty_folder())
        slots.install(RELEASE)
        self.assertEqual(self.choose(slots)[0], INSTALL)
        self.assertTrue(chooser.failed(slots.folder, INSTALL, chooser.CRASHED))
        after = Slots(slots.folder)
        self.assertEqual((after.current, after.state, after.failed), ("a", GOOD, RELEASE))

    def test_a_wake_is_told_from_a_reset(self):
        slots = on_trial()
        self.choose(slots, FakeMachine.DEEPSLEEP_RESET)
        after = Slots(slots.folder)
        self.assertEqual((after.starts, after.wakes), (0, 1))


class Uncounted(unittest.TestCase):
    """The flash takes nothing: what was good starts, and nothing that might crash for ever."""

    def starts(self, slots):
        """(slot, state) of a start, and the line before and after it."""

        def full(folder, line):
            raise OSError(28, "full")

        path, known, before = list(sys.path), slot_file.write, slot_file.read(slots.folder)
        slot_file.write = full
        try:
            state = chooser.choose(FakeMachine(), slots.folder)
            slot = sys.path[0][len(slots.folder) :]
        finally:
            sys.path[:], slot_file.write = path, known
        self.assertEqual(slot_file.read(slots.folder), before)
        return slot, state

    def test_whatever_the_line_says(self):
        fresh = Slots(flash.empty_folder())
        fresh.install(RELEASE)
        image = Slots(flash.empty_folder())
        image.try_image(RELEASE, 7)
        laid = in_rom()
        laid.try_other(RELEASE, 7)
        self.assertEqual(laid.state, LAY)
        for slots in (fresh, on_trial(), image, laid):
            self.assertEqual(self.starts(slots), ("a", GOOD), slots.state)

    def test_also_where_that_start_would_have_been_one_too_many(self):
        slots = on_trial()
        for _ in range(chooser.STARTS_MAX):
            Slots(slots.folder).begin(False)
        self.assertEqual(self.starts(slots), ("a", GOOD))

    def test_one_that_takes_it_again_goes_on_where_it_was(self):
        slots = on_trial()
        self.starts(slots)
        again = Slots(slots.folder)
        again.begin(False)
        self.assertEqual((again.current, again.state, again.starts), ("b", TRIAL, 1))


class Laying(unittest.TestCase):
    """The slot decides, the ROM follows it."""

    def path(self, slots, is_there=True):
        """The state of a start, and where its modules come from."""
        rom = slots.folder + "rom"
        if "rom" not in os.listdir(slots.folder):
            os.mkdir(rom)
        if is_there:
            with open(rom + "/app.mpy", "w"):
                pass
        kept = list(sys.path)
        sys.path.append(rom)
        try:
            state = chooser.choose(FakeMachine(), slots.folder, rom)
            first, others = sys.path[0], sys.path[1:]
        finally:
            sys.path[:] = kept
        self.assertFalse(rom in others)  # a module that a slot lacks does not come from another's
        return state, "rom" if first == rom else first[len(slots.folder) :]

    def test_a_rom_is_used_where_it_is_there_and_else_its_slot_s_files(self):
        self.assertEqual(self.path(in_rom()), (GOOD, "rom"))
        self.assertEqual(self.path(in_rom(), is_there=False), (GOOD, "a"))
        self.assertEqual(self.path(Slots(flash.empty_folder())), (GOOD, "a"))

    def test_an_update_is_laid_first_by_the_program_that_was_good(self):
        slots = in_rom()
        slots.install(RELEASE)
        self.assertEqual(self.path(slots), (INSTALL, "rom"))
        slots = Slots(slots.folder)
        slots.try_other(RELEASE, 7)
        self.assertEqual((slots.aim, self.path(slots)), ("b", (LAY, "a")))
        slots = Slots(slots.folder)
        slots.laid(True)
        self.assertEqual(self.path(slots), (TRIAL, "rom"))
        slots = Slots(slots.folder)
        slots.good()
        after = Slots(slots.folder)
        self.assertEqual((after.current, after.state, after.place), ("b", GOOD, ROM))
        self.assertEqual(after.floor, 7)

    def test_after_a_trial_that_failed_the_one_before_is_laid_again(self):
        slots = in_rom()
        slots.install(RELEASE)
        slots.try_other(RELEASE, 7)
        slots.laid(True)
        self.assertEqual(self.path(slots), (TRIAL, "rom"))
        self.assertTrue(chooser.failed(slots.folder, TRIAL, chooser.CRASHED))
        after = Slots(slots.folder)
        self.assertEqual((after.current, after.state, after.aim), ("a", LAY, "a"))
        self.assertEqual(self.path(after), (LAY, "a"))
        after = Slots(slots.folder)
        after.laid(True)
        self.assertEqual(self.path(after), (GOOD, "rom"))
        self.assertEqual((after.failed, after.reason), (RELEASE, chooser.CRASHED))

    def test_what_cannot_be_laid_runs_from_its_files(self):
        slots = in_rom()
        slots.install(RELEASE)
        slots.try_other(RELEASE, 7)
        for _ in range(chooser.LAYS_MAX):  # the power, or a crash, each time
            self.assertEqual(self.path(Slots(slots.folder)), (LAY, "a"))
            self.assertTrue(chooser.failed(slots.folder, LAY, chooser.CRASHED))
        self.assertEqual(self.path(Slots(slots.folder)), (TRIAL, "b"))
        after = Slots(slots.folder)
        self.assertEqual((after.current, after.place), ("b", FILES))
