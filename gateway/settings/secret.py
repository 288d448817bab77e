"""The secrets: from NAME in the environment, or from the file that NAME_FILE names.

What cannot be read becomes a `Broken` value, so that it is told together with every other mistake.
"""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from gateway.settings.values import cut

SECRETS = {
    ("broker", "password"): "MENSHEN_BROKER_PASSWORD",
    ("console", "password"): "MENSHEN_CONSOLE_PASSWORD",
    ("webhook", "token"): "MENSHEN_WEBHOOK_TOKEN",
    ("webhook", "secret"): "MENSHEN_WEBHOOK_SECRET",
    ("webhook", "old_secret"): "MENSHEN_WEBHOOK_OLD_SECRET",
    ("webhook", "routing_key"): "MENSHEN_WEBHOOK_ROUTING_KEY",
    ("oidc", "client_secret"): "MENSHEN_OIDC_CLIENT_SECRET",
    ("influx", "token"): "MENSHEN_INFLUX_TOKEN",
    ("home_assistant", "password"): "MENSHEN_HOME_ASSISTANT_PASSWORD",
    ("household", "sms_secret"): "MENSHEN_HOUSEHOLD_SMS_SECRET",
    ("contacts", "password"): "MENSHEN_CONTACTS_PASSWORD",
}
# Of a program at a site with accounts, and of whoever makes an InfluxDB ready; no settings.
PROGRAM_TOKEN = "MENSHEN_CONSOLE_TOKEN"  # noqa: S105 - a name of the environment
INFLUX_ADMIN_TOKEN = "MENSHEN_INFLUX_ADMIN_TOKEN"  # noqa: S105 - likewise
_OF_COMMANDS = PROGRAM_TOKEN, INFLUX_ADMIN_TOKEN
SECRET_BYTES_MAX = 4_096
# Of [broker] folder: the gateway's password, which holds where the environment gives none.
GATEWAY_PASSWORD = "gateway.password"  # noqa: S105 - a file's name


@dataclass(frozen=True)
class Broken:
    """A secret that was given and cannot be used, and the sentence that says why."""

    sentence: str


def readable(value: object) -> object:
    """The secret itself. ValueError with its sentence if it is broken."""
    if isinstance(value, Broken):
        raise ValueError(value.sentence)  # noqa: TRY004 - pydantic's way to hear of it
    return value


def found(environment: Mapping[str, str]) -> dict[str, dict[str, str | Broken]]:
    """The secrets that are given, as {section: {key: secret}}. An empty variable gives none."""
    given: dict[str, dict[str, str | Broken]] = {}
    for (section, key), name in SECRETS.items():
        value = named(name, environment)
        if value:
            given.setdefault(section, {})[key] = value
    return given


def named(name: str, environment: Mapping[str, str]) -> str | Broken | None:
    """One secret, from the variable or the file that NAME_FILE names; None where neither is."""
    return _secret(name, environment.get(name, ""), environment.get(f"{name}_FILE", ""))


def unfit(name: str, text: str) -> str:
    """Why a secret cannot stand in the head of an HTTP request, as a sentence; empty if it can."""
    if text.isascii() and text.isprintable():
        return ""
    return (
        f"{name} holds a sign that no HTTP header takes (only letters, digits and marks of ASCII "
        "are): is it another text, or more than the token?"
    )


def of_broker(folder: Path) -> str | None:
    """The gateway's password in the broker's folder; None where we are not to read it, or there is
    none."""
    try:
        text = (folder / GATEWAY_PASSWORD).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text or None


def files(environment: Mapping[str, str]) -> list[Path]:
    """The files that the environment names for secrets."""
    names = (environment.get(f"{name}_FILE", "") for name in SECRETS.values())
    return [Path(name) for name in names if name]


def is_open(path: Path) -> bool:
    """Whether others than its owner and its group may read the file; not where there is none."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def unknown(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each variable that seems one of ours and is none."""
    known = *SECRETS.values(), *_OF_COMMANDS
    names = [name + end for name in known for end in ("", "_FILE")]
    starts = tuple(f"MENSHEN_{section}_".upper() for section, _ in SECRETS)
    sentences = []
    for name in sorted(environment):
        near = get_close_matches(name, names, n=1, cutoff=0.9)
        if name in names or not (near or name.startswith(starts)):
            continue
        hint = f"did you mean {near[0]}?" if near else "only secrets are; it belongs in the file"
        sentences.append(f"{cut(name)} in the environment is not a setting; {hint}")
    return sentences


def _secret(name: str, text: str, file: str) -> str | Broken | None:
    if text and file:
        return Broken(f"{name} and {name}_FILE are both set; keep one of them")
    if not file:
        return text or None
    try:
        with Path(file).open("rb") as stream:
            content = stream.read(SECRET_BYTES_MAX + 1)
        text = content.decode("utf-8-sig").strip("\r\n")
    except OSError as error:
        return Broken(f"{name}_FILE names {file}, which cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return Broken(f"{name}_FILE names {file}, which is not UTF-8 text")
    if not text or "\n" in text or len(content) > SECRET_BYTES_MAX:
        return Broken(f"{name}_FILE names {file}, which must hold one line, the secret alone")
    return text
