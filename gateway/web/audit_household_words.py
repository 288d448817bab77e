"""The audit in words, of what is booked as said by a household, and of its sheets: by address."""

from typing import Final

from gateway.language.catalogue import N_

_SAID_ANNOUNCED: Final = N_("booked that the household of {door} announced an opening")
_SAID_ENDED: Final = N_("booked that the household of {door} took an announcement back")
_SAID_ASKED: Final = N_("booked that the household of {door} asks for something")
_SAID_WELL: Final = N_("booked how the household of {door} is")
_SAID_OF_SEAL: Final = N_("booked what the household of {door} says of its seal")
_SAID_WRONG: Final = N_("booked that the household of {door} contests a record")
_SAID_NOT_NEEDED: Final = N_("booked that the household of {door} needs something no more")
_SAID_QUIET: Final = N_("booked the quiet hours of the household of {door}")
_SAID_CONSENTS: Final = N_("booked that the household of {door} gives its consent")
_SAID_CONSENTS_NO_MORE: Final = N_("booked that the household of {door} takes its consent back")
_SHEET: Final = N_("printed a new sheet for the household of {door}")
AT_THE_LINE: Final = {
    **{
        f"POST /doors/{{door_id}}/household/announce/{act}": _SAID_ANNOUNCED
        for act in ("now", "once", "daily")
    },
    "POST /doors/{door_id}/household/announce/end": _SAID_ENDED,
    "POST /doors/{door_id}/household/ask": _SAID_ASKED,
    "POST /doors/{door_id}/household/well": _SAID_WELL,
    "POST /doors/{door_id}/household/seal": _SAID_OF_SEAL,
    "POST /doors/{door_id}/household/dispute": _SAID_WRONG,
    "POST /doors/{door_id}/household/ask/withdraw": _SAID_NOT_NEEDED,
    "POST /doors/{door_id}/household/quiet": _SAID_QUIET,
    "POST /doors/{door_id}/household/consent/give": _SAID_CONSENTS,
    "POST /doors/{door_id}/household/consent/withdraw": _SAID_CONSENTS_NO_MORE,
    "POST /doors/{door_id}/household/sheet": _SHEET,
    "POST /doors/{door_id}/walk-test/sheet": _SHEET,
}
