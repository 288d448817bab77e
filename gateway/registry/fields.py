"""What one field may hold: the text of a cell, or of an option of a command, to its value.

Each reader returns the value, or raises ValueError with the end of the sentence "… is not allowed:
". What people's texts hold is in `language.peoples_text`, what spreadsheets do to them in
`spreadsheet_damage`; times are read in `written_times`.
"""

import re
import unicodedata
from collections.abc import Iterator

from gateway.channels.kinds import KINDS, problem_of, samples
from gateway.core.doors.permits import WINDOWS_MAX
from gateway.core.duration import MINUTE_MS, SECOND_MS
from gateway.core.local_time import DAY_MIN, EVERY_DAY
from gateway.core.paging.schedule import Role
from gateway.language import peoples_text
from gateway.language.peoples_text import TextError
from gateway.registry.credentials import is_secret
from gateway.registry.permits import LONGEST_MINUTES_MAX, OPENINGS_MAX
from gateway.registry.spreadsheet_damage import (
    lost_zeros,
    need_no_date,
    need_undamaged,
    restored,
)
from gateway.registry.written_times import beginning_ms as beginning_ms
from gateway.registry.written_times import end_ms as end_ms
from gateway.registry.written_times import minute_of_day
from sealwire import ccm, topics

TEXT_CHARACTERS_MAX = 200
LABEL_COLUMNS_MAX = 120  # of a door or a grid, where it is shown; a Chinese character takes two
PLACE_CHARACTERS_MAX = 64
CLASS_CHARACTERS_MAX = 32
CHANNELS_MAX = 8
HEARTBEAT_S_MIN = 10  # for a seal that is made or asked; a table may say less
HEARTBEAT_S_MAX = 3_600
TELEPHONE_DIGITS_MIN, TELEPHONE_DIGITS_MAX = 3, 15  # 15 are E.164's
PASSWORD_CHARACTERS_MIN = 22  # 128 random bits; a seal's password is never a person's word
_DIGITS_MAX = 9  # of a number, read; more are too many anyway

# At a comma or semicolon of ASCII behind which a channel begins, or an address of a wrong kind.
_CHANNEL_BEGINS = re.compile(
    rf"[,;]+(?=(?:{'|'.join(kind.name for kind in KINDS)})(?:[:,;]|$)"
    r"|(?:[a-z]+:)?[a-z][a-z0-9+.-]*://)",
    re.IGNORECASE,
)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ROLES = {
    **{role.value: role for role in Role},
    "center": Role.CENTRE,
    "网格员": Role.WARDEN,
    "副网格员": Role.DEPUTY,
    "网格长": Role.CAPTAIN,
    "网格中心": Role.CENTRE,
    "安装员": Role.INSTALLER,
}
_DAYS = {
    name: day
    for day, names in enumerate(
        (
            "mon monday 1 一 周一 星期一",
            "tue tuesday 2 二 周二 星期二",
            "wed wednesday 3 三 周三 星期三",
            "thu thursday 4 四 周四 星期四",
            "fri friday 5 五 周五 星期五",
            "sat saturday 6 六 周六 星期六",
            "sun sunday 7 日 周日 星期日 周天 星期天",
        )
    )
    for name in names.split()
}


_YES = frozenset(
    [
        "yes",
        "y",
        "true",
        "1",
        "x",
        "√",
        "✓",
        "✔",
        "是",
        "对",
        "now",
        "现在",
        "终止",
        "注销",
        "停用",
        "end",
        "ended",
    ]
)
_NO = frozenset(["no", "n", "false", "0", "否", "不"])

tidy = peoples_text.tidied  # what a cell or an option is, before it is read


# Names and words.


def an_id(text: str) -> str:
    """A name for machines: what stands in addresses and files."""
    text = restored(_plain(text))
    need_undamaged(text)
    if _ID.fullmatch(text) is None:
        raise ValueError(
            "allowed are 1 to 64 of A-Z a-z 0-9 . _ - beginning with a letter or digit"
        )
    return text


def a_door(text: str) -> str:
    """A door by its id, or by what people call it."""
    try:
        return an_id(text)
    except ValueError as wrong:
        if text.isascii():  # a slip in an id, much rather than a label
            raise wrong from None
        return label(text)


def words(text: str) -> str:
    """A name or a reason for people, on one line."""
    return _line(text, TEXT_CHARACTERS_MAX)


def label(text: str) -> str:
    """What people call a door or a grid, wherever it is shown."""
    return _line(text, TEXT_CHARACTERS_MAX, LABEL_COLUMNS_MAX)


