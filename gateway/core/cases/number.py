"""A case's number as people say it on the telephone: six digits that lead to its case here only."""

from hashlib import blake2b
from typing import Final

DIGITS: Final = 6
_HALF: Final = DIGITS // 2


def case_number(case_id: str) -> str:
    """`482-917`: always the same for a case, and nothing in it tells of its seal, door or day.

    Two cases in a million share one by chance; a look-up takes the open one, then the newest.
    """
    drawn = int.from_bytes(blake2b(case_id.encode(), digest_size=8).digest())
    digits = f"{drawn % 10**DIGITS:0{DIGITS}}"
    return f"{digits[:_HALF]}-{digits[_HALF:]}"


def read_number(text: str) -> str | None:
    """A number as somebody typed it, with a hyphen, blanks or neither; None if it is none."""
    digits = "".join(sign for sign in text if sign not in "-–—－ \u3000")
    if len(digits) != DIGITS or not digits.isdecimal():
        return None
    plain = "".join(str(int(digit)) for digit in digits)  # full-width ones too
    return f"{plain[:_HALF]}-{plain[_HALF:]}"
