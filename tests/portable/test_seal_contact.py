"""A switch: latch first, settle after, count what bounces, and hide no door."""

import unittest

from sealnode.contact import OPEN, SETTLE_MS, SHUT, UNKNOWN, UNREST_MS_MAX, Contact


def settled(contact=SHUT):
    switch = Contact()
    switch.see(0, contact, [])
    return switch


class AnEdge(unittest.TestCase):
    def test_the_first_reading_is_no_edge(self):
        for level in (SHUT, OPEN):
            switch = Contact()
            self.assertEqual(switch.contact, UNKNOWN)
            self.assertEqual(switch.see(1000, level, [5, 3, 1]), [])
            self.assertEqual(switch.contact, level)
            self.assertIsNone(switch.due_ms())

    def test_the_first_change_counts_at_once_with_its_own_time(self):
        switch = settled()
        self.assertEqual(switch.see(1000, OPEN, [7]), [(OPEN, 993)])
        self.assertEqual(switch.due_ms(), 993 + SETTLE_MS)

    def test_a_level_that_nothing_latched_counts_too(self):
        switch = settled()
        self.assertEqual(switch.see(1000, OPEN, []), [(OPEN, 1000)])

    def test_a_change_that_level_and_latch_both_tell_is_one(self):
        for late_ms in (1, 5, 500):
            for early_ms in (-1, 0, 3):
                switch = settled()
                edges = switch.see(1000, OPEN, [])
                edges += switch.see(1000 + late_ms, OPEN, [late_ms + early_ms])
                edges += switch.see(9000, OPEN, [])
                self.assertEqual(edges, [(OPEN, 1000)])
                self.assertEqual(switch.take_bounces(), 0)

    def test_only_the_first_of_the_changes_after_it_is_the_same_one(self):
        switch = settled()
        edges = switch.see(1000, OPEN, []) + switch.see(1500, SHUT, [501, 100])
        self.assertEqual(edges, [(OPEN, 1000), (SHUT, 1400)])

    def test_a_quiet_switch_says_nothing(self):
        switch = settled()
        for now_ms in range(1, 10_000, 500):
            self.assertEqual(switch.see(now_ms, SHUT, []), [])

    def test_a_woken_seal_knows_where_the_switch_stood(self):
        switch = Contact(SHUT)
        self.assertEqual(switch.see(1000, OPEN, []), [(OPEN, 1000)])


class Bounce(unittest.TestCase):
    def test_bounce_is_counted_and_not_told(self):
        switch = settled()
        self.assertEqual(switch.see(1006, OPEN, [6, 5, 4, 2, 1]), [(OPEN, 1000)])
        self.assertEqual(switch.see(1100, OPEN, []), [])
        self.assertEqual(switch.take_bounces(), 4)
        self.assertEqual(switch.take_bounces(), 0)

    def test_bounce_over_several_looks_is_one_edge(self):
        switch = settled()
        edges = []
        for now_ms, level, ages in (
            (1, 1, [0]),
            (3, 0, [1]),
            (4, 1, [0]),
            (9, 0, [2]),
            (12, 1, [1]),
        ):
            edges += switch.see(1000 + now_ms, level, ages)
        edges += switch.see(1060, OPEN, [])
        self.assertEqual(edges, [(OPEN, 1001)])
        self.assertEqual(switch.take_bounces(), 4)

    def test_bounces_saturate(self):
        switch = settled()
        switch.see(1000, OPEN, [0])
        for now_ms in range(1001, 1700):
            switch.see(now_ms, now_ms % 2, [0])
        self.assertEqual(switch.take_bounces(), 255)


class ThereAndBack(unittest.TestCase):
    def test_a_door_that_opened_and_shut_between_two_looks_gives_both_edges(self):
        switch = settled()
        edges = switch.see(1000, SHUT, [500, 100])
        self.assertEqual(edges, [(OPEN, 500), (SHUT, 900)])
        self.assertEqual(switch.take_bounces(), 0)

    def test_each_of_several_openings_between_two_looks_is_told(self):
        switch = settled()
        edges = switch.see(10_000, SHUT, [9000, 8000, 3000, 2999, 2998, 1000])
        self.assertEqual(edges, [(OPEN, 1000), (SHUT, 2000), (OPEN, 7000), (SHUT, 9000)])
        self.assertEqual(switch.take_bounces(), 2)

    def test_a_door_that_is_back_within_the_settle_time_gives_both_edges_too(self):
        switch = settled()
        edges = switch.see(1010, SHUT, [10, 2])
        self.assertEqual(edges, [(OPEN, 1000)])
        self.assertEqual(switch.see(1028, SHUT, []), [(SHUT, 1008)])
        self.assertEqual(switch.take_bounces(), 0)
        self.assertIsNone(switch.due_ms())

    def test_an_edge_after_the_rest_begins_a_new_one(self):
        switch = settled()
        edges = (
            switch.see(1000, OPEN, [0]) + switch.see(1020, OPEN, []) + switch.see(1021, SHUT, [0])
        )
        self.assertEqual(edges, [(OPEN, 1000), (SHUT, 1021)])


class Unrest(unittest.TestCase):
    def test_a_contact_that_never_rests_says_four_edges_a_second_at_most(self):
        switch = settled()
        edges = []
        for now_ms in range(1000, 11_000):
            edges += switch.see(now_ms, now_ms // 3 % 2, [0] if now_ms % 3 == 0 else [])
        self.assertTrue(4 <= len(edges) <= 41, len(edges))

    def test_a_contact_that_never_rests_cannot_hide_a_door(self):
        switch = settled(OPEN)
        edges = switch.see(1000, SHUT, [0])
        for now_ms in range(
            1001, 1001 + 2 * UNREST_MS_MAX
        ):  # shut for a moment, then open, humming
            level = SHUT if now_ms % 19 == 0 else OPEN
            edges += switch.see(now_ms, level, [])
        self.assertEqual([contact for contact, _ in edges[:2]], [SHUT, OPEN])

    def test_in_the_end_the_edges_always_agree_with_the_level(self):
        for seed in range(40):
            switch, random, level, edges = settled(), seed * 7919 + 1, SHUT, []
            now_ms = 1000
            for _ in range(60):
                random = (random * 1103515245 + 12345) & 0x3FFFFFFF
                now_ms += (random >> 8) % 40
                changes = (random >> 16) % 4
                level ^= changes & 1
                edges += switch.see(now_ms, level, [0] * changes)
            edges += switch.see(now_ms + 1000, level, [])
            told = [contact for contact, _ in edges]
            self.assertEqual(switch.contact, level, "seed %d" % seed)
            self.assertEqual(told, [(i + 1) % 2 for i in range(len(told))], "seed %d" % seed)
            times = [at_ms for _, at_ms in edges]
            self.assertEqual(times, sorted(times), "seed %d" % seed)
