"""The seal's mind, driven by hand: what happened goes in, what to do comes out."""

import unittest

import flash

from sealnode import node as mind
from sealnode.node import CONNECT, DROP, SEND, SLEEP, Event, Node
from sealnode.spool import ENTRIES_MAX, Spool
from sealwire.report import BEAT, EDGE, OPEN, SHUT, TAMPER, UNKNOWN

BEAT_MS = 100_000


class Timeline:
    """A node, a clock, and what the node wants: `wants` collects (ms, effect, number)."""

    def __init__(self, mains=True, woken=False, dice=0, beat_ms=BEAT_MS):
        self.now_ms = 1_000_000
        self.dice = dice
        self.spool = Spool(flash.empty_folder())
        self.spool.boot()
        self.node = Node(self.spool, beat_ms, mains, self.throw, self.now_ms, woken)
        self.wants = []

    def throw(self, n):
        return min(self.dice, n - 1) if n > 0 else 0

    def tell(self, event):
        effects = self.node.step(event, self.now_ms)
        self.wants += [(self.now_ms, effect, number) for effect, number in effects]
        if (DROP, 0) in effects:
            self.down()
        return effects

    def edge(self, contact=OPEN):
        return self.tell(Event(mind.EDGED, contact, self.now_ms))

    def up(self):
        return self.tell(Event(mind.UP))

    def down(self):
        return self.tell(Event(mind.DOWN))

    def receipt(self, seq, counter, epoch=1):
        return self.tell(Event(mind.RECEIPTED, seq=seq, epoch=epoch, counter=counter))

    def run(self, ms):
        """Let time pass, stepping when the node asks for it. Ends early with a SLEEP."""
        end_ms = self.now_ms + ms
        steps = 0
        while True:
            due_ms = max(self.node.due_ms(self.now_ms), self.now_ms + 1)
            if due_ms > end_ms:
                break
            self.now_ms = due_ms
            if [effect for effect, _ in self.tell(Event(mind.TICK)) if effect == SLEEP]:
                return self
            steps += 1
            if steps > 100_000:
                raise AssertionError("the node asks to be called for ever")
        self.now_ms = end_ms
        return self

    def sent(self):
        return [number for _, effect, number in self.wants if effect == SEND]

    def times(self, effect, number=0):
        return [at for at, what, which in self.wants if (what, which) == (effect, number)]


def online(dice=0, beat_ms=BEAT_MS):
    line = Timeline(dice=dice, beat_ms=beat_ms)
    line.tell(Event(mind.FIRST, SHUT, line.now_ms))
    line.up()
    line.receipt(1, 1)
    line.wants = []
    return line


class Reports(unittest.TestCase):
    def test_the_first_reading_is_spooled_as_first_and_is_no_edge(self):
        line = Timeline()
        line.tell(Event(mind.FIRST, OPEN, line.now_ms))
        report = line.spool.report(0, line.now_ms)
        self.assertEqual((report.kind, report.first, report.edges), (EDGE, True, 0))
        self.assertTrue(report.seq > 0)

    def test_an_edge_goes_out_at_once(self):
        line = online()
        self.assertEqual(line.edge(OPEN), [(SEND, 2)])
        report = line.node.report(2, line.now_ms + 40, 3010)
        self.assertEqual((report.contact, report.kind, report.edges), (OPEN, EDGE, 1))
        self.assertEqual((report.age_ms, report.battery_mv), (40, 3010))

    def test_a_change_of_cover_or_magnet_goes_out_at_once_and_is_no_edge(self):
        line = online()
        tampered = Event(mind.TAMPERED, at_ms=line.now_ms, cover=True)
        self.assertEqual(line.tell(tampered), [(SEND, 2)])
        report = line.node.report(2, line.now_ms, None)
        self.assertEqual((report.kind, report.cover, report.edges), (TAMPER, True, 0))
        line.receipt(2, 2)
        line.run(BEAT_MS)
        self.assertTrue(line.node.report(0, line.now_ms, None).cover)

    def test_bounces_travel_with_the_next_report_once(self):
        line = online()
        line.node.bounces = 4
        line.edge()
        self.assertEqual(line.node.report(2, line.now_ms, None).bounces, 4)
        self.assertEqual(line.node.report(0, line.now_ms, None).bounces, 0)

    def test_a_report_of_before_the_reboot_has_no_age(self):
        line = online()
        line.edge()
        line.spool.boot()
        self.assertIsNone(line.node.report(2, line.now_ms, None).age_ms)

    def test_a_report_that_is_gone_is_not_made(self):
        self.assertIsNone(online().node.report(77, 0, None))


