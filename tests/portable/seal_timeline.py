"""A node with a clock moved by hand: what happens goes in, what it wants is kept."""

import flash

from sealnode import node as mind
from sealnode.node import DROP, SEND, SLEEP, Event, Node
from sealnode.spool import Spool
from sealwire.report import OPEN, SHUT

HEARTBEAT_MS = 100_000


class Timeline:
    """A node, a clock, and what the node wants: `wants` collects (ms, effect, number)."""

    def __init__(self, mains=True, woken=False, dice=0, heartbeat_ms=HEARTBEAT_MS, by_air=False):
        self.now_ms = 1_000_000
        self.dice = dice
        self.spool = Spool(flash.empty_folder())
        self.spool.boot()
        self.node = Node(self.spool, heartbeat_ms, mains, self.throw, self.now_ms, woken, by_air)
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

    def receipt(self, seq, counter, epoch=1, verdict=0):
        return self.tell(
            Event(mind.RECEIPTED, seq=seq, epoch=epoch, counter=counter, verdict=verdict)
        )

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


def online(dice=0, heartbeat_ms=HEARTBEAT_MS):
    line = Timeline(dice=dice, heartbeat_ms=heartbeat_ms)
    line.tell(Event(mind.FIRST, SHUT, line.now_ms))
    line.up()
    line.receipt(1, 1)
    line.wants = []
    return line
