"""What a start means, which pins to arm, how to come back to a network: decisions, no chip."""

import unittest

from sealnode import waking
from sealnode.hardware import COVER, MAGNET, REED
from sealnode.waking import FAST, LEARN, SCAN, STAY, Joining, Kept, Load

NUMBERS = [2, 6, 7]


class Starts(unittest.TestCase):
    def test_ten_starts_that_came_to_nothing_are_allowed(self):
        count = 0
        for _ in range(10):
            count = waking.boots(count, waking.WATCHDOG)
            self.assertFalse(waking.is_safe_mode(count))
        self.assertTrue(waking.is_safe_mode(waking.boots(count, waking.POWERED)))

    def test_a_wake_is_no_start(self):
        self.assertEqual(waking.boots(7, waking.WOKEN), 7)

    def test_the_count_does_not_run_over(self):
        self.assertEqual(waking.boots(255, waking.RESET), 255)

    def test_a_power_on_with_a_whole_memory_was_a_dip(self):
        self.assertEqual(waking.began(waking.POWERED, True), waking.DIPPED)
        self.assertEqual(waking.began(waking.POWERED, False), waking.POWERED)
        self.assertEqual(waking.began(waking.WATCHDOG, True), waking.WATCHDOG)

    def test_dips_bring_ever_longer_rests_up_to_an_hour(self):
        rests_s = [waking.rest_ms(dips) // 1000 for dips in range(10)]
        self.assertEqual(rests_s, [0, 0, 60, 120, 240, 480, 960, 1920, 3600, 3600])
        self.assertEqual(waking.rest_ms(255), 3_600_000)

    def test_the_cable_is_let_in_after_reset_with_the_case_open_only(self):
        causes = (waking.POWERED, waking.RESET, waking.DIPPED, waking.WATCHDOG, waking.WOKEN)
        opened = [waking.leaves_cable_open(cause, True) for cause in causes]
        self.assertEqual(opened, [True, True, True, False, False])
        self.assertFalse(any([waking.leaves_cable_open(cause, False) for cause in causes]))

    def test_the_chip_is_the_one_that_micropython_names(self):
        known = {"ESP32C6": 1, "ESP32S3": 2}
        self.assertEqual(waking.chip("Generic ESP32S3 module with ESP32S3", known), "ESP32S3")
        with self.assertRaises(ValueError):
            waking.chip("Generic ESP32H2 module with ESP32H2", known)


class WokenBy(unittest.TestCase):
    def test_the_pin_that_the_chip_latched(self):
        for reason in (waking.BY_EXT0, waking.BY_EXT1, waking.BY_GPIO):
            self.assertEqual(waking.woken_by(reason, (6,), 7, NUMBERS), [COVER])
        self.assertEqual(waking.woken_by(waking.BY_EXT1, (2, 7), 7, NUMBERS), [REED, MAGNET])

    def test_a_timer_is_no_edge_whatever_stands_in_the_latch(self):
        self.assertEqual(waking.woken_by(waking.BY_TIMER, (2,), 7, NUMBERS), [])

    def test_without_a_latch_the_one_that_was_armed(self):
        self.assertEqual(waking.woken_by(waking.BY_EXT1, None, 1 << COVER, NUMBERS), [COVER])
        self.assertEqual(waking.woken_by(waking.BY_GPIO, (), 7, NUMBERS), [REED])
        self.assertEqual(waking.woken_by(waking.BY_GPIO, None, 6, NUMBERS), [COVER])
        self.assertEqual(waking.woken_by(waking.BY_GPIO, None, 0, NUMBERS), [])

    def test_a_flip_flop_alone_names_no_switch(self):
        self.assertEqual(waking.woken_by(waking.BY_EXT1, (0,), 7, NUMBERS), [])

    def test_a_status_names_pins(self):
        self.assertEqual(waking.pins_in(0b1000_0100), (2, 7))


class FlipFlop(unittest.TestCase):
    def test_an_opening_that_nothing_else_saw_is_an_opening_and_a_shutting(self):
        self.assertEqual(waking.with_caught(0, [], 0, True, 460), [460, 459])

    def test_what_was_seen_anyway_is_told_once(self):
        for contact, ages_ms, level in ((0, [20], 1), (0, [300, 20], 0), (1, [], 1), (0, [], 1)):
            told = waking.with_caught(contact, ages_ms, level, True, 460)
            self.assertEqual(told, ages_ms)
        self.assertEqual(waking.with_caught(0, [], 0, False, 460), [])


class Arm(unittest.TestCase):
    def test_both_edges_of_every_switch_where_the_chip_can(self):
        self.assertEqual(waking.arm([1, 0, 1], 0, waking.MANY_PINS), ([COVER], [REED, MAGNET]))
        self.assertEqual(waking.arm([1, 0, 1], 0, waking.ONE_PIN), ([COVER], [REED]))

    def test_with_one_level_for_all_an_open_door_waits_for_its_shutting_alone(self):
        self.assertEqual(waking.arm([1, 0, 0], 0, waking.NO_PIN), ([], [REED]))
        self.assertEqual(waking.arm([0, 1, 0], 0, waking.NO_PIN), ([REED, MAGNET], []))

    def test_what_is_armed_is_never_at_its_level_already(self):
        for way in (waking.NO_PIN, waking.ONE_PIN, waking.MANY_PINS):
            for bits in range(8):
                for muted in range(8):
                    levels = [bits >> i & 1 for i in range(3)]
                    high, low = waking.arm(levels, muted, way)
                    self.assertFalse([s for s in high if levels[s] or muted >> s & 1])
                    self.assertFalse([s for s in low if not levels[s] or muted >> s & 1])


class Memory(unittest.TestCase):
    def test_it_comes_back_whole(self):
        kept = Kept()
        self.assertFalse(kept.is_whole)
        kept.seal, kept.armed, kept.dips, kept.caught = b"state", 5, 3, 2
        Load(kept).took(2870)
        Joining(kept).learn(11, b"abcdef", bytes(range(16)), 7_000)
        again = Kept(kept.pack())
        self.assertTrue(again.is_whole)
        self.assertEqual((again.seal, again.armed, again.dips, again.caught), (b"state", 5, 3, 2))
        self.assertEqual((again.channel, again.bssid), (11, b"abcdef"))
        self.assertEqual([Load(again).told(mv) for mv in (3200, 2850)], [2870, 2850])
        self.assertEqual((again.address, again.address_s), (bytes(range(16)), 7))

    def test_any_flipped_bit_forgets_everything(self):
        kept = Kept()
        kept.seal, kept.channel = b"state", 11
        data = kept.pack()
        for bit in range(len(data) * 8):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            again = Kept(bytes(flipped))
            self.assertEqual((again.is_whole, again.seal, again.channel), (False, b"", 0))

    def test_rubbish_is_nothing(self):
        for data in (b"", b"\xb2", bytes(36), b"\xff" * 200):
            self.assertFalse(Kept(data).is_whole)


class Network(unittest.TestCase):
    def test_as_last_time_for_five_seconds_then_a_full_scan(self):
        kept = Kept()
        kept.channel = 6
        joining = Joining(kept)
        steps = [(at, joining.step(at, False)) for at in range(0, 46_000, 100)]
        done = [(at, what) for at, what in steps if what != STAY]
        self.assertEqual(done, [(0, FAST), (5000, SCAN), (25_000, SCAN), (45_000, SCAN)])

    def test_without_a_memory_the_scan_comes_at_once_and_is_learnt_from(self):
        joining = Joining(Kept())
        self.assertEqual(joining.step(0, False), SCAN)
        self.assertEqual([joining.step(900, True), joining.step(1000, True)], [LEARN, STAY])

    def test_a_network_that_goes_while_it_is_used_is_searched_after_five_seconds(self):
        joining = Joining(Kept())
        joining.step(0, False)
        joining.step(1000, True)
        self.assertEqual([joining.step(5900, False), joining.step(6000, False)], [STAY, SCAN])

    def test_an_address_is_used_again_for_an_hour(self):
        joining = Joining(Kept())
        joining.learn(6, b"abcdef", bytes(16), 10_000)
        self.assertEqual(joining.address(3_609_000), bytes(16))
        self.assertIsNone(joining.address(3_611_000))
        self.assertIsNone(joining.address(9_000))  # the clock began anew

    def test_a_broker_out_of_reach_makes_a_fast_join_a_full_one(self):
        kept = Kept()
        kept.channel, kept.address = 6, bytes(16)
        joining = Joining(kept)
        joining.step(0, False)
        joining.step(300, True)
        self.assertTrue(joining.forget())
        self.assertEqual((kept.channel, kept.address), (0, None))
        self.assertEqual(joining.step(400, False), SCAN)
        self.assertFalse(joining.forget())  # nothing was kept: the network is not to blame

    def test_the_strongest_of_our_name_is_chosen(self):
        found = [(b"a", b"111111", 1, -20), (b"b", b"222222", 6, -80), (b"b", b"333333", 11, -50)]
        self.assertEqual(waking.strongest(found, b"b"), (11, b"333333"))
        self.assertIsNone(waking.strongest(found, b"c"))

    def test_addresses_as_bytes_and_back(self):
        parts = ("10.0.0.7", "255.255.255.0", "10.0.0.1", "1.2.3.254")
        self.assertEqual(waking.dotted_address(waking.packed_address(parts)), parts)
        for parts in (("",), ("10.0.0.7",), ("::1", "", "", ""), ("1.2.3.4",) * 3 + ("1.2.3.x",)):
            self.assertIsNone(waking.packed_address(parts))
