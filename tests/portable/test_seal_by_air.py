"""A seal that speaks by air too: what goes there, what over the network, and when it sleeps."""

import unittest

from seal_timeline import HEARTBEAT_MS, Timeline

from sealnode import node as mind
from sealnode.beacon import WAITING_MAX, Beacon
from sealnode.hardware import Hardware
from sealnode.node import ADVERTISE, CONNECT, SAID_MAX, SEND, SLEEP, Event
from sealwire import advert
from sealwire.receipt import HEARD, HEARD_MS, STORED
from sealwire.report import OPEN, SHUT


def on_batteries(dice=0):
    """One that has just slept after its first reading was receipted."""
    line = Timeline(mains=False, dice=dice, by_air=True)
    line.tell(Event(mind.FIRST, SHUT, line.now_ms))
    line.up()
    line.receipt(1, 1, verdict=HEARD)
    line.wants = []
    line.edge(OPEN)
    line.receipt(2, 2, verdict=HEARD)
    line.wants = []
    return line


def woken(line, ms):
    """The same seal after its sleep: a new mind over what the board remembered."""
    fresh = Timeline(mains=False, woken=True, dice=line.dice, by_air=True)
    fresh.spool, fresh.now_ms = line.spool, line.now_ms + ms
    fresh.node = mind.Node(
        line.spool, HEARTBEAT_MS, False, fresh.throw, fresh.now_ms, True, by_air=True
    )
    fresh.node.contact = line.node.contact
    fresh.node.heartbeat_due_ms = line.node.heartbeat_due_ms
    fresh.node.air_due_ms, fresh.node.heard = line.node.air_due_ms, line.node.heard
    return fresh


def slept(line):
    """The ms of the sleep that it asks for now."""
    for effect, ms in line.tell(Event(mind.TICK)):
        if effect == SLEEP:
            return ms
    raise AssertionError("it does not sleep")


