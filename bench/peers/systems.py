"""Who is measured. To add one: a subclass of `System`, and its line in `__main__.KINDS`.

Each is set up as well as its own editor lets it be: with a session that outlives a kill, at QoS 1,
where it has one. None of the peers stores an event before it tells of it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template

import psutil

from bench import ROOT
from tests import neighbours
from tests.end_to_end.line import publish

PEERS = Path(os.environ.get("MENSHEN_PEERS") or ROOT / ".peers").absolute()
_HERE = Path(__file__).resolve().parent
_NUMBER = re.compile(rb'"n"\s*:\s*(\d+)')


class System:
    """One system: its configuration, its life, how events go in and how pages are known again.

    A subclass says `name` and `command`, and writes its configuration in `set_up`.
    """

    name = ""

    def __init__(self, folder: Path, broker_port: int, hook_url: str) -> None:
        """Set it up in an empty folder of its own; it is not started."""
        folder.mkdir(parents=True)
        self.folder, self.broker_port, self.hook_url = folder, broker_port, hook_url
        self.own_port = neighbours.unused_port()
        self.set_up()
        self.process = self.program()

    @classmethod
    def missing(cls) -> str:
        """What is not on this machine; empty where it can be measured."""
        return ""

    def set_up(self) -> None:
        """Write its configuration."""

    def command(self) -> Sequence[str]:
        """What starts it."""
        raise NotImplementedError

    def program(self) -> neighbours.Neighbour:
        """It as a process, not yet started, which counts as ready once it is spawned."""
        return neighbours.Neighbour(self.name, self.command(), self.folder, lambda: True)

    def is_set_up(self) -> bool:
        """Whether, having started, it has taken in who is enrolled."""
        return True

    def event(self, seal: int, is_open: bool, number: int) -> tuple[str, bytes]:
        """A door opened or shut: by what its page is known again, and the packet to publish."""
        state = "open" if is_open else "shut"
        payload = b'{"seal":"s%04d","state":"%s","n":%d}' % (seal, state.encode(), number)
        return str(number), publish(f"doors/s{seal:04d}/state", payload, number)

    def filler(self, number: int) -> bytes:
        """A packet that stands where no door is due to shut yet."""
        return self.event(0, False, number)[1]

    def keys(self, bodies: Sequence[bytes]) -> list[str]:
        """Which event each page is about, as `event` named it; empty for none of ours."""
        found = (_NUMBER.search(body) for body in bodies)
        return [match[1].decode() if match else "" for match in found]

    def cpu_s(self) -> float:
        """Processor time so far, of it and all that it started, in seconds."""
        times = [process.cpu_times() for process in self._family()]
        return float(sum(one.user + one.system for one in times))

    def rss_mb(self) -> float:
        """Memory now, likewise."""
        return float(sum(process.memory_info().rss for process in self._family()) / 1e6)

    def _family(self) -> list[psutil.Process]:
        head = psutil.Process(self.process.pid)
        return [head, *head.children(recursive=True)]

    def fill(self, template: str, name: str, **values: object) -> None:
        """Write a file of configuration/ to `name` in its folder, with $NAMES replaced."""
        text = Template((_HERE / "configuration" / template).read_text()).substitute(values)
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text)


class Script(System):
    """script.py."""

    name = "script"

    def command(self) -> Sequence[str]:
        """It posts before it acknowledges, keeps its session, and never tries again."""
        where = [str(self.broker_port), self.hook_url, "bench-script"]
        return [sys.executable, str(_HERE / "script.py"), *where]


class HomeAssistant(System):
    """An automation that posts when a door opens; its recorder is on, as everywhere."""

    name = "home_assistant"
    _program = PEERS / "homeassistant" / "bin" / "hass"

    @classmethod
    def missing(cls) -> str:
        """Its own Python."""
        return "" if cls._program.exists() else f"there is no {cls._program}"

    def set_up(self) -> None:
        """Automations in parallel, at QoS 1: its editor's default loses more."""
        values = {"OWN_PORT": self.own_port, "HOOK_URL": self.hook_url}
        self.fill("homeassistant.yaml", "configuration.yaml", **values)
        entries = ".storage/core.config_entries"
        self.fill("homeassistant_entries.json", entries, BROKER_PORT=self.broker_port)

    def command(self) -> Sequence[str]:
        """It may fetch nothing: all that it needs is there."""
        return [str(self._program), "-c", str(self.folder), "--skip-pip"]


class NodeRed(System):
    """A flow of four nodes: MQTT, JSON, switch, HTTP request."""

    name = "node_red"
    _program = PEERS / "nodered" / "node_modules" / "node-red" / "red.js"

    @classmethod
    def missing(cls) -> str:
        """Node.js, or it."""
        if neighbours.find("node") is None:
            return "there is no node"
        return "" if cls._program.exists() else f"there is no {cls._program}"

    def set_up(self) -> None:
        """A session that it keeps: its editor's default loses more."""
        values = {"BROKER_PORT": self.broker_port, "HOOK_URL": self.hook_url}
        self.fill("nodered_flows.json", "flows.json", **values)
        self.fill("nodered_settings.js", "settings.js", OWN_PORT=self.own_port)

    def command(self) -> Sequence[str]:
        """With its files in its folder."""
        node, settings = neighbours.find("node") or "node", str(self.folder / "settings.js")
        return [node, str(self._program), "-u", str(self.folder), "-s", settings]
