"""What was scanned or typed of a seal or a door: an id, what a label's code says, or a link."""

import re
from typing import Final

from sqlalchemy import Connection, select

from gateway.language.catalogue import N_, say
from gateway.registry import door_codes
from gateway.registry.door_codes import TYPED_MAX
from gateway.store import tables
from gateway.store.door_codes import scan_of
from gateway.store.sealed_columns import revealed
from sealwire import topics

SEAL_PREFIX: Final = "menshen:seal:"
LINK_MAX: Final = 200  # characters
_LINK = re.compile(r"(?:https?://\S+)?/(?:seals|s)/([0-9a-f]{16})/?(?:[?#]\S*)?")
_BETWEEN = re.compile(r"[\s.:-]+")

_NO_SEAL = N_("This is no seal's id: its label has 16 letters and digits, in groups of four.")
_NO_DOOR = N_("No door is known by this; give its id, or the ten digits of its label.")


class ScanError(Exception):
    """What was scanned is nothing of the kind. `sentence` is a key of the catalogues."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def told(self, language: str) -> str:
        """The sentence, for people."""
        return say(self.sentence, language)


def seal_of(text: str) -> str:
    """The seal's id in what was scanned or typed: the id, in groups or not, the text of a label's
    code, or a link to the seal's page. ScanError if it is none."""
    plain = text.strip()[:LINK_MAX].lower()
    link = _LINK.fullmatch(plain)
    if link:
        return link[1]
    seal_id = _BETWEEN.sub("", plain.removeprefix(SEAL_PREFIX))
    if not topics.is_id(seal_id):
        raise ScanError(_NO_SEAL)
    return seal_id


def door_of(connection: Connection, text: str) -> str:
    """The door's id: itself, what people call the door where only one is called so, or the code of
    its label. ScanError if no door is known by it."""
    plain = text.strip()[:TYPED_MAX]
    d = tables.doors.c
    for column in (d.door_id, revealed(d.label)):
        query = select(d.door_id).where(column == plain, d.ended_ms.is_(None)).limit(2)
        found = list(connection.execute(query).scalars())
        if len(found) == 1:
            return str(found[0])
    try:
        scan = scan_of(connection, door_codes.read(plain))
    except ValueError:
        raise ScanError(_NO_DOOR) from None
    if not scan.door_id:
        raise ScanError(_NO_DOOR)
    return scan.door_id
