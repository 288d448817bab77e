"""What is typed where every command is searched for a household's words: derived from the table of
commands, so that a new one is either read or left out with a reason."""

from collections.abc import Iterator
from enum import EnumType
from typing import Final, get_type_hints

from gateway.cli.app import COMMANDS, body_of

_ACT: Final = "an act: it says again what was typed, and what it changes is read by all others"
_NOT_OF_THE_SITE: Final = "it reads nothing of the site"
_GOES_ON: Final = "it goes on until it is ended; what it logs is searched, and its pages are read"
_NO_SERVER: Final = "it speaks with another program, which is not there"
_ACCOUNTS: Final = "it reads the accounts' file: P9 searches that, and this site has none"

# By command and, where it has one, its second word. Its files are written into the site's folder.
READ: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "check": ((),),
    "doors": ((),),
    "seals": ((),),
    "cases": ((), ("--closed",)),
    "requests": ((), ("--counts",)),
    "destruction show": ((),),
    "destruction holds": ((),),
    "destruction verify": (("menshen.db.destructions",),),
    "clock": ((),),
    "update list": ((),),
    "update show": ((),),
    "backup list": ((),),
    "settings": ((),),
    "certificate show": (("{door_id}",), ("{door_id}", "--out", "certificate.json")),
    "certificate key": ((),),
    "wifi status": ((),),
    "label": (("{seal_id}",), ("{seal_id}", "--out", "label.html")),
    "door-label": ((), ("--all", "--out", "labels.html")),
    "notice": ((), ("{door_id}", "--out", "sheets.pdf")),
    "broker-config": (("pi.local", "--out", "broker"),),
    "upgrade": ((),),
    "coverage": (("{door_id}",),),
    "what-if": (("--from", "2020-01-01"),),
}
LEFT_OUT: Final[dict[str, str]] = {
    "run": _GOES_ON,
    "console": _GOES_ON,
    "canary": _GOES_ON,
    "demo": "it runs a building of its own",
    "simulate": _NOT_OF_THE_SITE,
    "power": _NOT_OF_THE_SITE,
    "decode": _NOT_OF_THE_SITE,
    "release key": _NOT_OF_THE_SITE,
    "release build": _NOT_OF_THE_SITE,
    "release sign": _NOT_OF_THE_SITE,
    "release show": _NOT_OF_THE_SITE,
    "token scopes": _NOT_OF_THE_SITE,
    "backup key": _NOT_OF_THE_SITE,
    "console-certificate": "it names the machine alone",
    "install": "it makes a machine a gateway, and knows no household yet",
    "uninstall": "it takes services off a machine, and knows no household",
    "backup make": "a whole copy: P6 searches copies, and what is put back from them",
    "backup verify": "it opens a copy and counts what is in it",
    "restore": "it puts a copy back: P6 searches what it brings",
    "destroy-site": "nothing is there any more: P14 searches what it leaves",
    "certificate verify": "it reads a file that somebody has, and nothing of the site but its key",
    "fleet-report": "it draws what InfluxDB holds, and opens nothing else: P7 reads that",
    "influx init": _NO_SERVER,
    **{f"audit {what}": _ACCOUNTS for what in ("show", "verify", "anchors")},
    **dict.fromkeys(("account list", "token list"), _ACCOUNTS),
    "commission": "it waits for somebody at a seal; its certificate is read by `certificate show`",
    **dict.fromkeys(("announce", "visit", "test-page", "enrol", "flash"), _ACT),
    **dict.fromkeys(("move", "exchange", "swap", "retire", "heartbeat", "rotate"), _ACT),
    **{f"end {kind}": _ACT for kind in ("order", "permit", "seal", "door", "warden", "grid")},
    **{f"destruction {what}": _ACT for what in ("hold", "release")},
    **{f"update {what}": _ACT for what in ("add", "start", "stop", "go-on", "end")},
    **{f"wifi {what}": _ACT for what in ("change", "stop")},
    **{f"token {what}": _ACT for what in ("make", "end")},
    **{f"account {what}": _ACT for what in ("add", "invite", "password", "token", "link")},
    **{f"account {what}": _ACT for what in ("unlink", "revoke", "end")},
}
_SECOND_WORDS: Final = ("what", "kind")  # what a command's parameter of its second word is called


def parts() -> set[str]:
    """Every command, by its second words where it has such, as they stand in the tables above."""
    return set(_parts())


def _parts() -> Iterator[str]:
    for command in COMMANDS:
        hints = get_type_hints(body_of(command))
        second = [hints[name] for name in _SECOND_WORDS if isinstance(hints.get(name), EnumType)]
        words = [str(word.value) for kind in second for word in kind]
        yield from (f"{command.name} {word}" for word in words) if words else (command.name,)


def with_a_file() -> set[str]:
    """Those of `READ` that write a file if `--out` says where, of which not all words do."""
    names = {command.name: command for command in COMMANDS}
    return {part for part in READ if "out" in get_type_hints(body_of(names[part.split()[0]]))}


def typed() -> list[tuple[str, ...]]:
    """All lines of `READ`, and each again with `--json` where the command has that; those that
    write a file last."""
    names = {command.name: command for command in COMMANDS}
    lines = [
        (*part.split(), *words, *more)
        for part, kinds in READ.items()
        for words in kinds
        for more in ((), ("--json",))
        if not more or "as_json" in get_type_hints(body_of(names[part.split()[0]]))
    ]
    return sorted(lines, key=lambda line: "--out" in line)
