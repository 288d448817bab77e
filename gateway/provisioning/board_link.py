"""One board at the end of a serial line, reached through `python -m mpremote` in its own process.

A process and not mpremote's Python interface, for three reasons: its authors say that the
interface will change, and keep the command line; a read from a dead board has no deadline there,
while a process can be ended; and each command holds the port for as long as it needs it only.

Secrets go through the process's standard input. They are never in its arguments, where every
user of this machine could read them, nor in a file, nor in anything that is printed.
"""

import errno
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gateway.provisioning.firmware_bundle import BoardFile
from gateway.provisioning.usb_ports import Port, hindrance, without_driver

_STDIN = "/dev/stdin"
_ANSWER = "menshen:"  # what a line of ours begins with, among whatever the board prints
_PRELUDE = f"import json\ndef answer(x):\n print('{_ANSWER}' + json.dumps(x))\n"
_SCRIPT_S_MAX = 30.0
_FILE_S_MAX = 60.0  # for one file; 40 KB take some 10 s at 115200 baud
_NO_ANSWER = "could not enter raw repl"
_LINE_BROKEN = ("SerialException", "termios.error", "Input/output error", "[Errno 5]")


class BoardError(RuntimeError):
    """The board or the way to it failed; the text is a sentence for the installer."""


def choose_ports(wanted: Sequence[str], ports: Sequence[Port], most: int) -> list[Port]:
    """The ports to use: those `wanted`, else all there are. BoardError where there is none, one of
    them is missing, or there are more than `most`."""
    if wanted:
        known = {port.device: port for port in ports}
        for device in wanted:
            if not os.path.exists(device):
                raise BoardError(f"There is no {device}. {_seen(ports)}")
        return [known.get(device, Port(device, "")) for device in dict.fromkeys(wanted)]
    if not ports:
        raise BoardError(
            without_driver()
            or "No board was found. Plug it in with a cable that carries data, not only power. A "
            "seal at work lets nobody in: open its case, tap RESET, and try again within 5 s."
        )
    if len(ports) > most:
        raise BoardError(
            f"Several boards are there; choose one with --port. {_seen(ports)}"
            if most == 1
            else f"{len(ports)} boards are there and {most} doors named; choose with --port. "
            f"{_seen(ports)}"
        )
    return list(ports)


def _seen(ports: Sequence[Port]) -> str:
    if not ports:
        return "No board was found at all."
    return "Found: " + "; ".join(f"{port.device} {port.what}".strip() for port in ports) + "."


class SilentBoardError(BoardError):
    """Nothing at the end of the line answers as MicroPython does."""


