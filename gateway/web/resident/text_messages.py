"""A household's text message in words of the street, Chinese or English, and the answer to it.

What is understood is said back in the answer, so that whoever wrote sees a mistake at once. An
answer passes a provider: it names nobody, no door, and no order.
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.core.households.model import RequestKind
from gateway.language.catalogue import N_, say

TEXT_MAX: Final = 500  # characters that are read


class Wish(StrEnum):
    """What a message asks for."""

    NOW = "now"
    ONCE = "once"
    DAILY = "daily"
    CANCEL = "cancel"
    STATUS = "status"
    HELP = "help"
    FOOD = "food"
    RUBBISH = "rubbish"
    MEDICINE = "medicine"
    DOCTOR = "doctor"
    WELL = "well"
    UNWELL = "unwell"
    WRONG = "wrong"
    RECORDS = "records"


ASKED: Final = {
    Wish.FOOD: RequestKind.FOOD,
    Wish.RUBBISH: RequestKind.RUBBISH,
    Wish.MEDICINE: RequestKind.MEDICINE,
    Wish.DOCTOR: RequestKind.DOCTOR,
}


class Understood(Struct, frozen=True):
    """What was understood. `minute`: of the day, with a time; `language`: that of the message;
    `number`: of the record that is contested, where one is named."""

    wish: Wish
    language: str
    minute: int | None = None
    number: str | None = None


# The first that is found counts; each stands at the beginning or anywhere, as people write. What is
# wrong comes before what is taken back: "wrong, we did not open" takes nothing back.
_WORDS: Final[tuple[tuple[Wish, str], ...]] = (
    (Wish.CANCEL, r"^\s*(?:取消|撤销|cancel\b)"),
    (
        Wish.WRONG,
        r"记错|搞错|弄错|错了|有误|异议|申诉|\bwrong\b|\bcontest\b|\bdispute\b|\bmistake\b",
    ),
    (Wish.CANCEL, r"取消|不开了|撤销|\bcancel\b|\bnot open(?:ing)?\b"),
    (Wish.DAILY, r"每天|天天|每日|\bdaily\b|\bevery day\b"),
    (Wish.RECORDS, r"记录|记了|\brecords?\b|\bopenings\b|\bnoted\b"),
    (Wish.STATUS, r"状态|查询|怎样|怎么样|还有几天|几天|\bstatus\b|\bhow\b|\bdays\b"),
    (Wish.HELP, r"帮助|怎么用|\bhelp\b|^\s*[?？]\s*$"),
    (
        Wish.UNWELL,
        r"不舒服|发烧|发热|咳嗽|生病|病了|\bunwell\b|\bnot well\b|\bsick\b|\bfever\b|\bill\b",
    ),
    (Wish.WELL, r"平安|都好|很好|没事|\bwell\b|\bfine\b"),
    (Wish.NOW, r"开门|开一下|出门|报备|\bopen(?:ing)?\b|\bnow\b"),
    (Wish.DOCTOR, r"医生|大夫|看病|\bdoctor\b"),
    (Wish.MEDICINE, r"药|\bmedicines?\b|\bpills?\b"),
    (Wish.RUBBISH, r"垃圾|\brubbish\b|\bgarbage\b|\btrash\b"),
    (Wish.FOOD, r"菜|吃的|饭|粮|\bfood\b|\bgroceries\b"),
)
_TIME: Final = re.compile(
    r"(上午|中午|下午|晚上|早上)?\s*([01]?\d|2[0-3])(?:[:.：]([0-5]\d)|[点时](?:([0-5]?\d)分?|(半))?)"
    r"\s*([ap]\.?m\.?)?",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(?<!\d)(\d{3})\s*[-–—]?\s*(\d{3})(?!\d)")
_LATE: Final = ("下午", "晚上")

ANSWERS: Final = {
    Wish.NOW: N_("Understood: you open the door now, for ten minutes. It is noted."),
    Wish.ONCE: N_("Understood: you open the door at {time}, for an hour. It is noted."),
    Wish.DAILY: N_("Understood: you open the door every day at {time}, for an hour. It is noted."),
    Wish.CANCEL: N_("Understood: you take back what you announced. {count} taken back."),
    **dict.fromkeys(ASKED, N_("Understood: you need {thing}. It is sent to your grid worker.")),
    Wish.WELL: N_("Understood: you are all well. It is noted."),
    Wish.UNWELL: N_(
        "Understood: somebody is not well. Somebody rings you. Very ill? Ring 120 at once."
    ),
    Wish.HELP: N_(
        "Write: open; open 18:30; daily 11:30; cancel; status; food; rubbish; medicine; doctor; "
        "well; not well; records; wrong. For all else ring your grid worker."
    ),
}
CONTESTED: Final = N_(
    "Understood: it is wrong that {what}, {time} (number {number}). Somebody who had no part in it "
    "answers within {days} days. You meant another? Write: records."
)
CONTESTED_BEFORE: Final = N_(
    "Understood: it is wrong that {what}, {time} (number {number}). You said so already: {state}. "
    "You meant another? Write: records."
)
NO_RECORD: Final = N_("Nothing is noted of you that could be wrong.")
NO_SUCH_RECORD: Final = N_("Nothing is noted of you under number {number}. Write: records.")
RECORDS: Final = N_("Noted of you lately: {lines}. One is wrong? Write: wrong, and its number.")
RECORD_LINE: Final = N_("{number} {what}, {time}")
RECORD_CONTESTED: Final = N_("{number} {what}, {time} (you contested it: {state})")
NO_TIME: Final = N_("Understood: every day. At what time? Write: daily 11:30.")
STATUS_LINE: Final = N_("{days} days left. {seal}")
NOT_DONE: Final = N_("Understood, but it cannot be: {why}")
# To numbers that nobody here has, and of orders that are over: nothing that says which it is.
NEUTRAL: Final = N_("Nothing can be done for this number here. Ring whoever gave it to you.")
TOO_OFTEN: Final = N_(
    "Many messages came from this number. Wait a while, or ring your grid worker."
)


def understood(text: str) -> Understood:
    """What a message says; HELP where that is nothing we know."""
    plain = unicodedata.normalize("NFKC", text[:TEXT_MAX]).lower()
    language = "zh" if re.search(r"[\u3400-\u9fff]", plain) else "en"
    wish = next((wish for wish, words in _WORDS if re.search(words, plain)), Wish.HELP)
    minute = _minute(plain)
    if wish is Wish.NOW and minute is not None:
        wish = Wish.ONCE
    number = _NUMBER.search(plain) if wish is Wish.WRONG else None
    named = f"{number[1]}-{number[2]}" if number is not None else None
    return Understood(wish, language, minute if wish in (Wish.ONCE, Wish.DAILY) else None, named)


def answer(words: str, language: str, **facts: object) -> str:
    """An answer in the message's language."""
    return say(words, language).format(**facts)


def clock(minute: int) -> str:
    """18:30."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(text: str) -> int | None:
    found = _TIME.search(text)
    if found is None:
        return None
    part, hour_text, minutes, spoken, half, meridiem = found.groups()
    hour = int(hour_text)
    minute = int(minutes or spoken or (30 if half else 0))
    is_late = part in _LATE or (meridiem or "").startswith("p")
    if hour < 12 and is_late:
        hour += 12
    if hour == 12 and (meridiem or "").startswith("a"):
        hour = 0
    return hour * 60 + minute if minute < 60 else None


def numbers_match(one: str, other: str) -> bool:
    """Whether two telephone numbers are the same, written with the country's number or without, in
    whatever groups."""
    first, second = sorted((_digits(one), _digits(other)), key=len)
    return len(first) >= DIGITS_MIN and second.endswith(first) and len(second) - len(first) <= 5


DIGITS_MIN: Final = 7  # of a number without its area


def _digits(number: str) -> str:
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", number))
    return digits.removeprefix("00").removeprefix("0")
