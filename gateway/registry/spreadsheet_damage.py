"""What spreadsheets make of codes: dates, times, long numbers, formulas. Noticed in every id, label
and place, and said with what it probably was; what is plain is put right."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

_MONTHS: Final = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_SEPARATOR = r"[-/ ]"
_FIRST_DAY = date(1899, 12, 30)  # from which spreadsheets count
_DAY_NUMBERS = range(36_526, 73_416)  # of the years 2000 to 2100
_TIME_BEHIND = r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?: ?[ap]m)?)?"
_AS_TEXT = re.compile(r"=\"([^\"]*)\"|'(.*)")

Was = Callable[[re.Match[str]], str]


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _of_full_day(match: re.Match[str]) -> str:
    year, month, day = (int(part) for part in match.groups())
    short = f"{year % 100}-{month}"
    return f"{short}, or {month}-{year % 100}" if day == 1 else f"{short}-{day}"


def _of_day_first(match: re.Match[str]) -> str:
    return f"{match[1]}-{_month(match[2])}, or {_month(match[2])}-{match[1]}"


def _of_month_first(match: re.Match[str]) -> str:
    return f"{_month(match[1])}-{match[2][-2:]}"


_FORMS: tuple[tuple[re.Pattern[str], Was], ...] = tuple(
    (re.compile(form, re.IGNORECASE), was)
    for form, was in (
        (rf"{_MONTH}{_SEPARATOR}'?(\d{{1,4}})", _of_month_first),  # Jan-32
        (rf"(\d{{1,2}}){_SEPARATOR}{_MONTH}", _of_day_first),  # 12-Mar
        (
            rf"(\d{{1,2}}){_SEPARATOR}{_MONTH}{_SEPARATOR}'?(\d{{2,4}})",
            lambda match: f"{int(match[3]) % 100}-{_month(match[2])}-{match[1]}",
        ),
        (r"(\d{1,2})月(\d{1,2})[日号]", lambda match: f"{match[1]}-{match[2]}"),
        (r"(\d{1,2})月-(\d{1,2})", lambda match: f"{match[1]}-{match[2]}"),
        (
            r"(\d{4})年(\d{1,2})月",
            lambda match: f"{match[2]}-{int(match[1]) % 100}, or {int(match[1]) % 100}-{match[2]}",
        ),
        (r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]" + _TIME_BEHIND, _of_full_day),
        (r"((?:19|20)\d{2})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME_BEHIND, _of_full_day),
        (
            r"(\d{1,2})/(\d{1,2})/(?:19|20)?(\d{2})" + _TIME_BEHIND,
            lambda match: f"{match[1]}-{match[2]}-{match[3]}",
        ),
        (r"(\d{1,2}):(\d{2}):00(?: ?[ap]m)?", lambda match: f"{match[1]}:{match[2]}"),
        (r"[+-]?\d+(?:[.,]\d+)?E\+\d+|\d[.,]\d+E-\d+", lambda _: "a long number"),
        (r"(\d+)\.0+", lambda match: match[1]),
        (r"#(?:REF|NAME|VALUE|NUM|NULL|SPILL|CALC|FIELD|GETTING_DATA)[!?]?", lambda _: ""),
        (r"#(?:DIV/0!|N/A|N/V|BEZUG!|WERT!)", lambda _: ""),
        (r"#{3,}", lambda _: ""),
        (r"=.+", lambda _: ""),  # a formula, and not its value
    )
)
# What one of the forms has and most codes have not: a quick look before a close one. Of the text in
# small letters: a pattern that must not mind them cannot pass over what no form begins with.
_SUSPECT = re.compile(rf"[#=:月年]|{'|'.join(_MONTHS)}|e[+-]|[.,]\d|/\d+/|-\d+-")
# In a batch's name a month is what people mean.
_ONLY_MONTH = re.compile(r"\d{4}年\d{1,2}月")


def restored(text: str) -> str:
    """The text without the signs by which spreadsheets mark a text: '0012 and ="0012"."""
    marked = _AS_TEXT.fullmatch(text)
    return text if marked is None else marked[1] or marked[2] or ""


def need_undamaged(text: str) -> None:
    """ValueError, with what it probably was, if a spreadsheet has made it of something else."""
    for form, was in _FORMS if _SUSPECT.search(text.lower()) else ():
        match = form.fullmatch(text)
        if match is not None:
            raise ValueError(_sentence(was(match)))


def need_no_date(text: str) -> None:
    """The same for names in which only a day's is nobody's: 3月12日, 12-Mar."""
    if _ONLY_MONTH.fullmatch(text) is None:
        need_undamaged(text)


def lost_zeros(text: str, length: int) -> str:
    """The end of a sentence about an id of `length` digits that is too short or too long."""
    if text.isdigit() and length // 2 < len(text) < length:
        return f"; a spreadsheet has perhaps dropped its zeros, {text.zfill(length)}"
    return ""


def day_of_number(text: str) -> date | None:
    """The day that a spreadsheet's bare number stands for: 46086 is 2026-03-05."""
    if not re.fullmatch(r"\d{5}(\.\d+)?", text) or int(float(text)) not in _DAY_NUMBERS:
        return None
    return _FIRST_DAY + timedelta(days=int(float(text)))


def _sentence(was: str) -> str:
    told = "a spreadsheet has changed it; format the column as text and type it again"
    return f"{told} (it was probably {was})" if was else told