class BoardLink:
    """What `menshen flash` does to a board. Every method has a deadline and raises BoardError."""

    def __init__(self, port: str, *, answer_s: float = _SCRIPT_S_MAX) -> None:
        """`answer_s`: how long the board may take to answer a small question."""
        self.port = port
        self._answer_s = answer_s

    def ask(self, script: str, seconds_max: float | None = None) -> Any:
        """Run `script` on the board; what it gave to `answer(...)`, by way of JSON. It may take
        `seconds_max`, else as long as any small question."""
        source = (_PRELUDE + script).encode()
        said = self._mpremote(["run", _STDIN], seconds_max or self._answer_s, stdin=source)
        for line in said.splitlines():
            if line.startswith(_ANSWER):
                return json.loads(line[len(_ANSWER) :])
        raise BoardError("The board answered nothing. Reset it and try again.")

    def put(self, files: Sequence[BoardFile], told: Callable[[str], None]) -> None:
        """Copy `files` in order; `told` hears the path of each as it begins. Folders must exist."""
        with tempfile.TemporaryDirectory(prefix="menshen-") as room:
            arguments: list[str] = []
            for number, file in enumerate(files):
                source = Path(room) / str(number)
                source.write_bytes(file.content)
                arguments += ["+"] * bool(number) + ["fs", "cp", str(source), ":" + file.path]
            begins = {f"cp {room}/{n} :{file.path}": file.path for n, file in enumerate(files)}

            def heard(line: str) -> None:
                if line in begins:
                    told(begins[line])

            self._mpremote(arguments, _FILE_S_MAX * len(files), heard=heard)

    def put_secret(self, file: BoardFile) -> None:
        """Copy one file that no process list, no disk of this machine and no log may see."""
        arguments = ["fs", "cp", _STDIN, ":" + file.path]
        self._mpremote(arguments, _FILE_S_MAX, stdin=file.content, quotable=False)

    def lay_rom(self, image: bytes) -> None:
        """Write a ROMFS image into the board's partition; it is mounted from its next start on."""
        with tempfile.TemporaryDirectory(prefix="menshen-") as room:
            source = Path(room) / "rom.img"
            source.write_bytes(image)
            self._mpremote(["romfs", "deploy", str(source)], _FILE_S_MAX)

    def reset(self) -> None:
        """Restart the board as the button does; its main.py begins."""
        self._mpremote(["reset"], self._answer_s)

    def _mpremote(
        self,
        arguments: Sequence[str],
        seconds_max: float,
        stdin: bytes = b"",
        heard: Callable[[str], None] = lambda _: None,
        quotable: bool = True,
    ) -> str:
        for is_last in (False, True):
            status, said, complained = self._spoken(arguments, seconds_max, stdin, heard)
            words = said + "\n" + complained
            # A ctrl-A that comes in the middle of an interrupt is lost; nothing has run by then.
            if status == 0 or is_last or _NO_ANSWER not in words:
                break
        if status != 0:
            raise self._error(status, words, quotable)
        return said

    def _spoken(
        self,
        arguments: Sequence[str],
        seconds_max: float,
        stdin: bytes,
        heard: Callable[[str], None],
    ) -> tuple[int, str, str]:
        """What one run of mpremote ended with, said and complained of."""
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, no secret in the arguments
            [sys.executable, "-u", "-m", "mpremote", "connect", self.port, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        late = threading.Timer(seconds_max, process.kill)
        late.start()
        try:
            said, complained = _converse(process, stdin, heard)
        finally:
            late.cancel()
            process.kill()
            process.wait()
        return process.returncode, said, complained

    def _error(self, status: int, words: str, quotable: bool) -> BoardError:
        silent = _NO_ANSWER in words or status < 0
        kind = SilentBoardError if silent and os.path.exists(self.port) else BoardError
        return kind(self._sentence(status, words, quotable))

    def _sentence(self, status: int, words: str, quotable: bool) -> str:
        """Say what went wrong, as somebody with the board in hand can use it."""
        if not os.path.exists(self.port):
            return f"{self.port} is gone in the middle of the work. Is the cable loose?"
        if _NO_ANSWER in words or status < 0:
            return (
                f"The board on {self.port} does not answer as MicroPython. If it is new, let this "
                "command write it with esptool: download MicroPython for your chip and say --image "
                "with the file. If it is a seal, tap RESET and retry."
            )
        if "failed to access" in words:
            return f"{self.port} cannot be opened; {hindrance(self.port)}."
        if "ENOSPC" in words or f"OSError: {errno.ENOSPC}" in words:
            return "The board is full. Erase it with --erase, or take one with more flash."
        if "ImportError" in words or "incompatible .mpy" in words:
            return "The board cannot load the compiled firmware. Put a current MicroPython on it."
        if any(sign in words for sign in _LINE_BROKEN):
            return f"The line to {self.port} broke off. Check the cable and try again."
        last = (words.strip().splitlines() or ["it gave no reason"])[-1].rstrip(".")
        if not quotable:  # the words could repeat a secret
            last = f"mpremote ended with status {status}"
        return f"The board on {self.port} failed: {last}. Reset it and try again."


def _converse(
    process: "subprocess.Popen[bytes]", stdin: bytes, heard: Callable[[str], None]
) -> tuple[str, str]:
    """Feed `stdin`, hear every line of the output as it comes; all output and all complaints."""
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise AssertionError("opened without pipes")
    complaints: list[bytes] = []
    reader = threading.Thread(target=lambda: complaints.append(process.stderr.read()))  # type: ignore[union-attr]
    reader.start()
    try:
        process.stdin.write(stdin)
        process.stdin.close()
    except BrokenPipeError:  # it has ended already; its status says why
        pass
    lines: list[str] = []
    with process.stdout:
        for raw in process.stdout:
            lines.append(raw.decode(errors="replace").rstrip("\r\n"))
            heard(lines[-1])
    process.wait()
    reader.join()
    process.stderr.close()
    return "\n".join(lines), b"".join(complaints).decode(errors="replace")
