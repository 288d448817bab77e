"""A household's text message in words of the street, Chinese or English, and the answer to it.

What is understood is said back in the answer, so that whoever wrote sees a mistake at once. An
answer passes a provider: it names nobody, no door, and no order.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.core.households.model import RequestKind, SealAnswer
from gateway.language.catalogue import N_, say
from gateway.language.peoples_text import tidied
from gateway.web.resident.seal_words import said_of_seal

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
    SEAL_IN_PLACE = "seal_in_place"
    SEAL_OFF = "seal_off"
    WRONG = "wrong"
    RECORDS = "records"


ASKED: Final = {
    Wish.FOOD: RequestKind.FOOD,
    Wish.RUBBISH: RequestKind.RUBBISH,
    Wish.MEDICINE: RequestKind.MEDICINE,
    Wish.DOCTOR: RequestKind.DOCTOR,
}


OF_SEAL: Final = {
    Wish.SEAL_IN_PLACE: SealAnswer.IN_PLACE,
    Wish.SEAL_OFF: SealAnswer.NOT_IN_PLACE,
}


class Understood(Struct, frozen=True):
    """What was understood. `minute`: of the day, with a time; `language`: that of the message.
    `is_vague`: a day or a time is meant that cannot be told, so nothing is announced. `number`: of
    the record that is contested, where one is named."""

    wish: Wish
    language: str
    minute: int | None = None
    is_vague: bool = False
    number: str | None = None


_OPENS: Final = r"开门|开一下|出门|报备|\bopen(?:ing)?\b"
_UNWELL: Final = (
    r"不舒服|难受|发烧|发热|咳嗽|生病|病了|喘不|不(?:太|是很|怎么|大)?(?:好|舒服|平安)(?!意思)"
    r"|\bunwell\b|\bsick\b|\bfever\b|\bill\b"
    r"|(?:\bnot|n't|\bnobody is)\s+(?:\w+\s+){0,2}?(?:well|fine|good|ok(?:ay)?)\b"
)
_ASKS: Final = (
    (Wish.DOCTOR, r"医生|大夫|看病|\bdoctor\b"),
    (Wish.MEDICINE, r"药|\bmedicines?\b|\bpills?\b"),
    (Wish.RUBBISH, r"垃圾|\brubbish\b|\bgarbage\b|\btrash\b"),
    (Wish.FOOD, r"菜|吃的|饭|粮|\bfood\b|\bgroceries\b"),
)
# What is said of a seal gives way to an opening, which must be announced, to whoever is ill or
# needs something, and to a question how long it still lasts; not to "now", "help" or "how".
_BEFORE_SEALS: Final = re.compile(
    "|".join((_OPENS, _UNWELL, r"几天|状态|\bdays\b|\bstatus\b", *(words for _, words in _ASKS)))
)


def _of_seal(answer: SealAnswer) -> Callable[[str], bool]:
    def is_said(plain: str) -> bool:
        return said_of_seal(plain) is answer and _BEFORE_SEALS.search(plain) is None

    return is_said


# The first that is found counts; each stands at the beginning or anywhere, as people write. What is
# wrong comes before what is taken back: "wrong, we did not open" takes nothing back.
_WORDS: Final[tuple[tuple[Wish, str | Callable[[str], bool]], ...]] = (
    (Wish.CANCEL, r"^\s*(?:取消|撤销|cancel\b)"),
    (
        Wish.WRONG,
        r"记错|搞错|弄错|错了|有误|异议|申诉|\bwrong\b|\bcontest\b|\bdispute\b|\bmistake\b",
    ),
    (
        Wish.CANCEL,
        r"取消|撤销|(?:不|别)(?:用|要|想|再|去|打算|需要)?(?:开|出)(?:门|了|一下)"
        r"|\bcancel\b|\b(?:not|don'?t|won'?t|never)\s+(?:\w+\s+){0,2}?open(?:ing)?\b",
    ),
    (Wish.DAILY, r"每天|天天|每日|\bdaily\b|\bevery day\b"),
    (Wish.RECORDS, r"记录|记了|\brecords?\b|\bopenings\b|\bnoted\b"),
    *((wish, _of_seal(answer)) for wish, answer in OF_SEAL.items()),
    (Wish.STATUS, r"状态|查询|怎样|怎么样|还有几天|几天|\bstatus\b|\bhow\b|\bdays\b"),
    (Wish.HELP, r"帮助|怎么用|\bhelp\b|^\s*[?？]\s*$"),
    (Wish.UNWELL, _UNWELL),
    (Wish.NOW, rf"{_OPENS}|\bnow\b"),
    *_ASKS,
    # Last, for whoever wants something says "well, …" too; and what is well stands alone.
    (Wish.WELL, r"平安|都好|很好|没事|\bwell\b|\bfine\b"),
)
_PART: Final = r"(凌晨|清早|早上|早晨|上午|中午|下午|傍晚|晚上|今晚|夜里)?\s*"
_TIME: Final = re.compile(
    rf"{_PART}(?<!\d)(\d{{1,2}})"
    r"(?:\s*[:.：]\s*(\d\d)(?!\d)|\s*[点时](?:钟|整)?(?:(\d{1,2})分?|(半)|([一三])刻)?)"
    r"\s*([ap]\.?m\b\.?)?"
    rf"|{_PART}(?<!\d)(\d{{1,2}})\s*([ap]\.?m\b\.?|o'?clock)",
)
_LATE: Final = ("下午", "傍晚", "晚上", "今晚", "夜里")
# A day, or a time from now on: what a text cannot announce, so that nobody relies on it.
_OTHER_DAY: Final = re.compile(
    r"明[天早晚儿]|明[上中下]午|后天|昨天|(?:星期|礼拜|周)[一二三四五六日天末]|下周|下个"
    r"|[零一二三四五六七八九十\d]+(?:月|号(?![楼栋门房院])|日)|(?:小时|分钟|点钟)[以之]?后|过[一二三几半\d]+(?:小时|分钟|会)"
    r"|\btomorrow\b|\bweekend\b|\bnext\s+(?:week|month)|\byesterday\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\bin\s+(?:an?|half|\d+|one|two|three)\s+(?:an?\s+)?(?:hour|minute)s?\b|\blater\b|待会|一会儿?后"
    r"|\b\d{1,2}/\d{1,2}\b|\b\d{1,2}\.\d{1,2}\.",
)
# A time is meant that is none, or that nobody can tell: also not to be taken for "now".
_SOME_TIME: Final = re.compile(
    r"\d\s*[:.：点时]\s*\d?|[点时][钟整半]|\bnoon\b|\bmidnight\b"
    r"|\bat\s+(?:half|quarter|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d)"
)
_AT_ONCE: Final = re.compile(r"现在|马上|立刻|这就|\bnow\b")
_DIGITS: Final = dict(
    zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_SPOKEN: Final = re.compile(
    r"[零〇一二两三四五六七八九十]+(?=[点时分])|(?<=[点时])[零〇一二三四五六七八九十]+(?!刻)"
)
_NUMBER: Final = re.compile(r"(?<!\d)(\d{3})\s*[-–—]?\s*(\d{3})(?!\d)")

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
    Wish.SEAL_IN_PLACE: N_("Understood: the seal is in its place. It is noted."),
    Wish.SEAL_OFF: N_(
        "Understood: the seal is not in its place. It is noted, and nothing is held against you. "
        "Somebody sees to it by day."
    ),
    Wish.HELP: N_(
        "Write: open; open 18:30; daily 11:30; cancel; status; food; rubbish; medicine; doctor; "
        "well; not well; in place; came off; records; wrong. For all else ring your grid worker."
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
NOT_ASKED: Final = N_(
    "Nothing is asked of your seal now, so nothing is noted. If it came off or hangs loose, ring "
    "your grid worker."
)
NO_TIME: Final = N_("Understood: every day. At what time? Write: daily 11:30.")
NO_SUCH_TIME: Final = N_(
    "Nothing is noted: by text you announce for now, or for a time like 18:30 within the next 24 "
    "hours. For another day use your page, or ring your grid worker."
)
STATUS_LINE: Final = N_("{days} days left. {seal}")
NOT_DONE: Final = N_("Understood, but it cannot be: {why}")
# To numbers that nobody here has, and of orders that are over: nothing that says which it is.
NEUTRAL: Final = N_("Nothing can be done for this number here. Ring whoever gave it to you.")
TOO_OFTEN: Final = N_(
    "Many messages came from this number. Wait a while, or ring your grid worker."
)


def understood(text: str) -> Understood:
    """What a message says; HELP where that is nothing we know."""
    plain = unicodedata.normalize("NFKC", tidied(text[:TEXT_MAX])).lower().replace("\u2019", "'")
    language = "zh" if re.search(r"[\u3400-\u9fff]", plain) else "en"
    wish = next((wish for wish, words in _WORDS if _is_said(words, plain)), Wish.HELP)
    if wish is Wish.WRONG and (number := _NUMBER.search(plain)) is not None:
        return Understood(wish, language, number=f"{number[1]}-{number[2]}")
    is_at_once = wish is Wish.NOW and _AT_ONCE.search(plain) is not None
    if wish not in (Wish.NOW, Wish.DAILY) or is_at_once:
        return Understood(wish, language)
    figures = _SPOKEN.sub(lambda found: str(_number(found[0])), plain)
    minute = _minute(figures)
    is_vague = wish is Wish.NOW and _OTHER_DAY.search(plain) is not None
    is_vague |= minute is None and wish is Wish.NOW and _SOME_TIME.search(figures) is not None
    if wish is Wish.NOW and minute is not None:
        wish = Wish.ONCE
    return Understood(wish, language, minute, is_vague)


def _is_said(words: str | Callable[[str], bool], plain: str) -> bool:
    return re.search(words, plain) is not None if isinstance(words, str) else words(plain)


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
    part, hour_text, minutes, spoken, half, quarters, meridiem = found.groups()[:7]
    if hour_text is None:
        part, hour_text, meridiem = found.groups()[7:]
    hour = int(hour_text)
    minute = int(minutes or spoken or (30 if half else {"一": 15, "三": 45}.get(quarters or "", 0)))
    is_late = part in _LATE or (part == "中午" and hour < 3) or (meridiem or "").startswith("p")
    is_midnight = hour == 12 and (
        (meridiem or "").startswith("a") or part in ("晚上", "今晚", "夜里", "凌晨")
    )
    if is_midnight:
        hour = 0
    elif hour < 12 and is_late:
        hour += 12
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def _number(text: str) -> int:
    """A number below a hundred as it is spoken: 三, 十一, 二十, 三十五."""
    tens, is_ten, ones = text.rpartition("十")
    high = _DIGITS.get(tens[-1:], 1) if is_ten else 0
    return high * 10 + _DIGITS.get(ones[-1:], 0)


def numbers_match(one: str, other: str) -> bool:
    """Whether two telephone numbers are the same, written with the country's number or without, in
    whatever groups. What is longer by more is a stranger's, which ends in the same digits."""
    first, second = sorted((_digits(one), _digits(other)), key=len)
    is_within = len(first) >= DIGITS_MIN and len(second) - len(first) <= COUNTRY_MAX
    return is_within and second.endswith(first)


def number_key(number: str) -> str:
    """A number as its messages are counted, however it is written."""
    return _digits(number)[-DIGITS_MIN:]


COUNTRY_MAX: Final = 3  # digits of a country's number
DIGITS_MIN: Final = 7  # of a number without its area


def _digits(number: str) -> str:
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", number))
    return digits.removeprefix("00").removeprefix("0")
