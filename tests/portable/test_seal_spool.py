"""The spool: forgotten only on receipt, numbers never twice, old or new and never garbage."""

import os
import unittest

import flash

from sealnode.spool import ENTRIES_MAX, FILES, Spool, SpoolError
from sealwire.envelope import COUNTER_MAX, EPOCH_MAX
from sealwire.report import EDGE, OPEN, SEQ_MAX, SHUT, TAMPER, Report

NOW_MS = 0x1234570000


def edge(contact=OPEN, first=False):
    return Report(contact, EDGE, 1, 0, first=first)


def told(spool):
    """(seq, contact, edges, age at NOW) of all that waits."""
    reports = [spool.report(i, NOW_MS) for i in range(spool.count)]
    return [(r.seq, r.contact, r.edges, r.age_ms) for r in reports]


class SpoolTest(unittest.TestCase):
    def setUp(self):
        self.folder = flash.empty_folder()

    def started(self):
        spool = Spool(self.folder)
        spool.boot()
        spool.save()
        return spool

    def spoil(self, name, change):
        with open(self.folder + name, "rb") as file:
            data = bytearray(file.read())
        with open(self.folder + name, "wb") as file:
            file.write(change(data))


class Numbers(SpoolTest):
    def test_the_first_epoch_is_1_and_each_cold_boot_raises_it(self):
        self.assertEqual([self.started().epoch for _ in range(4)], [1, 2, 3, 4])

    def test_the_epoch_is_in_the_flash_before_it_is_used(self):
        spool = Spool(self.folder)
        self.assertFalse(spool.boot())
        self.assertTrue(spool.unsaved)
        self.assertNotEqual(spool.stored_epoch, spool.epoch)
        spool.save()
        self.assertEqual(Spool(self.folder).epoch, spool.epoch)

    def test_a_woken_seal_goes_on_where_it_was(self):
        epoch = self.started().epoch
        spool = Spool(self.folder)
        self.assertTrue(spool.boot(epoch, 41))
        self.assertEqual((spool.epoch, spool.take_counter()), (epoch, 42))
        self.assertFalse(spool.unsaved)

    def test_a_memory_of_another_epoch_is_none(self):
        self.started()
        for epoch in (2, 7):
            spool = Spool(self.folder)
            self.assertFalse(spool.boot(epoch, 41))
            self.assertEqual((spool.epoch, spool.take_counter()), (2, 1))

    def test_a_used_up_epoch_is_followed_by_the_next(self):
        spool = self.started()
        spool.counter = COUNTER_MAX - 1
        self.assertEqual((spool.take_counter(), spool.epoch), (COUNTER_MAX, 1))
        self.assertEqual((spool.take_counter(), spool.epoch), (1, 2))
        self.assertTrue(spool.unsaved)
        self.assertEqual(spool.stored_epoch, 1)

    def test_when_the_last_epoch_is_used_up_the_seal_must_not_speak(self):
        spool = self.started()
        spool.epoch = EPOCH_MAX
        spool.save()
        with self.assertRaises(SpoolError):
            Spool(self.folder).boot()
        spool.next_seq = SEQ_MAX + 1
        with self.assertRaises(SpoolError):
            spool.add(edge(), 1)

    def test_reports_are_numbered_and_edges_counted_over_reboots(self):
        spool = self.started()
        spool.add(edge(OPEN), 10)
        spool.add(edge(SHUT), 20)
        spool.save()
        spool = self.started()
        spool.add(Report(SHUT, TAMPER, 1, 0, cover=True), 5)
        spool.add(edge(OPEN), 6)
        self.assertEqual([(s, e) for s, _, e, _ in told(spool)], [(1, 1), (2, 2), (3, 2), (4, 3)])

    def test_the_edge_count_wraps(self):
        spool = self.started()
        spool.edges = 65535
        self.assertEqual((spool.add(edge(), 1), spool.report(0, 1).edges), (1, 0))


