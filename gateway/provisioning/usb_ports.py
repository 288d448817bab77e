"""The serial ports with a board behind them, and what stands between us and one.

`/dev/ttyACM0` is another board after each replug, and ten boards swap places: so a board is told
from others by its USB serial number, which on a chip with its own USB is its hardware address. A
bridge without a number (many CH340) is told by where it is plugged in.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LIST_S_MAX = 30.0
_LISTED = re.compile(r"^(\S+) (\S+) ([0-9a-f]{4}:[0-9a-f]{4}) (.*)$")
_NO_USB = "0000:0000"
_SHORT = 4  # digits of a serial number that people compare
# By USB vendor, or vendor and product: what it is, and the driver that makes it a serial port.
_TOOLS = ("mpremote", "esptool")  # by which a board is spoken to
_KNOWN = {
    "303a": ("an Espressif chip", "cdc_acm"),
    "10c4:ea60": ("a CP210x bridge", "cp210x"),
    "1a86": ("a CH340 bridge", "ch341"),
    "0403": ("an FTDI bridge", "ftdi_sio"),
}
_USB_DEVICES = Path("/sys/bus/usb/devices")
_PROCESSES = Path("/proc")
_DIALOUT = "you may not open it: `sudo usermod -aG dialout $USER`, then log in again"


@dataclass(frozen=True)
class Port:
    """A serial port with something on USB behind it. `usb` is vendor and product, as 303a:1001."""

    device: str
    what: str
    serial: str = ""
    usb: str = ""

    @property
    def key(self) -> str:
        """By what the board is told from others."""
        return self.serial or self.device

    @property
    def short(self) -> str:
        """What stands beside its bar: the last four digits of its number, else the port's name."""
        digits = re.sub(r"[^0-9A-Za-z]", "", self.serial)
        return digits[-_SHORT:] or self.device.rsplit("/", 1)[-1]

    @property
    def is_known(self) -> bool:
        """Whether boards have such a plug; a modem or a meter has another."""
        return self.usb in _KNOWN or self.usb.split(":")[0] in _KNOWN


def list_ports() -> list[Port]:
    """The serial ports that have a USB device behind them, as mpremote sees them."""
    done = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", "list"],
        capture_output=True,
        text=True,
        timeout=_LIST_S_MAX,
        check=True,
    )
    return read_ports(done.stdout)


def read_ports(listing: str) -> list[Port]:
    """What `mpremote connect list` prints, without the ports that have no USB behind them."""
    matches = [_LISTED.match(line) for line in listing.splitlines()]
    return [
        Port(m[1], m[4].replace("None", "").strip(), "" if m[2] == "None" else m[2], m[3])
        for m in matches
        if m and m[3] != _NO_USB
    ]


def hindrance(device: str, processes: Path = _PROCESSES) -> str:
    """Why a port that is there could not be opened: "; " and the reason, for the end of a sentence
    that names the port. Some reason is always given."""
    if not os.access(device, os.R_OK | os.W_OK):
        return _DIALOUT
    holders = sorted(set(_holders(os.path.realpath(device), processes)))
    if holders:
        hold = "holds" if len(holders) == 1 else "hold"
        return f"{' and '.join(holders)} {hold} it: end that and try again"
    return f"perhaps a serial monitor holds it: end that; or {_DIALOUT}"


def without_driver(devices: Path = _USB_DEVICES) -> str:
    """A sentence about a board on USB for which this machine made no serial port; "" if none."""
    for device in sorted(devices.glob("*")):
        usb = f"{_text(device / 'idVendor')}:{_text(device / 'idProduct')}"
        known = _KNOWN.get(usb) or _KNOWN.get(usb.split(":")[0])
        if known is None or any(device.glob("*:*/tty*")) or any(device.glob("*:*/*/tty*")):
            continue
        what, driver = known
        return (
            f"There is {what} on USB, but this machine made no serial port of it: its driver is "
            f"missing (`sudo modprobe {driver}`), or brltty took it (`sudo apt remove brltty`)."
        )
    return ""


def _holders(path: str, processes: Path) -> Iterator[str]:
    """Other programs that have a file open, as far as we may see."""
    for process in processes.glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            if any(os.readlink(handle) == path for handle in (process / "fd").iterdir()):
                yield f"{_name_of(process)} (process {process.name})"
        except OSError:  # it has ended, or is another user's
            continue


def _name_of(process: Path) -> str:
    """What its user would call it: our own boards are worked at by `python`."""
    ours = any(tool in _text(process / "cmdline").split("\0") for tool in _TOOLS)
    return "another menshen" if ours else _text(process / "comm") or "a program"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
