"""Ten thousand seals at the broker that a site gets, and then one seal more (`make crowd`).

A real mosquitto with the configuration of `menshen broker-config`, a login for each seal, its list
of rights, TLS, and as many open files as the shipped unit gives. Each seal logs in by TLS under its
own name and listens for its receipts. Then one seal more is enrolled and the broker reloads: it is
let in, its report reaches the gateway's login, and a receipt comes back.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import socket
import ssl
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.stage import CannotMeasure, running
from gateway.provisioning.broker_config import (
    SERVICE,
    BrokerPlan,
    Login,
    gateway_password,
    write_broker_config,
    write_passwords,
)
from gateway.registry.credentials import fresh_password, hash_password
from sealwire import topics
from tests import neighbours

SEALS = 10_000
AT_ONCE = 16  # who shake hands at the same time
ANSWER_S = 60.0  # of the broker, to anything
LOGIN_S_MAX = 900.0  # all of them
KEEPALIVE_S = 900  # the longest that the broker allows
ONE_MORE_S_MAX = 10.0  # from the reload to its receipt
SPARE_FILES = 200


@dataclass(frozen=True)
class Figures:
    """What came of it. Times in seconds, memory in megabytes."""

    seals: int
    login_s: float
    broker_mb: float
    reload_s: float  # until the new seal was let in
    one_more_s: float  # until its receipt came
    still_in: int  # of those who were there before


class Line:
    """One MQTT 3.1.1 connection by TLS, in as few lines as it takes."""

    def __init__(self, port: int, context: ssl.SSLContext, user: str, password: str) -> None:
        """Log in. ConnectionError if the broker does not let it in."""
        plain = socket.create_connection(("127.0.0.1", port), ANSWER_S)
        try:
            self._socket = context.wrap_socket(plain, server_hostname="localhost")
            body = b"\x00\x04MQTT\x04\xc2" + struct.pack(">H", KEEPALIVE_S)
            body += b"".join(map(_text, (user.encode(), user.encode(), password.encode())))
            self._send(0x10, body)
            if self._packet() != (0x20, b"\x00\x00"):
                raise ConnectionError(f"{user} was not let in")  # noqa: TRY301 - closed below
        except BaseException:
            plain.close()
            raise

    def subscribe(self, topic: str) -> None:
        """Listen to a topic. ConnectionError if it is not granted."""
        self._send(0x82, b"\x00\x01" + _text(topic.encode()) + b"\x01")
        if self._packet() != (0x90, b"\x00\x01\x01"):
            raise ConnectionError(f"{topic} was not granted")

    def publish(self, topic: str, payload: bytes) -> None:
        """Say it, once at most."""
        self._send(0x30, _text(topic.encode()) + payload)

    def hear(self) -> bytes:
        """What is said next, with its topic before it."""
        kind, body = self._packet()
        if kind & 0xF0 != 0x30:
            raise ConnectionError(f"a packet of kind {kind:#x} came")
        return body

    def is_in(self) -> bool:
        """Whether the broker still answers on it."""
        try:
            self._send(0xC0, b"")
            return self._packet() == (0xD0, b"")
        except OSError:
            return False

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def _send(self, kind: int, body: bytes) -> None:
        length, rest = bytearray(), len(body)
        while True:
            length.append(rest % 128 | (0x80 if rest > 127 else 0))
            rest //= 128
            if not rest:
                break
        self._socket.sendall(bytes([kind]) + length + body)

    def _packet(self) -> tuple[int, bytes]:
        kind, length, shift = self._read(1)[0], 0, 0
        while True:
            byte = self._read(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return kind, self._read(length)

    def _read(self, size: int) -> bytes:
        read = b""
        while len(read) < size:
            more = self._socket.recv(size - len(read))
            if not more:
                raise ConnectionError("the broker hung up")
            read += more
        return read


def _text(part: bytes) -> bytes:
    return struct.pack(">H", len(part)) + part


def measure(folder: Path, seals: int) -> Figures:
    """Do it in `folder`, with so many seals. CannotMeasure where mosquitto is missing; any other
    error is the broker's failure."""
    files = _open_files_allowed(seals)
    site = _site(folder, seals)
    with running(_broker(folder, site.plan, files)) as broker, ExitStack() as stack:
        began_s = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            lines = list(pool.map(site.seal, site.passwords, timeout=LOGIN_S_MAX))
        login_s = time.monotonic() - began_s
        for line in lines:
            stack.callback(line.close)
        gateway = site.line(site.plan.gateway_user, gateway_password(site.folder))
        stack.callback(gateway.close)
        gateway.subscribe(topics.EVERY_REPORT)
        new = f"{seals:016x}"
        site.passwords[new] = fresh_password()
        site.write()
        began_s = time.monotonic()
        os.kill(broker.pid, signal.SIGHUP)
        more = site.let_in(new)
        reload_s = time.monotonic() - began_s
        stack.callback(more.close)
        more.publish(topics.report(new), b"opened")
        if gateway.hear() != _text(topics.report(new).encode()) + b"opened":
            raise ConnectionError("the gateway heard something else than the new seal's report")
        gateway.publish(topics.receipt(new), b"stored")
        if more.hear() != _text(topics.receipt(new).encode()) + b"stored":
            raise ConnectionError("the new seal heard something else than its receipt")
        one_more_s = time.monotonic() - began_s
        still_in = sum(line.is_in() for line in lines)
        rss_mb = psutil.Process(broker.pid).memory_info().rss / 1e6
    return Figures(seals, login_s, rss_mb, reload_s, one_more_s, still_in)


