"""When a seal connects, lets go, and sleeps."""

import unittest

from seal_timeline import HEARTBEAT_MS, Timeline, online

from sealnode import node as mind
from sealnode.node import AWAKE_MS_MAX, CONNECT, DROP, SEARCH_MS_MAX, SEND, SLEEP, Event
from sealwire.report import OPEN, SHUT, UNKNOWN


class Connections(unittest.TestCase):
    def test_a_new_seal_spreads_its_first_connection_over_a_second(self):
        for dice, wait in ((0, 0), (10**9, 999)):
            line = Timeline(dice=dice)
            start_ms = line.now_ms
            line.tell(Event(mind.FIRST, SHUT, line.now_ms))
            line.run(2000)
            self.assertEqual(line.times(CONNECT), [start_ms + wait])

    def test_a_woken_seal_connects_at_once(self):
        line = Timeline(dice=10**9, woken=True)
        self.assertEqual(line.tell(Event(mind.TICK)), [(CONNECT, 0)])

    def test_connections_are_tried_after_1_2_4_to_60_seconds_less_up_to_a_half(self):
        for dice in (0, 10**9):
            line = online(dice)
            line.down()
            down_ms, waits = line.now_ms, []
            for _ in range(9):
                line.wants = []
                line.run(61_000)
                waits.append(line.times(CONNECT)[0] - down_ms)
                line.down()
                down_ms = line.now_ms
            for wait, wanted in zip(waits, (1, 2, 4, 8, 16, 32, 60, 60, 60)):
                self.assertTrue(wanted * 500 <= wait <= wanted * 1000, (wait, wanted))

    def test_an_edge_does_not_wait_for_the_back_off(self):
        line = online()
        for _ in range(8):
            line.down()
            line.run(61_000)
        line.down()
        line.run(1500)
        line.wants = []
        self.assertEqual(line.edge(), [(CONNECT, 0)])

    def test_not_even_an_edge_asks_again_within_the_first_second(self):
        line = online()
        for _ in range(8):
            line.down()
            line.run(61_000)
        line.down()
        line.wants = []
        down_ms = line.now_ms
        self.assertEqual(line.edge(), [])
        line.run(5000)
        self.assertEqual(line.times(CONNECT), [down_ms + 1000])

    def test_no_second_connection_is_wanted_while_one_is_tried(self):
        line = Timeline()
        line.run(60_000)
        line.edge()
        line.run(60_000)
        self.assertEqual(len(line.times(CONNECT)), 1)

    def test_without_a_sign_of_the_gateway_the_connection_is_dropped(self):
        line = online()
        line.run(HEARTBEAT_MS)
        heartbeat_ms = line.times(SEND, 0)[0]
        line.run(3 * HEARTBEAT_MS)
        self.assertEqual(line.times(DROP)[0], heartbeat_ms + 2 * HEARTBEAT_MS)

    def test_the_back_off_ends_with_a_receipt_and_not_with_a_connection(self):
        line = online()
        for _ in range(5):
            line.run(40_000)
            line.down()
            line.run(61_000)
            line.up()
        self.assertTrue(line.node.misses > 2)
        line.receipt(0, 99)
        self.assertEqual(line.node.misses, 0)


class Battery(unittest.TestCase):
    def connected(self, dice=0):
        line = Timeline(mains=False, woken=True, dice=dice)
        line.node.contact = SHUT
        line.tell(Event(mind.TICK))
        line.up()
        return line

    def test_a_woken_seal_says_its_heartbeat_and_sleeps_after_the_receipt(self):
        line = self.connected()
        self.assertEqual(line.sent(), [0])
        self.assertEqual(line.receipt(0, 1), [(SLEEP, HEARTBEAT_MS)])

    def test_it_does_not_sleep_before_every_report_has_its_receipt(self):
        line = Timeline(mains=False, woken=True)
        line.edge(OPEN)
        line.edge(SHUT)
        line.up()
        self.assertEqual(line.receipt(1, 1), [(SEND, 2)])
        self.assertEqual([effect for effect, _ in line.receipt(2, 2)], [SLEEP])

    def test_without_a_receipt_it_sleeps_after_20_seconds_and_longer_each_time(self):
        line = self.connected()
        line.run(25_000)
        sleeps = [ms for _, effect, ms in line.wants if effect == SLEEP]
        self.assertEqual(sleeps[0], mind.RETRY_MS)
        line.node.misses = 5
        line.tell(Event(mind.TICK))
        self.assertEqual(line.wants[-1][1:], (SLEEP, HEARTBEAT_MS))

    def test_without_a_network_it_sleeps_after_20_seconds_too(self):
        line = Timeline(mains=False, woken=True)
        start_ms = line.now_ms
        line.edge()
        line.run(mind.AWAKE_MS_MAX)
        self.assertEqual(line.wants[-1][:2], (start_ms + mind.AWAKE_MS_MAX, SLEEP))

    def test_a_mains_seal_never_sleeps(self):
        line = online()
        line.run(10 * HEARTBEAT_MS)
        self.assertEqual([w for w in line.wants if w[1] == SLEEP], [])

    def test_before_any_reading_the_contact_is_unknown(self):
        self.assertEqual(Timeline().node.contact, UNKNOWN)


class Searching(unittest.TestCase):
    def test_a_battery_gives_a_network_that_two_wakes_did_not_find_less_time(self):
        for misses, awake_ms in ((0, AWAKE_MS_MAX), (1, AWAKE_MS_MAX), (2, SEARCH_MS_MAX)):
            line = Timeline(mains=False, woken=True)
            line.node.misses = misses
            line.edge()
            line.run(60_000)
            ((at_ms, _, _),) = [want for want in line.wants if want[1] == SLEEP]
            self.assertEqual(at_ms - 1_000_000, awake_ms)