def a_class(text: str) -> str:
    """The name of a class of doors in the settings; empty for none."""
    return "" if peoples_text.means_nothing(text) else _line(text, CLASS_CHARACTERS_MAX)


def a_batch(text: str) -> str:
    """Which seals were made together, often the month; empty for none."""
    if peoples_text.means_nothing(text):
        return ""
    need_no_date(text)
    return _english(text, CLASS_CHARACTERS_MAX)


def a_place(text: str) -> str:
    """A building, a stair, an access point; empty for none."""
    return "" if peoples_text.means_nothing(text) else _line(text, PLACE_CHARACTERS_MAX)


def telephone(text: str) -> str:
    """A household's telephone, as it is dialled, with the spaces of who wrote it; empty for none.
    It is a person's: it stands in no log, topic, page or chart."""
    if peoples_text.means_nothing(text):
        return ""
    text = restored(re.sub(r"\.0+$", "", _plain(tidy(text))))  # a workbook's number has a fraction
    need_undamaged(text)
    groups = " ".join(re.split(r"[\s()–—-]+", text)).strip()
    digits = groups.replace(" ", "").removeprefix("+")
    is_dialled = re.fullmatch(r"\+?[0-9 ]+", groups) is not None
    if not is_dialled or not TELEPHONE_DIGITS_MIN <= len(digits) <= TELEPHONE_DIGITS_MAX:
        raise ValueError(
            f"allowed is one number of {TELEPHONE_DIGITS_MIN} to {TELEPHONE_DIGITS_MAX} digits, "
            "such as 138 0013 8000 or +86 510 8270 0000"
        )
    return groups


# Of a person.


def role(text: str) -> Role:
    """What a person is in a grid."""
    try:
        return _ROLES[_plain(text).lower()]
    except KeyError:
        raise ValueError(f"allowed are {', '.join(Role)}") from None


def language(text: str) -> str:
    """A language that the catalogues have."""
    text = text.lower()
    if text not in ("zh", "en"):
        raise ValueError("allowed are zh and en")
    return text


def channels(text: str) -> tuple[str, ...]:
    """Channel addresses with white space or a separator of either script between them; none for one
    who is not told any more."""
    if peoples_text.means_nothing(text):
        return ()
    addresses = tuple(dict.fromkeys(_channel_parts(text)))
    if len(addresses) > CHANNELS_MAX:
        raise ValueError(f"allowed are up to {CHANNELS_MAX} channels")
    for address in addresses:
        problem = problem_of(address)
        if problem is not None:
            which = f"; {_masked(address)} is none of them" if len(addresses) > 1 else ""
            allowed = f"allowed are {samples()}, with spaces between{which}"
            cause = "" if problem.startswith("allowed are") else f"{problem}; "
            raise ValueError(cause + allowed)
    return addresses


def _channel_parts(text: str) -> Iterator[str]:
    """The addresses in a cell. A comma parts two where a channel begins behind it, for an address
    may hold one itself."""
    for part in re.split(r"[，；、\s]+", text):
        yield from filter(None, _CHANNEL_BEGINS.split(part.strip(",;")))


def _masked(address: str) -> str:
    """An address without what may be a secret: its kind and its host."""
    return re.sub(r"(?<=://)([^/@]*@)?([^/?#]*).*", r"\2/…", address)


# Of a seal.


def seal_id(text: str) -> str:
    """A seal's id, as printed on its label: in groups, with the code's prefix, or plain."""
    text = restored(_plain(text))
    need_undamaged(text)
    text = text.removeprefix("menshen:seal:").replace(" ", "").lower()
    if not topics.is_id(text):
        lost = lost_zeros(text, topics.ID_CHARACTERS)
        raise ValueError(f"allowed are 16 hexadecimal digits, as on the label{lost}")
    return text


def key(text: str) -> bytes:
    """A seal's key, of 32 bytes."""
    try:
        key_bytes = bytes.fromhex(text)
    except ValueError:
        key_bytes = b""
    if len(key_bytes) != ccm.KEY_BYTES:
        raise ValueError(f"allowed are {2 * ccm.KEY_BYTES} hexadecimal digits")
    if not is_secret(key_bytes):
        raise ValueError(
            "this is a sample, and no key: everybody knows it; `menshen flash` and "
            "`menshen enrol --seal new` make real ones"
        )
    return key_bytes


def password(text: str) -> str:
    """A seal's password at the broker: random, for only its quick hash is kept."""
    if len(text) < PASSWORD_CHARACTERS_MIN or re.search(r"[^!-~]", text):
        raise ValueError(
            f"allowed are {PASSWORD_CHARACTERS_MIN} or more random characters of ASCII"
        )
    return text


