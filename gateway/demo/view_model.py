"""What the page shows at this moment, gathered from building, gateway and phone.

Everything that changes it calls `touch` and so begins a new turn; whoever shows it waits for a turn
that he has not shown. It is sent whole: twelve doors and a dozen lines are smaller than the thought
about what has changed.
"""

import asyncio
import math
import time
from collections import OrderedDict
from typing import Any

from gateway.core.cases.number import case_number
from gateway.core.reasons import Reason
from gateway.demo import words
from gateway.demo.building import Edge, Sign
from gateway.demo.gateway_process import GatewayProcess
from gateway.demo.house import ANNOUNCED, NO_ORDER, Announced, half
from gateway.demo.seen import Happening, Seen
from gateway.demo.story import Story
from gateway.language import reasons
from gateway.language.catalogue import say as say_of_house
from gateway.web import case_words
from gateway.web import door_words as console

EDGES_KEPT = 500


class ViewModel:
    """The state behind the page."""

    def __init__(self, door_ids: list[str]) -> None:
        self.seen = Seen()
        self.story: Story | None = None
        self.gateway_process: GatewayProcess | None = None
        self.leaves = dict.fromkeys(door_ids, False)  # as they really stand: open or not
        self.signs = {door_id: Sign(door_id, 0.0, False, 0) for door_id in door_ids}
        self._edges: OrderedDict[str, Edge] = OrderedDict()  # by page id
        self._shown_ms: dict[str, float] = {}  # page id -> edge to page
        self.turn = 0
        self._next = asyncio.Event()

    def touch(self) -> None:
        """Something is otherwise."""
        self.turn += 1
        self._next.set()
        self._next = asyncio.Event()

    async def changed(self, shown_turn: int) -> None:
        """Wait for another turn than the one that was shown."""
        while self.turn == shown_turn:
            await self._next.wait()

    def told(self, news: Edge | Sign) -> None:
        """The building said something."""
        if isinstance(news, Edge):
            self.leaves[news.door_id] = news.open
            if news.open:
                self._edges[news.page_id] = news
                while len(self._edges) > EDGES_KEPT:
                    self._shown_ms.pop(self._edges.popitem(last=False)[0], None)
            if self.story:
                self.story.edge_came(news)
        else:
            self.signs[news.door_id] = news
            if self.story:
                self.story.sign_came(news)
        self.touch()

    def saw(self, seen: Seen) -> None:
        """The gateway's database was read."""
        if seen == self.seen:
            return
        self.seen = seen
        if self.story:
            for happening in seen.happenings:
                self.story.happening_came(happening)
        self.touch()

    def page_shown(self, page_id: str, at_ms: float) -> None:
        """A page stood on the phone at `at_ms`. The first to say so is believed."""
        edge = self._edges.get(page_id)
        if edge is None or page_id in self._shown_ms:
            return
        self._shown_ms[page_id] = at_ms - edge.at_ms
        if self.story:
            self.story.page_shown(page_id, at_ms)
        self.touch()

    def is_heard(self) -> bool:
        """Whether the gateway has heard of every door."""
        rows = self.seen.doors
        return bool(rows) and all(row.state.heard_ms is not None for row in rows)

    def told_in(self, language: str) -> dict[str, Any]:
        """All of it in a language, for the page's script."""
        return {
            "gateway": self._gateway(),
            "doors": [self._door(door_id, language) for door_id in self.leaves],
            "happenings": [
                self._happening(happening, language) for happening in self.seen.happenings
            ],
            "story": self._story(language),
        }

    def _gateway(self) -> dict[str, Any]:
        gateway_process = self.gateway_process
        if gateway_process is None:
            return {"phase": "starting", "pid": 0, "since_ms": 0}
        return {
            "phase": gateway_process.phase,
            "pid": gateway_process.pid,
            "since_ms": gateway_process.since_ms,
        }

    def _door(self, door_id: str, language: str) -> dict[str, Any]:
        row = next((row for row in self.seen.doors if row.door_id == door_id), None)
        announced, sign = ANNOUNCED.get(door_id), self.signs[door_id]
        view = {
            "id": door_id,
            "open": self.leaves[door_id],
            "online": sign.online,
            "waiting": sign.waiting,
            "kind": "announced" if announced else "resting" if door_id == NO_ORDER else "order",
            "sign": _on_plate(announced, language) if announced else "",
        }
        if row is None:
            return view | {"tone": "unheard", "word": "", "heard": "unknown"}
        tile = console.tile(row, time.time_ns() // 1_000_000)
        word = say_of_house(console.WORDS[tile.word], language)
        return view | {"tone": tile.tone, "word": word, "heard": row.state.contact}

    def _happening(self, happening: Happening, language: str) -> dict[str, Any]:
        facts = {"who": happening.who, "why": happening.why}
        known = {name: half(text, language) for name, text in facts.items() if text}
        return {
            "id": happening.opening_id,
            "door": happening.label,
            "opened_ms": happening.opened_ms,
            "shut_ms": happening.shut_ms,
            "joined": happening.joined,
            "bounces": self._edges[happening.opening_id].changes - 1
            if happening.opening_id in self._edges
            else 0,
            "reason": happening.reason,
            "word": reasons.reason_word(happening.reason, language),
            "why": reasons.why_line(happening.reason, language, **known),
            "tone": self._tone(happening),
            "case": self._case(happening, language),
            "shown_ms": self._shown_ms.get(happening.opening_id),
        }

    def _tone(self, happening: Happening) -> str:
        if happening.case_state is not None:
            return case_words.CASE_TONES[happening.case_state]
        return "announced" if happening.reason in (Reason.PERMIT, Reason.ALLOWANCE) else "recorded"

    def _case(self, happening: Happening, language: str) -> str:
        if happening.case_id is None or happening.case_state is None:
            return ""
        state = say_of_house(case_words.CASE_WORDS[happening.case_state], language)
        case = words.say(words.CASE, language, number=case_number(happening.case_id))
        return f"{case} · {half(happening.warden or '', language)} · {state}"

    def _story(self, language: str) -> dict[str, Any] | None:
        story = self.story
        if story is None:
            return None
        facts = {"door": story.door_id, "old_pid": story.old_pid, "new_pid": story.new_pid}
        off_ms = story.off_ms
        verdict = ""
        if story.is_over and off_ms is not None:
            verdict = words.say(words.VERDICT, language, off=math.ceil(abs(off_ms)))
        return {
            "steps": [
                {
                    "turn": step.turn,
                    "at_ms": step.at_ms,
                    "text": words.say(words.TURNS[step.turn], language, **facts),
                }
                for step in sorted(story.steps, key=lambda step: step.at_ms)
            ],
            "over": story.is_over,
            "verdict": verdict,
            "failed": words.say(story.failed, language) if story.failed else "",
        }


def _on_plate(announced: Announced, language: str) -> str:
    """Two lines, so that neither language breaks where it should not."""
    return f"{words.say(words.ANNOUNCED, language)}\n{words.say(announced.what_for, language)}"
