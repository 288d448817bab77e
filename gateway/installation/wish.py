"""What an installer wants, and the settings that come of it."""

import ipaddress
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.installation.place import BROKER, CONSOLE, DATA, SETTINGS, Place
from gateway.provisioning.certificates import CA_CRT, CONSOLE_CRT, CONSOLE_KEY
from gateway.settings import Settings, load

CONSOLE_PORT: Final = 8443
BROKER_PORT: Final = 8883
_TEXT: Final = """\
# The settings of this gateway, made by `menshen install`, which never changes them again.
# `menshen settings --example` prints every key with its default and what is allowed; then
# `sudo systemctl restart menshen`, and `sudo menshen check` says whether all is well.

[site]
name = "Menshen"  # what people read above every page
language = {language}
zone = ""  # of this machine; "Asia/Shanghai" and the like

[store]
path = {database}

[broker]
folder = {broker}
host = "localhost"
port = {broker_port}
tls = true
ca = {ca}
user = "gateway"

[console]
host = "0.0.0.0"
port = {console_port}
certificate = {certificate}
key = {key}
public_url = {public_url}
"""


@dataclass(frozen=True)
class Wish:
    """What is to be installed, and where.

    `names`: the host names and addresses by which seals and phones reach the machine. `password` is
    asked for the first administrator's. `python` is the interpreter that the service starts.
    """

    place: Place
    names: tuple[str, ...]
    administrator: str
    password: Callable[[], str]
    python: Path
    now: datetime
    language: str = "zh"

    @property
    def config(self) -> Path:
        """The settings' file, where it is for us."""
        return self.place.inside(SETTINGS)

    def settings_text(self) -> str:
        """A new site's settings. Every path is a whole one."""
        values = {
            "language": self.language,
            "database": DATA / "menshen.db",
            "broker": BROKER,
            "ca": BROKER / CA_CRT,
            "certificate": CONSOLE / CONSOLE_CRT,
            "key": CONSOLE / CONSOLE_KEY,
            "public_url": f"https://{_in_address(self.names[0])}:{CONSOLE_PORT}",
        }
        quoted = {key: json.dumps(str(value)) for key, value in values.items()}
        return _TEXT.format(broker_port=BROKER_PORT, console_port=CONSOLE_PORT, **quoted)

    def settings(self) -> Settings:
        """Those that hold, or would hold. Their paths are the machine's own.

        Raises:
            SettingsError: there are some, and they are wrong.
        """
        if self.config.exists():
            return load(self.config)
        with tempfile.TemporaryDirectory(prefix="menshen-") as room:
            planned = Path(room) / SETTINGS.name
            planned.write_text(self.settings_text(), encoding="utf-8")
            return load(planned)


def _in_address(name: str) -> str:
    try:
        return f"[{name}]" if ipaddress.ip_address(name).version == 6 else name
    except ValueError:
        return name