class Batteries(unittest.TestCase):
    def test_a_heartbeat_goes_by_air_and_the_network_stays_off(self):
        line = woken(on_batteries(), HEARTBEAT_MS)
        self.assertEqual(line.tell(Event(mind.TICK)), [(ADVERTISE, 0), (SLEEP, HEARTBEAT_MS)])

    def test_now_and_then_it_goes_over_the_network_too(self):
        line, networks, beats = on_batteries(), [], 0
        began_ms = line.now_ms
        for _ in range(2 * HEARD_MS // HEARTBEAT_MS + 10):
            line = woken(line, slept(line))
            effects = line.tell(Event(mind.TICK))
            beats += (ADVERTISE, 0) in effects
            if (CONNECT, 0) in effects:
                networks.append(line.now_ms - began_ms)
                self.assertTrue((SEND, 0) in line.up())
                line.receipt(0, 100 + beats, verdict=HEARD)
        self.assertEqual(len(networks), 2)
        self.assertEqual(networks, [HEARD_MS, 2 * HEARD_MS])
        self.assertTrue(beats >= 2 * HEARD_MS // HEARTBEAT_MS)

    def test_it_does_not_sleep_while_it_is_on_the_air(self):
        line = woken(on_batteries(), HEARTBEAT_MS)
        line.node.airing = True
        self.assertEqual(line.tell(Event(mind.TICK)), [(ADVERTISE, 0)])
        line.node.airing = False
        self.assertEqual(slept(line), HEARTBEAT_MS)

    def test_an_edge_goes_both_ways_at_once(self):
        line = woken(on_batteries(), 5_000)
        self.assertEqual(line.edge(SHUT), [(ADVERTISE, 3), (CONNECT, 0)])
        self.assertEqual(line.up(), [(SEND, 3)])
        line.receipt(3, 9, verdict=HEARD)
        self.assertEqual(slept(line), HEARTBEAT_MS)

    def test_where_the_air_carries_nothing_it_beats_over_the_network(self):
        line = on_batteries()
        line.edge(SHUT)
        line.receipt(3, 9, verdict=STORED)
        self.assertEqual(slept(line), HEARTBEAT_MS)
        line = woken(line, HEARTBEAT_MS)
        effects = line.tell(Event(mind.TICK))
        self.assertEqual(effects, [(ADVERTISE, 0), (CONNECT, 0)])  # and is still to be heard
        line.up()
        line.receipt(0, 11, verdict=HEARD)
        line = woken(line, slept(line))
        self.assertTrue((CONNECT, 0) in line.tell(Event(mind.TICK)))  # as it had promised
        line.up()
        line.receipt(0, 13, verdict=HEARD)
        line = woken(line, slept(line))
        self.assertFalse((CONNECT, 0) in line.tell(Event(mind.TICK)))

    def test_while_reports_wait_they_are_said_again_and_no_heartbeat_overtakes_them(self):
        line = on_batteries()
        line.down()
        line.edge(SHUT)
        line.edge(OPEN)
        line.wants = []
        line.run(10 * HEARTBEAT_MS)
        said = [number for _, effect, number in line.wants if effect == ADVERTISE]
        self.assertTrue(0 not in said)
        line = woken(line, HEARTBEAT_MS)
        self.assertEqual(line.tell(Event(mind.TICK))[:2], [(ADVERTISE, 3), (ADVERTISE, 4)])


class Mains(unittest.TestCase):
    def test_it_beats_both_ways(self):
        line = Timeline(by_air=True)
        line.tell(Event(mind.FIRST, SHUT, line.now_ms))
        line.up()
        line.receipt(1, 1)
        line.wants, counter = [], 2
        for _ in range(1_000):
            line.run(1_000)
            line.receipt(0, counter)
            counter += 1
        self.assertEqual(len(line.times(ADVERTISE)), 10)
        self.assertEqual(len(line.times(SEND)), 10)

    def test_without_a_network_it_goes_on_by_air(self):
        line = Timeline(by_air=True)
        line.tell(Event(mind.FIRST, SHUT, line.now_ms))
        line.up()
        line.receipt(1, 1)
        line.down()
        line.wants = []
        line.run(1_000_000)
        self.assertEqual(len(line.times(ADVERTISE)), 10)
        self.assertEqual(line.times(SEND), [])

    def test_only_the_newest_of_many_that_wait_are_said_in_one_go(self):
        line = Timeline(by_air=True)
        for i in range(3 * SAID_MAX):
            line.edge(OPEN if i % 2 else SHUT)
        line.wants = []
        line.edge()
        said = [number for _, effect, number in line.wants if effect == ADVERTISE]
        newest = line.spool.seq(line.spool.count - 1)
        self.assertEqual(said, list(range(newest - SAID_MAX + 1, newest + 1)))

    def test_without_bluetooth_nothing_goes_by_air(self):
        line = Timeline()
        line.tell(Event(mind.FIRST, SHUT, line.now_ms))
        line.edge(OPEN)
        line.run(1_000_000)
        self.assertEqual([what for what in line.wants if what[1] == ADVERTISE], [])


class Air(Hardware):
    def __init__(self):
        self.asked = []

    def advertise(self, payload, repeats):
        self.asked.append((len(payload), repeats))
        return 350 if payload else 0


class Said(unittest.TestCase):
    def test_each_is_said_ten_times_and_the_radio_let_go_once(self):
        beacon, air = Beacon(bytes(32)), Air()
        beacon.begin(air, bytes(advert.ADVERT_BYTES), 1_000)
        self.assertTrue(beacon.is_on_air(1_349))
        self.assertFalse(beacon.is_on_air(1_350))
        beacon.end(air)
        beacon.end(air)
        self.assertEqual(air.asked, [(31, 10), (0, 0)])

    def test_a_board_without_such_a_radio_is_never_busy_with_it(self):
        beacon = Beacon(bytes(32))
        beacon.begin(Hardware(), bytes(31), 1_000)
        self.assertFalse(beacon.is_on_air(1_000))
        self.assertEqual(beacon.said, 0)

    def test_what_waits_is_said_once_in_its_order_and_a_heartbeat_gives_way(self):
        beacon = Beacon(bytes(32))
        for seq in (0, 7, 8, 7):
            beacon.say(seq)
        self.assertEqual(beacon.waiting, [8, 7])
        for seq in range(100, 200):
            beacon.say(seq)
        self.assertEqual(len(beacon.waiting), WAITING_MAX)
        self.assertEqual(beacon.waiting[-1], 199)
