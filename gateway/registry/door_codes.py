"""The code on a door's label: nine random digits and one that checks them, for each order anew;
each contact of a household has its own.

The QR code on the label says `menshen:door:` and the ten digits; beneath it they stand in groups,
to be typed where no camera reads. Neither names a door. The tenth digit (ISO 7064, MOD 11,10)
finds every wrong digit and nearly every two that changed places, before anything is sent.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, select, update

from gateway.store import door_codes
from gateway.store.database import Store
from gateway.store.door_codes import DOOR_CODES, LabelRow
from gateway.store.statements import Row, upsert

PREFIX: Final = "menshen:door:"
DIGITS: Final = 10
TYPED_MAX: Final = 64  # characters of what was scanned or typed
_GROUPS: Final = (3, 6)  # where a space stands when people read it
_BETWEEN = re.compile(r"[\s.\-]+")


class DoorCodes:
    """The codes of orders, gathered against one snapshot.

    Args:
        connection: The snapshot.
        at_ms: Now, in milliseconds of UTC.
    """

    def __init__(self, connection: Connection, at_ms: int) -> None:
        self._at_ms = at_ms
        c = DOOR_CODES.c
        rows = connection.execute(select(c.order_id, c.door_id, c.code))
        self._codes = {(row.order_id, row.door_id): str(row.code) for row in rows}
        self._used = set(self._codes.values())
        self._fresh: list[Row] = []

    def need(self, order_id: str, door_id: str) -> str:
        """The code of an order at a door; a new one where it has none yet."""
        code = self._codes.get((order_id, door_id))
        if code is None:
            code = self._codes[order_id, door_id] = _unused(self._used)
            self._used.add(code)
            row = {"order_id": order_id, "door_id": door_id, "code": code, "made_ms": self._at_ms}
            self._fresh.append(row)
        return code

    def write(self, connection: Connection) -> None:
        """Store the new ones. The caller's transaction."""
        if self._fresh:
            columns = "code", "made_ms"
            connection.execute(upsert(connection.dialect.name, DOOR_CODES, columns), self._fresh)


def labels(store: Store, now_ms: int) -> list[LabelRow]:
    """Every door's label as it is to be printed now; an order from before there were codes gets
    its code here. StoreError if nothing can be stored."""
    with store.reading() as connection:
        found = door_codes.labels(connection, now_ms)
    if all(row.code for row in found):
        return found
    with store.writing() as connection:
        codes = DoorCodes(connection, now_ms)
        for row in door_codes.labels(connection, now_ms):
            codes.need(row.order_id, row.door_id)
        codes.write(connection)
        return door_codes.labels(connection, now_ms)


def printed(store: Store, rows: Iterable[LabelRow], now_ms: int) -> None:
    """These labels were printed. StoreError if nothing can be stored."""
    statement, c = update(DOOR_CODES).values(printed_ms=now_ms), DOOR_CODES.c
    with store.writing() as connection:
        for row in rows:
            own = c.order_id == row.order_id, c.door_id == row.door_id
            connection.execute(statement.where(*own))


def read(text: str) -> str:
    """The ten digits of what was scanned or typed, whatever stands between them; also the wide
    ones of a Chinese keyboard. ValueError if that is no door's code."""
    plain = unicodedata.normalize("NFKC", text).strip()
    digits = _BETWEEN.sub("", plain[len(PREFIX) :] if plain.startswith(PREFIX) else plain)
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits) or check_digit(digits[:-1]) != digits[-1]:
        raise ValueError(f"{text!r} is no door's code: {DIGITS} digits, of which the last checks")
    return digits


def grouped(code: str) -> str:
    """The digits as people read them: 482 719 0356."""
    first, second = _GROUPS
    return f"{code[:first]} {code[first:second]} {code[second:]}"


def check_digit(digits: str) -> str:
    """The digit that goes behind these, by ISO 7064, MOD 11,10."""
    product = 10
    for digit in digits:
        product = (product + int(digit)) % 10 or 10
        product = 2 * product % 11
    return str((11 - product) % 10)


def _unused(used: set[str]) -> str:
    while True:  # of a thousand million; a site has some thousand
        digits = f"{secrets.randbelow(10 ** (DIGITS - 1)):0{DIGITS - 1}d}"
        code = digits + check_digit(digits)
        if code not in used:
            return code
