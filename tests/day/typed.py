"""What an installer types: `menshen` as a process of its own; all that it said is kept."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.neighbours import ROOT

COMMAND_S_MAX = 600.0
_PLACES = os.pathsep.join([str(ROOT), str(ROOT / "firmware")])


@dataclass(frozen=True)
class Said:
    """One command: its words, its exit code, what it said, and how long it took."""

    words: tuple[str, ...]
    code: int
    text: str
    took_s: float

    def shown(self) -> str:
        """As it stood on the screen."""
        return f"$ menshen {' '.join(self.words)}\n{self.text}[{self.code}, {self.took_s:.1f} s]\n"


@dataclass
class Installer:
    """Whoever types in one folder. `said` grows with every command."""

    folder: Path
    wifi_password: str
    said: list[Said] = field(default_factory=list)

    def types(self, *words: object, code: int | None = 0) -> str:
        """Run `menshen` with these words; what it said. AssertionError if it ends otherwise than
        with this code (None: with any)."""
        process = self.begins(*words)
        return self.ends(process, words, time.monotonic(), code)

    def begins(self, *words: object) -> subprocess.Popen[str]:
        """Start it, with both its voices in one, and a line that takes what is typed."""
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "gateway", *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            start_new_session=True,  # so that its Ctrl-C reaches all of it, and nobody else
            env=os.environ | {"PYTHONPATH": _PLACES, "MENSHEN_WIFI_PASSWORD": self.wifi_password},
        )

    def ends(
        self,
        process: subprocess.Popen[str],
        words: tuple[object, ...],
        began_s: float,
        code: int | None = 0,
        before: str = "",
    ) -> str:
        """Hear it out; `before` was heard already."""
        late = threading.Timer(COMMAND_S_MAX, process.kill)
        late.start()
        try:
            text, _ = process.communicate()
        finally:
            late.cancel()
        told = Said(
            tuple(map(str, words)), process.returncode, before + text, time.monotonic() - began_s
        )
        self.said.append(told)
        assert code in (told.code, None), told.shown()
        return told.text
