"""A switch that flutters: all is counted, little is told, and what is told is true."""

import unittest

from sealnode.flutter import EDGES, PACE_MS, PACE_MS_MAX, QUIET_MS, Flutter


def toggles(flutter, every_ms, until_ms, since_ms=0, step_ms=50):
    """Toggle a switch that begins low: all that is told, as (told at, level, at, count)."""
    told, level, next_ms = [], 0, since_ms
    for now_ms in range(since_ms, until_ms, step_ms):
        edges = []
        if now_ms >= next_ms:
            level, next_ms = 1 - level, next_ms + every_ms
            edges = [(level, now_ms)]
        told += [(now_ms, lv, at, count) for lv, at, count in flutter.sift(edges, now_ms)]
    return told, level


class Ordinary(unittest.TestCase):
    def test_a_dozen_edges_at_once_go_out_as_they_come(self):
        told, _ = toggles(Flutter(True, 0), 300, 3500)
        self.assertEqual([count for _, _, _, count in told], [1] * EDGES)

    def test_six_edges_a_minute_go_out_for_ever(self):
        told, _ = toggles(Flutter(True, 0), PACE_MS, 3_600_000, step_ms=500)
        self.assertEqual(len(told), 360)
        self.assertTrue(all([now_ms == at for now_ms, _, at, _ in told]))


class Fluttering(unittest.TestCase):
    def test_beyond_that_one_report_in_ten_seconds_counts_them_all(self):
        flutter = Flutter(True, 0)
        told, _ = toggles(flutter, 250, 600_000)
        later = [now_ms for now_ms, _, _, _ in told[EDGES:]]
        gaps = [b - a for a, b in zip(later, later[1:])]
        self.assertTrue(min(gaps) >= PACE_MS - 50, min(gaps))
        self.assertTrue(len(told) <= EDGES + 60)
        self.assertEqual(sum([count for _, _, _, count in told]) + flutter.held, 2400)

    def test_level_and_count_agree(self):
        told, _ = toggles(Flutter(True, 0), 350, 300_000)
        edges = 0
        for _, level, at_ms, count in told:
            edges += count
            self.assertEqual(level, edges & 1)
            self.assertEqual(at_ms // 350 + 1, edges) if at_ms % 350 == 0 else None

    def test_what_is_held_when_it_comes_to_rest_is_told_with_its_time(self):
        flutter = Flutter(True, 0)
        told, _ = toggles(flutter, 250, 5000)
        self.assertTrue(flutter.held > 0)
        due_ms = flutter.due_ms()
        self.assertEqual(flutter.sift([], due_ms - 1), [])
        ((_, at_ms, count),) = flutter.sift([], due_ms)
        self.assertEqual((at_ms, count + sum([one[3] for one in told])), (4750, 20))
        self.assertIsNone(flutter.due_ms())

    def test_a_bounded_count(self):
        flutter = Flutter(True, 0)
        for _ in range(700):
            flutter.sift([(1, 0), (0, 0)] * 50, 0)
        self.assertEqual(flutter.held, 0xFFFF)


class OnBatteries(unittest.TestCase):
    def test_the_pace_doubles_up_to_four_minutes(self):
        flutter, now_ms, waits = Flutter(False, 0), 0, []
        for _ in range(30):
            while not flutter.muted_ms(now_ms):
                flutter.sift([(0, now_ms)], now_ms)
            waits.append(flutter.muted_ms(now_ms))
            now_ms += waits[-1]
        self.assertEqual(waits[0], 2 * PACE_MS)
        self.assertEqual(waits[-1], PACE_MS_MAX)
        self.assertEqual(sorted(waits), waits)

    def test_a_quiet_minute_that_might_have_woken_it_brings_back_the_first_pace(self):
        flutter, now_ms = Flutter(False, 0), 0
        for _ in range(30):  # down to the slowest
            while not flutter.muted_ms(now_ms):
                flutter.sift([(0, now_ms)], now_ms)
            now_ms += flutter.muted_ms(now_ms)
        now_ms += QUIET_MS
        self.assertEqual(flutter.muted_ms(now_ms), 0)
        self.assertEqual(len(flutter.sift([(1, now_ms)], now_ms)), 1)
        self.assertTrue(flutter.muted_ms(now_ms) <= 2 * PACE_MS)

    def test_a_quiet_while_brings_all_tokens_back(self):
        flutter = Flutter(False, 0)
        flutter.sift([(i & 1, 0) for i in range(40)], 0)
        self.assertTrue(flutter.muted_ms(100))
        now_ms = 100 + 2 * PACE_MS * EDGES + QUIET_MS
        self.assertEqual(flutter.muted_ms(now_ms), 0)
        flutter.sift([], now_ms)
        told = flutter.sift([(i & 1, now_ms) for i in range(EDGES - 1)], now_ms)
        self.assertEqual([count for _, _, count in told], [1] * (EDGES - 1))

    def test_a_mains_seal_keeps_its_pace(self):
        flutter = Flutter(True, 0)
        toggles(flutter, 250, 600_000)
        self.assertTrue(flutter.muted_ms(600_000) <= PACE_MS)

    def test_it_goes_on_after_a_deep_sleep(self):
        far_ms = 5_000_000_000  # more than four bytes hold
        flutter = Flutter(False, far_ms)
        flutter.sift([(1 - i & 1, far_ms + i) for i in range(17)], far_ms + 20)
        woken = Flutter(False, far_ms + 900, 1, flutter.pack())
        self.assertEqual(woken.held, 5)
        self.assertEqual(woken.muted_ms(far_ms + 900), flutter.muted_ms(far_ms + 900))
        ((level, _, count),) = woken.sift([], far_ms + 30_000)
        self.assertEqual((level, count), (1, 5))

    def test_rubbish_is_a_fresh_start(self):
        for state in (b"", b"x", bytes(8)):
            self.assertEqual(Flutter(False, 0, 0, state).muted_ms(0), 0)
        self.assertTrue(Flutter(False, 0, 0, b"\xff" * 11).held)