class Reports(SpoolTest):
    def test_a_report_stays_until_its_receipt_and_no_longer(self):
        spool = self.started()
        for at_ms in (10, 20, 30):
            spool.add(edge(), at_ms)
        spool.save()
        self.assertFalse(spool.forget(99))
        self.assertTrue(spool.forget(2))
        self.assertFalse(spool.forget(2))
        self.assertTrue(spool.stale)
        spool.save()
        self.assertEqual([seq for seq, _, _, _ in told(Spool(self.folder))], [1, 3])

    def test_after_a_cold_boot_nobody_knows_when_it_was(self):
        spool = self.started()
        spool.add(edge(), 10)
        spool.save()
        spool = self.started()
        self.assertEqual(told(spool), [(1, OPEN, 1, None)])
        spool.save()
        self.assertEqual(told(Spool(self.folder)), [(1, OPEN, 1, None)])

    def test_after_deep_sleep_the_time_is_known(self):
        spool = self.started()
        spool.add(edge(), NOW_MS - 12)
        spool.save()
        spool = Spool(self.folder)
        spool.boot(1, 1)
        self.assertEqual(told(spool), [(1, OPEN, 1, 12)])

    def test_everything_about_a_report_survives(self):
        spool = self.started()
        spool.add(Report(OPEN, TAMPER, 1, 0, 255, cover=True, magnet=True), 1)
        spool.add(Report(SHUT, EDGE, 1, 0, 3, first=True), 2)
        spool.save()
        again = Spool(self.folder)
        for i in range(2):
            self.assertEqual(again.report(i, 10), spool.report(i, 10))
        self.assertEqual(again.report(0, 10).bounces, 255)
        self.assertTrue(again.report(0, 10).cover and again.report(1, 10).first)

    def test_a_full_ring_drops_the_oldest_and_the_edge_count_shows_it(self):
        spool = self.started()
        for i in range(ENTRIES_MAX + 3):
            spool.add(edge(i % 2), i)
        spool.save()
        self.assertEqual(spool.dropped, 3)
        spool = Spool(self.folder)
        self.assertEqual(spool.count, ENTRIES_MAX)
        self.assertEqual(spool.seq(0), 4)
        self.assertEqual(spool.report(ENTRIES_MAX - 1, 0).edges, ENTRIES_MAX + 3)

    def test_a_seal_that_restarts_over_and_over_pushes_no_edge_out(self):
        spool = self.started()
        spool.add(edge(), 1)
        for _ in range(2 * ENTRIES_MAX):
            spool.add(edge(first=True), 1)
        self.assertEqual(
            [(spool.seq(i), spool.report(i, 1).first) for i in range(spool.count)],
            [(1, False), (1 + 2 * ENTRIES_MAX, True)],
        )
        self.assertEqual(spool.edges, 1)


class Damage(SpoolTest):
    def test_either_file_alone_is_enough_and_no_number_comes_twice(self):
        spool = self.started()
        spool.add(edge(), 1)
        spool.save()
        for name in FILES:
            with open(self.folder + name, "rb") as file:
                kept = file.read()
            for change in (
                lambda data: data[:-1],
                lambda data: data[:11],
                lambda data: data + b"\x00",
                lambda data: bytes(len(data)),
                lambda data: (
                    data[:30] + bytes((data[30] ^ 4,)) + data[31:]
                    if len(data) > 30
                    else data[:9] + bytes((data[9] ^ 4,)) + data[10:]
                ),
            ):
                self.spoil(name, change)
                found = Spool(self.folder)
                found.boot()
                self.assertTrue(found.epoch >= 2, name)
                self.assertTrue(found.next_seq >= 2, name)
                with open(self.folder + name, "wb") as file:
                    file.write(kept)

    def test_an_epoch_whose_file_is_spoiled_does_not_come_again(self):
        self.started()
        epoch = self.started().epoch
        for name in FILES:
            with open(self.folder + name, "rb") as file:
                kept = file.read()
            self.spoil(name, lambda data: data[:-1])
            found = Spool(self.folder)
            found.boot()
            self.assertTrue(found.epoch > epoch, name)
            with open(self.folder + name, "wb") as file:
                file.write(kept)

    def test_a_file_that_was_begun_and_never_finished_is_as_none(self):
        with open(self.folder + FILES[1], "wb") as file:
            file.write(b"")
        self.assertEqual(self.started().epoch, 1)

    def test_without_any_readable_file_the_seal_must_not_speak(self):
        spool = self.started()
        spool.add(edge(), 1)
        spool.save()
        for name in FILES:
            self.spoil(name, lambda data: bytes((data[0] ^ 1,)) + data[1:])
        with self.assertRaises(SpoolError):
            Spool(self.folder)

    def test_a_flash_that_cannot_be_read_is_not_taken_for_an_empty_one(self):
        self.started()
        for name in os.listdir(self.folder):
            os.remove(self.folder + name)
        os.mkdir(self.folder + FILES[0])
        with self.assertRaises(OSError):
            Spool(self.folder)

    def test_a_flash_that_takes_nothing_leaves_the_old_state(self):
        spool = self.started()
        self.assertEqual(spool.generation, 1)
        os.mkdir(self.folder + FILES[0])  # where the next state would go
        spool.add(edge(), NOW_MS - 5)
        with self.assertRaises(OSError):
            spool.save()
        self.assertTrue(spool.unsaved)
        os.rmdir(self.folder + FILES[0])
        self.assertEqual(told(Spool(self.folder)), [])
        spool.save()
        self.assertEqual(told(Spool(self.folder)), [(1, OPEN, 1, 5)])
