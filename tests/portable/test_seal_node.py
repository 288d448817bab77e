"""What a seal says, and how often: driven by hand, what happened in, what to do out."""

import unittest

from seal_timeline import HEARTBEAT_MS, Timeline, online

from sealnode import node as mind
from sealnode.node import DROP, SEND, Event
from sealnode.spool import ENTRIES_MAX
from sealwire.report import EDGE, HEARTBEAT, OPEN, SHUT, TAMPER


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
        line.run(HEARTBEAT_MS)
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
        line.run(HEARTBEAT_MS - 1000)
        self.assertEqual(line.sent(), [2])
        self.assertEqual(line.spool.count, 0)

    def test_reports_go_one_at_a_time_and_in_order(self):
        line = online()
        for i in range(10):
            line.edge((i + 1) % 2)
        self.assertEqual(line.sent(), [2])
        line.receipt(2, 2)
        line.receipt(3, 3)
        self.assertEqual(line.sent(), [2, 3, 4])
        line.run(60_000)  # the fourth is asked for again, and nothing overtakes it
        self.assertEqual(set(line.sent()), {2, 3, 4})

    def test_no_heartbeat_overtakes_a_report_that_waits(self):
        line = online()
        line.edge()
        line.run(10 * HEARTBEAT_MS)
        self.assertTrue(0 not in line.sent())
        line.up()
        line.receipt(2, 50)
        line.run(HEARTBEAT_MS)
        self.assertTrue(0 in line.sent())

    def test_a_full_spool_is_emptied_as_fast_as_receipts_come(self):
        line = online()
        for i in range(ENTRIES_MAX):
            line.edge((i + 1) % 2)
        for i in range(ENTRIES_MAX):
            line.receipt(i + 2, i + 2)
        self.assertEqual(line.spool.count, 0)
        self.assertEqual(line.sent(), list(range(2, ENTRIES_MAX + 2)))

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
        silent_ms = line.node.silent_ms
        line.receipt(2, 1)  # a counter that was heard before
        line.receipt(3, 9, epoch=7)  # another epoch
        self.assertEqual(line.spool.count, 0)
        self.assertEqual(line.node.silent_ms, silent_ms)


class Heartbeats(unittest.TestCase):
    def test_a_heartbeat_comes_when_nothing_else_did_for_its_time(self):
        for dice in (0, 10**9):
            line = online(dice)
            line.edge()
            line.receipt(2, 2)
            line.run(HEARTBEAT_MS)
            (at,) = line.times(SEND, 0)
            self.assertTrue(HEARTBEAT_MS * 9 // 10 <= at - line.wants[0][0] <= HEARTBEAT_MS)

    def test_a_heartbeat_tells_contact_and_edges_and_is_never_spooled(self):
        line = online()
        line.edge(OPEN)
        line.receipt(2, 2)
        line.run(HEARTBEAT_MS)
        report = line.node.report(0, line.now_ms, None)
        self.assertEqual(
            (report.kind, report.seq, report.contact, report.edges), (HEARTBEAT, 0, OPEN, 1)
        )
        self.assertEqual(line.spool.count, 0)

    def test_heartbeats_go_on_for_as_long_as_there_are_receipts(self):
        line = online(dice=10**9)
        for counter in range(2, 30):
            line.run(HEARTBEAT_MS)
            line.receipt(0, counter)
        self.assertEqual(line.times(DROP), [])
        self.assertTrue(28 <= len(line.times(SEND, 0)) <= 32)

    def test_a_connection_without_anything_to_say_begins_with_a_heartbeat(self):
        line = online()
        line.down()
        self.assertEqual(line.up(), [(SEND, 0)])