class Again(unittest.TestCase):
    def test_a_report_without_receipt_comes_again_after_1_2_4_to_30_seconds(self):
        for dice in (0, 10**9):
            line = online(dice, 86_400_000)
            line.edge()
            line.run(200_000)
            at = line.times(SEND, 2)
            waits = [later - sooner for sooner, later in zip(at, at[1:])]
            for wait, wanted in zip(waits, (1000, 2000, 4000, 8000, 16000, 30000, 30000)):
                self.assertTrue(wanted * 3 // 4 <= wait <= wanted * 5 // 4, (wait, wanted))
            self.assertTrue(len(waits) >= 6)

    def test_a_receipt_ends_it(self):
        line = online()
        line.edge()
        line.receipt(2, 2)
        line.run(BEAT_MS - 1000)
        self.assertEqual(line.sent(), [2])
        self.assertEqual(line.spool.count, 0)

    def test_four_wait_for_an_answer_at_most_and_each_receipt_lets_the_next_go(self):
        line = online()
        for i in range(10):
            line.edge((i + 1) % 2)
        self.assertEqual(line.sent(), [2, 3, 4, 5])
        line.receipt(2, 2)
        line.receipt(3, 3)
        self.assertEqual(line.sent(), [2, 3, 4, 5, 6, 7])

    def test_one_that_is_never_answered_holds_up_no_other(self):
        line = online()
        for i in range(12):
            line.edge((i + 1) % 2)
        for counter in range(2, 400):
            line.run(100)
            for seq in line.sent():
                if seq not in (2, 3, 4, 5):
                    line.receipt(seq, counter)
        self.assertEqual([line.spool.seq(i) for i in range(line.spool.count)], [2, 3, 4, 5])

    def test_who_hears_nothing_for_long_asks_with_one_at_a_time(self):
        line = online()
        for i in range(ENTRIES_MAX):
            line.edge((i + 1) % 2)
        line.run(20_000)
        late = [at for at, effect, _ in line.wants if effect == SEND and at > line.now_ms - 10_000]
        self.assertTrue(len(late) <= 11, len(late))
        line.receipt(2, 50)
        self.assertTrue(len([at for at, _, _ in line.wants if at == line.now_ms]) >= 3)

    def test_after_a_new_connection_everything_goes_out_again(self):
        line = online()
        line.edge()
        line.down()
        line.wants = []
        self.assertEqual(line.up(), [(SEND, 2)])

    def test_an_old_receipt_is_true_but_no_sign_of_life(self):
        line = online()
        line.edge()
        line.edge(SHUT)
        silent_ms = line.node._silent_ms
        line.receipt(2, 1)  # a counter that was heard before
        line.receipt(3, 9, epoch=7)  # another epoch
        self.assertEqual(line.spool.count, 0)
        self.assertEqual(line.node._silent_ms, silent_ms)


class Beats(unittest.TestCase):
    def test_a_beat_comes_when_nothing_else_did_for_its_time(self):
        for dice in (0, 10**9):
            line = online(dice)
            line.edge()
            line.receipt(2, 2)
            line.run(BEAT_MS)
            (at,) = line.times(SEND, 0)
            self.assertTrue(BEAT_MS * 9 // 10 <= at - line.wants[0][0] <= BEAT_MS)

    def test_a_beat_tells_contact_and_edges_and_is_never_spooled(self):
        line = online()
        line.edge(OPEN)
        line.receipt(2, 2)
        line.run(BEAT_MS)
        report = line.node.report(0, line.now_ms, None)
        self.assertEqual(
            (report.kind, report.seq, report.contact, report.edges), (BEAT, 0, OPEN, 1)
        )
        self.assertEqual(line.spool.count, 0)

    def test_beats_go_on_for_as_long_as_there_are_receipts(self):
        line = online(dice=10**9)
        for counter in range(2, 30):
            line.run(BEAT_MS)
            line.receipt(0, counter)
        self.assertEqual(line.times(DROP), [])
        self.assertTrue(28 <= len(line.times(SEND, 0)) <= 32)

    def test_a_connection_without_anything_to_say_begins_with_a_beat(self):
        line = online()
        line.down()
        self.assertEqual(line.up(), [(SEND, 0)])


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
        line.run(BEAT_MS)
        beat_ms = line.times(SEND, 0)[0]
        line.run(3 * BEAT_MS)
        self.assertEqual(line.times(DROP)[0], beat_ms + 2 * BEAT_MS)

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

    def test_a_woken_seal_says_its_beat_and_sleeps_after_the_receipt(self):
        line = self.connected()
        self.assertEqual(line.sent(), [0])
        self.assertEqual(line.receipt(0, 1), [(SLEEP, BEAT_MS)])

    def test_it_does_not_sleep_before_every_report_has_its_receipt(self):
        line = Timeline(mains=False, woken=True)
        line.edge(OPEN)
        line.edge(SHUT)
        line.up()
        self.assertEqual(line.receipt(1, 1), [])
        self.assertEqual([effect for effect, _ in line.receipt(2, 2)], [SLEEP])

    def test_without_a_receipt_it_sleeps_after_20_seconds_and_longer_each_time(self):
        line = self.connected()
        line.run(25_000)
        sleeps = [ms for _, effect, ms in line.wants if effect == SLEEP]
        self.assertEqual(sleeps[0], mind.RETRY_MS)
        line.node.misses = 5
        line.tell(Event(mind.TICK))
        self.assertEqual(line.wants[-1][1:], (SLEEP, BEAT_MS))

    def test_without_a_network_it_sleeps_after_20_seconds_too(self):
        line = Timeline(mains=False, woken=True)
        start_ms = line.now_ms
        line.edge()
        line.run(mind.AWAKE_MS_MAX)
        self.assertEqual(line.wants[-1][:2], (start_ms + mind.AWAKE_MS_MAX, SLEEP))

    def test_a_mains_seal_never_sleeps(self):
        line = online()
        line.run(10 * BEAT_MS)
        self.assertEqual([w for w in line.wants if w[1] == SLEEP], [])

    def test_before_any_reading_the_contact_is_unknown(self):
        self.assertEqual(Timeline().node.contact, UNKNOWN)