@dataclass
class _Site:
    """The broker's files, and the password of every seal."""

    folder: Path
    plan: BrokerPlan
    passwords: dict[str, str]

    def __post_init__(self) -> None:
        self._logins = dict[str, Login]()
        write_broker_config(self.folder, self.plan, self._known(), datetime.now(UTC))
        self._context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))

    def write(self) -> None:
        """Render the logins anew."""
        write_passwords(self.folder, self.plan, self._known())

    def line(self, user: str, password: str) -> Line:
        """Log in."""
        return Line(self.plan.port, self._context, user, password)

    def seal(self, seal_id: str) -> Line:
        """A seal that has logged in and listens for its receipts."""
        line = self.line(seal_id, self.passwords[seal_id])
        line.subscribe(topics.receipt(seal_id))
        return line

    def let_in(self, seal_id: str) -> Line:
        """As soon as the broker knows it. ConnectionError if that takes too long."""
        ends_s = time.monotonic() + ONE_MORE_S_MAX
        while True:
            try:
                return self.seal(seal_id)
            except ConnectionError:
                if time.monotonic() > ends_s:
                    raise

    def _known(self) -> list[Login]:
        for seal_id, password in self.passwords.items():
            if seal_id not in self._logins:
                self._logins[seal_id] = Login(seal_id, hash_password(password))
        return list(self._logins.values())


def _site(folder: Path, seals: int) -> _Site:
    (folder / "state").mkdir()
    plan = BrokerPlan(
        ["menshen.example"],
        installed_at=folder / "broker",
        state_directory=folder / "state",
        address="127.0.0.1",
        port=neighbours.unused_port(),
        user="root",  # as another user it could not come into this folder
    )
    return _Site(plan.installed_at, plan, {f"{n:016x}": fresh_password() for n in range(seals)})


def _broker(folder: Path, plan: BrokerPlan, files: int) -> neighbours.Broker:
    program = neighbours.find("mosquitto")
    if program is None:
        raise CannotMeasure("mosquitto is not on this machine; `make neighbours` installs it")
    shell = f'ulimit -n {files} && exec "$0" -c "$1"'
    command = ["sh", "-c", shell, program, str(plan.installed_at / "mosquitto.conf")]
    return neighbours.Broker("mosquitto", command, folder, plan.port)


def _open_files_allowed(seals: int) -> int:
    """As many as the shipped unit gives, or as this machine lets us give; and as many for us."""
    unit = (Path(__file__).parents[1] / "broker_config" / SERVICE).read_text()
    wanted = int(next(x for x in unit.splitlines() if x.startswith("LimitNOFILE=")).split("=")[1])
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = seals + SPARE_FILES
    if most != resource.RLIM_INFINITY and most < needed:
        raise CannotMeasure(f"this shell may open {most} files; {needed} are needed: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, needed), most))
    return wanted if most == resource.RLIM_INFINITY else min(wanted, most)


def goals(figures: Figures) -> Iterator[tuple[str, bool]]:
    """What was promised, and whether it was kept."""
    yield f"{figures.still_in} of {figures.seals} stayed in", figures.still_in == figures.seals
    late = figures.one_more_s > ONE_MORE_S_MAX
    yield f"one seal more got through within {ONE_MORE_S_MAX:.0f} s", not late


def main() -> None:
    """Do it and tell. Exit code 1 where it could not be done or a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.ten_thousand", description=__doc__)
    parser.add_argument("--seals", type=int, default=SEALS)
    seals = parser.parse_args().seals
    try:
        with tempfile.TemporaryDirectory(prefix="menshen-bench-") as folder:
            figures = measure(Path(folder), seals)
    except CannotMeasure as error:
        sys.exit(f"bench: {error}")
    print(f"{figures.seals} seals logged in by TLS in {figures.login_s:.1f} s")
    print(f"the broker holds {figures.broker_mb:.0f} MB")
    print(f"a new login was let in {figures.reload_s:.2f} s after the reload began,")
    print(f"and its seal's receipt came after {figures.one_more_s:.2f} s")
    kept = list(goals(figures))
    for goal, is_kept in kept:
        print(f"{'kept  ' if is_kept else 'MISSED'} {goal}")
    sys.exit(0 if all(is_kept for _, is_kept in kept) else 1)


if __name__ == "__main__":
    main()
