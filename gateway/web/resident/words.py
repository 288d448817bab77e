"""A household's door and its record in plain words: nothing that one has to know first, and nothing
that blames."""

from datetime import datetime
from typing import Final

from babel.dates import format_datetime
from msgspec import Struct

from gateway.core.doors.silence import Liveness, liveness
from gateway.core.model import BATTERY_LOW_MV, Contact, Door
from gateway.core.paging.schedule import Role
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook
from gateway.language.catalogue import LOCALES, N_, say
from gateway.store.seal_views import SealView
from gateway.store.views import OpeningRow
from gateway.web.door_words import ROLE_WORDS

GOOD_DBM: Final = -75  # as strong as most radio links at home
FAIR_DBM: Final = -88

_SEAL = {
    "none": N_("No seal hangs on this door now."),
    "new": N_("The seal is new and has not been heard yet."),
    "heard": N_("The seal works. It was last heard at {at}."),
    "lost": N_(
        "The seal has not been heard since {at}. Is it in its place on the door? Nothing is held "
        "against you; somebody sees to the seal."
    ),
    "outage": N_(
        "Many seals here are silent since {at}, for power or network failed. You need do nothing."
    ),
    "flutters": N_("The seal's contact chatters and is not believed; the installer is told."),
    "touched": N_(
        "The seal says that its cover or its magnet was moved. If it hangs loose, tell your grid "
        "worker; somebody comes to look."
    ),
}
_DOOR = {
    Contact.OPEN: N_("The door is open."),
    Contact.SHUT: N_("The door is shut."),
    Contact.UNKNOWN: N_("Nobody knows whether the door is open or shut."),
}
_BATTERY = {
    "good": N_("Battery: good."),
    "low": N_("Battery: nearly empty. The installer comes to change it; you need do nothing."),
    "unknown": N_("Battery: not known."),
}
_SIGNAL = {
    "good": N_("Signal: good."),
    "fair": N_("Signal: fair."),
    "weak": N_("Signal: weak. That is for the installer, not for you."),
}
# What an opening was, to whoever lives there.
_OPENINGS: dict[Reason, str] = {
    Reason.PERMIT: N_("You announced it."),
    Reason.ANNOUNCED_LATE: N_("You announced it afterwards, in time. All is well."),
    Reason.ALLOWANCE: N_("Your order allows it. Nobody was told."),
    Reason.VISIT: N_("Somebody worked at the seal."),
    Reason.NO_PERMIT: N_("It was not announced, so somebody was told."),
    Reason.OPENED_IN_DOUBT: N_("The gateway's clock was in doubt then; nobody is accused."),
    Reason.OPENED_BLIND: N_("It was seen later only, when the seal was back online."),
    Reason.OPEN_AFTER_RESTART: N_("The seal started anew and found the door open."),
    Reason.FOUND_OPEN: N_("The door stood open when the seal was heard."),
    Reason.NO_ORDER: N_("No order ran then."),
    Reason.ORDER_NOT_BEGUN: N_("The order had not begun."),
    Reason.ORDER_OVER: N_("The order was over."),
}
_OTHER = N_("It was noted.")
_KNOWN_AS: Final = {  # as everywhere on a household's pages, and on its sheet
    "Warden": N_("Grid worker"),
    "Deputy": N_("Deputy grid worker"),
    "Captain": N_("Head of the grid"),
}
_ON_DUTY = N_("Somebody on duty")


class DoorShown(Struct, frozen=True):
    """One door of the household. Each is a key of the catalogues; `seal` wants `at_ms`."""

    number: int  # of the doors of this household, from 1
    seal: str
    door: str  # empty where nobody can say
    battery: str
    signal: str
    is_well: bool
    is_lost: bool
    at_ms: int | None
    cases: int  # that wait for somebody


def shown(
    number: int, door: Door, seal: SealView | None, now_ms: int, rulebook: Rulebook
) -> DoorShown:
    """A door as its household sees it now."""
    kind = _kind(door, now_ms, rulebook)
    sees = kind in ("heard", "touched")
    return DoorShown(
        number=number,
        seal=_SEAL[kind],
        door=_DOOR[door.contact] if sees else "",
        battery=_BATTERY[_battery(door)] if door.seal_id else "",
        signal=_signal(seal),
        is_well=kind == "heard",
        is_lost=kind == "lost",
        at_ms=door.heard_ms,
        cases=0 if door.case is None else 1,
    )


def opening_words(row: OpeningRow) -> str:
    """What an opening was, as a key of the catalogues."""
    return _OPENINGS.get(row.reason, _OTHER)


def role_words(role: Role | None, language: str) -> str:
    """By which duty somebody was told."""
    return say(_ON_DUTY, language) if role is None else duty_words(ROLE_WORDS[role], language)


def duty_words(word: str, language: str) -> str:
    """A duty by the name under which a household knows it; `word`: by which the staff does."""
    return say(_KNOWN_AS.get(word, word), language)


def day_words(day: datetime, language: str) -> str:
    """A day of this week: "Thursday, 3 Dec"."""
    form = {"zh": "M月d日 EEEE", "en": "EEEE, d MMM"}[language]
    return str(format_datetime(day, form, locale=LOCALES[language]))


def _kind(door: Door, now_ms: int, rulebook: Rulebook) -> str:
    if door.seal_id is None:
        return "none"
    if door.heard_ms is None:
        return "new"
    if door.outage is not None:
        return "outage"
    if liveness(door, now_ms, rulebook.of(door.door_class)) is Liveness.LOST:
        return "lost"
    if door.chattering is not None:
        return "flutters"
    return "touched" if door.cover or door.magnet else "heard"


def _battery(door: Door) -> str:
    if door.battery_mv is None:
        return "unknown"
    return "low" if door.battery_mv < BATTERY_LOW_MV else "good"


def _signal(seal: SealView | None) -> str:
    if seal is None or seal.signal_dbm is None:
        return ""
    if seal.signal_dbm >= GOOD_DBM:
        return _SIGNAL["good"]
    return _SIGNAL["fair"] if seal.signal_dbm >= FAIR_DBM else _SIGNAL["weak"]