def heartbeat_ms(text: str) -> int:
    """How often a seal promised a heartbeat: seconds, as milliseconds; 0 for none."""
    if peoples_text.means_nothing(text):
        return 0
    return _number(text, HEARTBEAT_S_MAX, "seconds") * SECOND_MS


# Of a contact of another maker.


def topic(text: str) -> str:
    """How it is called at its maker's, as somebody wrote it; `contact_addresses` reads it."""
    return _line(text, TEXT_CHARACTERS_MAX)


# Of any row.


def yes(text: str) -> bool:
    """Whether a cell says that its row ends now."""
    return _says_yes(text, "yes (是) for a row that ends now, and an empty cell")


def wanted(text: str) -> bool:
    """Whether a cell asks for something."""
    return _says_yes(text, "yes (是), no (否), and an empty cell for no")


def _says_yes(text: str, allowed: str) -> bool:
    word = _plain(text).lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError(f"allowed are {allowed}")


# Numbers of an order or a permit.


def openings(text: str) -> int:
    """How many openings a permit allows."""
    return _number(text, OPENINGS_MAX, "openings")


def allowance(text: str) -> int:
    """How many openings a day an order allows without a permit."""
    return 0 if _plain(text) in ("0", "0.0") else _number(text, OPENINGS_MAX, "openings, or 0")


def minutes_ms(text: str) -> int:
    """Whole minutes, as milliseconds."""
    return _number(text, LONGEST_MINUTES_MAX, "minutes") * MINUTE_MS


# Days of the week, and what a clock on the wall shows.


def days(text: str) -> int:
    """Days of the week as a bit each, Monday bit 0: Mon-Fri, 1-5, or Mon,Wed,Sun."""
    need_undamaged(text)
    text = re.sub(r"\s*[-–—至~]\s*", "-", _plain(text).lower())
    if text in ("daily", "每天"):
        return EVERY_DAY
    bits = 0
    for part in re.split(r"[,;、\s]+", text):
        begins, dash, ends = part.partition("-")
        if begins not in _DAYS or (dash and ends not in _DAYS):
            raise ValueError("allowed are Mon-Fri, 1-5, Mon,Wed,Sun and daily")
        first, last = _DAYS[begins], _DAYS[ends or begins]
        for day in range(first, last + 1 if last >= first else last + 8):  # Fri-Mon goes round
            bits |= 1 << day % 7
    return bits


def begins_min(text: str) -> int:
    """When a shift begins, in minutes after midnight."""
    return minute_of_day(text, DAY_MIN - 1)


def ends_min(text: str) -> int:
    """When it ends, in minutes after midnight; 24:00 is the day's end."""
    return minute_of_day(text, DAY_MIN)


def windows(text: str) -> tuple[tuple[int, int], ...]:
    """Hours of a day, from and to in minutes after midnight: 07:00-08:30, several with commas
    between. One may reach over midnight."""
    pairs = []
    for part in re.split(r"[,;、\s]+", _plain(text)):
        begins, dash, ends = re.sub(r"[–—至~]", "-", part).partition("-")
        if not dash:
            raise ValueError("allowed are hours such as 07:00-08:30,11:30-13:00")
        pairs.append((begins_min(begins), ends_min(ends) % DAY_MIN))
    if len(pairs) > WINDOWS_MAX:
        raise ValueError(f"allowed are up to {WINDOWS_MAX} windows of a day")
    return tuple(pairs)


# What they have in common.


def _plain(text: str) -> str:
    """Full-width digits, Latin characters and signs as their ordinary twins."""
    return unicodedata.normalize("NFKC", text)


def _line(text: str, limit: int, columns: int | None = None) -> str:
    """A text of people's that no spreadsheet has changed."""
    need_undamaged(peoples_text.tidied(text))
    return _english(text, limit, columns)


def _english(text: str, limit: int, columns: int | None = None) -> str:
    """A text of people's; what is wrong with it as the end of a sentence."""
    try:
        return peoples_text.line(text, limit, columns)
    except TextError as error:
        told = str(error).rstrip(".")
        told = told.replace("Say it in one line of 1 to", "allowed is one line of up to", 1)
        raise ValueError(told[0].lower() + told[1:]) from None


def _number(text: str, limit: int, what: str) -> int:
    text = re.sub(r"\.0+$", "", _plain(text))  # as some programs write whole numbers
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:_DIGITS_MAX]) <= limit:
        raise ValueError(f"allowed are 1 to {limit} {what}")
    return int(text[:_DIGITS_MAX])
