"""The code that opens a household's page: nineteen random digits and one that checks them.

63 bits, in five groups of four as on a bank card: it can be typed on any keypad, sent by any
telephone and read out, and digits have no letters to be confused with. Only its SHA-256 is kept, so
a sheet is printed once, with a code made for it; the next one takes its place, and the old one is
dead from that moment. It is of one order, and ends with it.
"""

import hashlib
import re
import secrets
import unicodedata
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, select

from gateway.registry.door_codes import check_digit
from gateway.store import resident_views
from gateway.store.resident_tables import resident_codes
from gateway.store.resident_views import OrderSpan
from gateway.store.statements import upsert

DIGITS: Final = 20
TYPED_MAX: Final = 256  # characters of what was typed or scanned: a whole link, at most
_GROUP: Final = 4
_BETWEEN = re.compile(r"[\s.\-_·]+")
_c = resident_codes.c


class NoOrderError(Exception):
    """No order runs at the household or is to come, so there is nothing to open."""


class Holder(Struct, frozen=True):
    """Whose code it is: a household, under an order. `code_id`: which of its codes."""

    household_id: str
    code_id: str
    order: OrderSpan | None  # None: its rows are gone already
    notice: str

    def is_over(self, now_ms: int) -> bool:
        """Whether the order has ended, and the code with it."""
        return self.order is None or now_ms >= self.order.over_ms


def new_code() -> str:
    """Twenty digits."""
    digits = f"{secrets.randbelow(10 ** (DIGITS - 1)):0{DIGITS - 1}d}"
    return digits + check_digit(digits)


def grouped(code: str) -> str:
    """The digits as people read them: 4827 1903 5671 2204 9183."""
    return " ".join(code[at : at + _GROUP] for at in range(0, DIGITS, _GROUP))


def read(text: str) -> str:
    """The digits of what was typed or scanned, whatever stands between them; also the wide ones of
    a Chinese keyboard, and behind the # of a link. ValueError if that is no such code; it repeats
    nothing of it."""
    plain = unicodedata.normalize("NFKC", text[: TYPED_MAX + 1])
    digits = _BETWEEN.sub("", plain.rpartition("#")[2])
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits) or check_digit(digits[:-1]) != digits[-1]:
        raise ValueError(f"a household's code has {DIGITS} digits, of which the last checks")
    return digits


def renew(
    connection: Connection, household_id: str, notice: str, now_ms: int, code: str = ""
) -> str:
    """A new code for a household, of the order that runs there or else comes next; the old one is
    dead. The caller's transaction.

    Args:
        connection: One that writes.
        household_id: Whose page it opens.
        notice: The version of the notice on the sheet.
        now_ms: In milliseconds of UTC.
        code: One of `new_code`, which stands on its sheet already: so nothing is dead before there
            is a sheet with what takes its place. Else one is made.

    Returns:
        The code, which nobody can read again.

    Raises:
        NoOrderError: No order runs there, and none is to come.
    """
    order = resident_views.order_of(connection, household_id, now_ms)
    if order is None:
        raise NoOrderError(household_id)
    code = code or new_code()
    row = {
        "household_id": household_id,
        "code_hash": hash_of(code),
        "code_id": secrets.token_hex(8),
        "order_id": order.order_id,
        "made_ms": now_ms,
        "notice": notice,
    }
    connection.execute(upsert(connection.dialect.name, resident_codes), [row])
    return code


def hash_of(code: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(f"menshen:resident:{code}".encode()).hexdigest()


def holder_of(connection: Connection, code: str) -> Holder | None:
    """Whose code it is, also once its order is over; None if it is nobody's."""
    return _holder(connection, _c.code_hash == hash_of(code))


def holder(connection: Connection, household_id: str) -> Holder | None:
    """The code that a household has; None if it never had one."""
    return _holder(connection, _c.household_id == household_id)


def _holder(connection: Connection, condition: object) -> Holder | None:
    query = select(_c.household_id, _c.code_id, _c.order_id, _c.notice)
    row = connection.execute(query.where(condition)).first()  # type: ignore[arg-type]
    if row is None:
        return None
    order = resident_views.order_span(connection, row.order_id)
    return Holder(row.household_id, row.code_id, order, row.notice)
