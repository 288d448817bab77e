"""A seal's day on a board: good and bad starts, safe mode, and who is let in by cable."""

import unittest

from sealnode import running, waking


class Seal:
    """Sleeps after so many polls; each takes `step_ms`."""

    def __init__(self, board, polls, receipts=0):
        self.board, self.polls, self.receipts = board, polls, receipts
        self.asleep = False
        self.safe = None

    def poll(self, now_ms):
        self.polls -= 1
        self.asleep = self.polls <= 0
        self.board.ms += self.board.step_ms
        return 0

    def wait(self, ms):
        return True


class Board:
    def __init__(self, cause=waking.POWERED, is_open=False, dipped=0, step_ms=1000):
        self.cause, self._is_open, self._dipped, self.step_ms = cause, is_open, dipped, step_ms
        self.ms, self.did = 5000, []

    def now_ms(self):
        return self.ms

    def is_case_open(self):
        return self._is_open

    def dips(self):
        return self._dipped

    def well(self, boots=0):
        self.did.append(("well", boots, self.ms - 5000))

    def restart(self):
        self.did.append(("restart",))

    def remember(self, state):
        self.did.append(("remember", state))

    def sleep(self, ms, muted=0):
        self.did.append(("sleep", ms))


def live(board, boots=1, polls=10, receipts=0, mains=True, on_trial=False):
    """What the board did, whether the seal was a safe one, and who was let in when."""
    made, let_in = [], []

    def make(safe):
        made.append(safe)
        return Seal(board, polls, receipts)

    def let(is_open):
        let_in.append((is_open, board.ms - 5000))

    board.boots = lambda: boots
    running.live(board, make, mains, let, on_trial)
    return board.did, made, let_in


class Starts(unittest.TestCase):
    def test_a_start_is_good_with_its_first_receipt(self):
        did, made, _ = live(Board(), receipts=1)
        self.assertEqual((did, made), ([("well", 0, 0)], [False]))

    def test_or_after_five_minutes_without_one(self):
        did, _, _ = live(Board(), polls=400)
        self.assertEqual(did, [("well", 0, waking.WELL_MS)])

    def test_one_that_sleeps_sooner_stays_counted(self):
        self.assertEqual(live(Board(), polls=200)[0], [])

    def test_a_wake_after_a_good_start_writes_nothing(self):
        self.assertEqual(live(Board(waking.WOKEN), boots=0, receipts=1)[0], [])


class SafeMode(unittest.TestCase):
    def test_after_ten_bad_starts_the_seal_is_a_safe_one(self):
        self.assertEqual([live(Board(), boots)[1] for boots in (10, 11, 255)],
                         [[False], [True], [True]])  # fmt: skip

    def test_a_receipt_does_not_end_it_but_six_hours_do(self):
        hours = Board(step_ms=60_000)
        did, _, _ = live(hours, 11, polls=1000, receipts=1)
        self.assertEqual(did, [("well", 9, running.SAFE_MS), ("restart",)])
        count = waking.boots(9, waking.RESET)
        self.assertFalse(waking.is_safe_mode(count))
        self.assertTrue(waking.is_safe_mode(waking.boots(count, waking.WATCHDOG)))

    def test_a_program_on_trial_is_whole_for_the_bad_starts_were_another_s(self):
        did, made, _ = live(Board(), 255, receipts=1, on_trial=True)
        self.assertEqual((did, made), ([("well", 0, 0)], [False]))


class Cable(unittest.TestCase):
    def test_who_has_the_case_open_is_let_in_for_five_seconds(self):
        let_in = live(Board(waking.RESET, is_open=True), polls=20)[2]
        self.assertEqual(let_in, [(True, 0), (False, waking.CABLE_MS)])

    def test_nobody_else_is(self):
        for cause, is_open in (
            (waking.POWERED, False),
            (waking.WOKEN, True),
            (waking.WATCHDOG, True),
        ):
            self.assertEqual(live(Board(cause, is_open), polls=20)[2], [(False, 0)])

    def test_a_bench_is_never_shut(self):
        self.assertEqual(live(Board(waking.NOT_TOLD), polls=20)[2], [])


class Dips(unittest.TestCase):
    def test_cells_that_dip_are_let_recover_before_the_radio_is_tried(self):
        did, made, _ = live(Board(waking.DIPPED, dipped=3), mains=False)
        self.assertEqual((did, made), ([("remember", b""), ("sleep", 120_000)], []))

    def test_not_on_mains_and_not_while_somebody_has_the_case_open(self):
        self.assertEqual(live(Board(waking.DIPPED, dipped=3))[1], [False])
        self.assertEqual(live(Board(waking.DIPPED, True, dipped=3), mains=False)[1], [False])

    def test_a_first_receipt_ends_the_count_of_dips_too(self):
        did, _, _ = live(Board(waking.WOKEN, dipped=3), 0, receipts=1)
        self.assertEqual(did, [("well", 0, 0)])
