"""A life in which everything has another name: doors, people, grids and areas, in another order."""

import re
from collections.abc import Iterable
from itertools import count
from zlib import crc32

from msgspec import json

from gateway.core.events import Event
from gateway.core.local_time import DAY_MIN
from gateway.core.paging import person
from gateway.core.subject import Subject
from tests.core.laws.relived import Outside, Told, encoded
from tests.core.lives.life import PEOPLE

DOORS = {
    "1-1": "7-9",
    "1-1-back": "7-9-yard",
    "1-1-window": "7-9-attic",
    "1-2": "7-8",
    "1-2-back": "7-8-attic",
    "1-3": "7-7",
    "2-1": "6-9",
    "2-2": "6-8",
    "2-canary": "6-0",
}
QUOTED = {
    "building:1": "building:z",
    "building:2": "building:a",
    "stair:0": "stair:y",
    "stair:1": "stair:b",
    "g": "h",
    "h": "g",
}
CONTACTS = re.compile(r'"contacts":\[([^]]*)\]')


def _alike(warden_id: str, prefix: str) -> str:
    """Another name whose daily test is at the same minute, whatever hours tests have."""
    minute = crc32(warden_id.encode()) % DAY_MIN
    names = (f"{prefix}{number}" for number in count())
    return next(name for name in names if crc32(name.encode()) % DAY_MIN == minute)


WARDENS = {name: _alike(name, prefix) for name, prefix in zip(PEOPLE, "zyxwvut", strict=True)}
CODES = {person.code(was): person.code(now) for was, now in WARDENS.items()}


def _pattern(doors: Iterable[str]) -> str:
    longest_first = sorted(map(re.escape, doors), key=len, reverse=True)
    rest = "|".join(f"-{door.split('-', 2)[2]}" for door in doors if door.count("-") == 2)
    return f"(?<![0-9A-Za-z:])({'|'.join(longest_first)})(?![0-9]|{rest})"


class Renaming:
    """Each of one set of names for its own in another, wherever it stands in a text."""

    def __init__(
        self, doors: dict[str, str], quoted: dict[str, str], codes: dict[str, str]
    ) -> None:
        names = {f'"{was}"': f'"{now}"' for was, now in quoted.items()} | codes
        self._doors, self._names = doors, names
        plain = "|".join(map(re.escape, names))
        self._pattern = re.compile(f"{plain}|{_pattern(doors)}")

    def of(self, text: str) -> str:
        return self._pattern.sub(lambda found: self._of(found.group(0)), text)

    def _of(self, name: str) -> str:
        return self._names.get(name) or self._doors[name]


def _turned(names: dict[str, str]) -> dict[str, str]:
    return {now: was for was, now in names.items()}


RENAMED = Renaming(DOORS, QUOTED | WARDENS, CODES)
BACK = Renaming(_turned(DOORS), _turned(QUOTED | WARDENS), _turned(CODES))


def renamed(events: Iterable[Outside]) -> list[Outside]:
    return [
        (at_ms, Subject(its.kind, RENAMED.of(its.id)), _event(RENAMED.of(encoded(event).decode())))
        for at_ms, its, event in events
    ]


def _event(text: str) -> Event:
    event: Event = json.decode(text, type=Event)
    return event


def named_back(row: Told) -> Told:
    """As it was called before. What is put in order by its name is so by the old ones."""
    where = BACK.of(row.where) if row.where in DOORS.values() else BACK.of(f'"{row.where}"')
    return in_order(
        row._replace(
            where=where.strip('"'),
            effects=tuple(map(BACK.of, row.effects)),
            routed=tuple(map(BACK.of, row.routed)),
        )
    )


def in_order(row: Told) -> Told:
    return row._replace(
        effects=tuple(sorted(map(_with_contacts, row.effects))),
        routed=tuple(sorted(map(_with_contacts, row.routed))),
    )


def _with_contacts(text: str) -> str:
    """A household's doors are named in the order of their ids, for people to read."""
    return CONTACTS.sub(lambda found: ",".join(sorted(found.group(1).split(","))), text)
