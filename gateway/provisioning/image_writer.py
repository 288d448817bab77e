"""An image into a board's flash, by esptool in a process of its own.

A process for mpremote's reasons, and for one more: esptool is under the GPL, and a program that
starts another is no part of it. So it is an optional extra, never imported. It is looked for beside
our own packages first, then on the PATH.

Its exit code says only that something failed, and 0 not that all went well: what counts is the line
in which it says that it read back what it wrote. Its words change with releases; few are looked
for, and a test holds them to the release that is locked.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.provisioning.board_image import BoardImage, named
from gateway.provisioning.board_link import BoardError
from gateway.provisioning.usb_ports import hindrance

WRITE_S_MAX = 300.0  # 1.7 MB take some 100 s at 115200 baud, and erasing 40
_BAUD = "460800"
_PERCENT = re.compile(rb"(\d{1,3})(?:\.\d+)? ?%")
_OTHER_CHIP = re.compile(r"This chip is (ESP32[-A-Z0-9]*)")
_VERIFIED = "Hash of data verified"
ESPTOOL_MISSING = (
    "esptool is not on this machine, and an image is written by it: `sudo PIPX_HOME=/opt/menshen "
    "PIPX_BIN_DIR=/usr/local/bin pipx inject menshen 'esptool>=5,<6'`. Without --image, boards are "
    "taken that have MicroPython already."
)


def esptool_program() -> list[str]:
    """How to start esptool. BoardError if it is not there."""
    if importlib.util.find_spec("esptool") is not None:
        return [sys.executable, "-u", "-m", "esptool"]
    found = shutil.which("esptool")
    if found is None:
        raise BoardError(ESPTOOL_MISSING)
    return [found]


def write_image(
    port: str,
    image: BoardImage,
    program: Sequence[str],
    told: Callable[[int], None] = lambda _percent: None,
    options: Sequence[str] = (),
) -> None:
    """Erase the whole flash behind `port` and write `image`; BoardError with a sentence if not.

    `told` hears the per cent. `options` are esptool's own, in front of its command.
    """
    with tempfile.TemporaryDirectory(prefix="menshen-") as room:
        file = Path(room) / "image.bin"  # as it was checked, whatever becomes of the installer's
        file.write_bytes(image.content)
        command = [*program, "--chip", image.chip, "--port", port, "--baud", _BAUD, *options]
        command += ["write-flash", "--erase-all", "0x0", str(file)]
        status, words = _run(command, told)
    if status != 0:
        raise BoardError(_sentence(port, image, status, words))
    if _VERIFIED not in words:
        raise BoardError(
            f"esptool ended well and did not say that it read back what it wrote to {port}. Try "
            "again; if it stays so, your esptool is not of a release between 5 and 6."
        )


def _run(command: Sequence[str], told: Callable[[int], None]) -> tuple[int, str]:
    """Run it to its end, or to ours; its exit code and all that it said."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "120"}
    process = subprocess.Popen(  # noqa: S603 - no secret in it, and no words of others
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    )
    late = threading.Timer(WRITE_S_MAX, process.kill)
    late.start()
    said = bytearray()
    try:
        if process.stdout is None:
            raise AssertionError("opened without a pipe")
        with process.stdout:
            while piece := process.stdout.read1(4096):  # type: ignore[attr-defined]
                said += piece
                percents = _PERCENT.findall(said[-256:])
                if percents:
                    told(min(int(percents[-1]), 100))
        status = process.wait()
    finally:
        late.cancel()
        process.kill()
        process.wait()
    return status, said.decode(errors="replace")


def _sentence(port: str, image: BoardImage, status: int, words: str) -> str:
    """Say what went wrong, as somebody with the board in hand can use it."""
    if not os.path.exists(port):
        return f"{port} is gone in the middle of the work. Is the cable loose?"
    if "port is busy" in words:
        return f"{port} cannot be opened; {hindrance(port)}."
    other = _OTHER_CHIP.search(words)
    if other is not None:
        return (
            f"The board on {port} is an {other[1]}, and the image is for {named(image.chip)}: take "
            "the image for its chip. Nothing was written."
        )
    for signs, sentence in _SENTENCES:
        if any(sign in words for sign in signs):
            return sentence.format(port=port)
    if status < 0:
        return f"esptool did not come to an end at {port}. Another cable, then again."
    last = (words.strip().splitlines() or ["it gave no reason"])[-1].strip().rstrip(".")
    return f"esptool failed at {port}: {last}. Try again."


_SENTENCES = (
    (
        ("No serial data received", "Failed to connect"),
        "The board on {port} is silent. Hold its BOOT button, tap RESET, let BOOT go, and try "
        "again: that is the boot mode. If it stays silent, the cable carries power only.",
    ),
    (
        ("will not fit", "does not fit", "exceeds flash size"),
        "The flash of the board on {port} is smaller than the image. Take a board with 4 MB. "
        "Nothing was written.",
    ),
    (
        ("does not match data in flash",),
        "What was written to {port} reads back otherwise. Try once more with another cable; then "
        "take another board: its flash is bad.",
    ),
    (
        ("serial exception", "Input/output error", "[Errno 5]", "device disconnected"),
        "The line to {port} broke off while the image was written. Check cable and hub, and try "
        "again: a board half written is still a bare board.",
    ),
)
