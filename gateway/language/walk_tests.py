"""Every sentence about a walk test, a certificate and a visit, in one place and both languages."""

from gateway.core.commissioning import Check, CheckMark, CheckName, Purpose
from gateway.core.doors import walk_test
from gateway.core.doors.certificates import Standing
from gateway.language.catalogue import N_, say

_NAMES: dict[CheckName, str] = {
    CheckName.OPENINGS: N_("Three clean openings"),
    CheckName.BOUNCE: N_("Bounce of the contact"),
    CheckName.MAGNET: N_("The door's own magnet"),
    CheckName.RADIO: N_("Radio"),
    CheckName.COVER: N_("Cover"),
    CheckName.FOREIGN_MAGNET: N_("Foreign magnet"),
    CheckName.BATTERY: N_("Battery with the radio on"),
    CheckName.CLOCK: N_("Times"),
    CheckName.PATHS: N_("Both ways"),
}
_MARKS: dict[CheckMark, str] = {
    CheckMark.GOOD: N_("Good"),
    CheckMark.WAITS: N_("To do"),
    CheckMark.BAD: N_("Not good"),
}

_OPEN = N_("Open the door and shut it, three times, a second each. So far: {value}.")
# What it is, and what to do: by how it stands.
_GOOD: dict[CheckName, str] = {
    CheckName.OPENINGS: N_("{value} came to the gateway in a row, each opened and shut."),
    CheckName.BOUNCE: N_("{value} at most between two reports."),
    CheckName.MAGNET: N_(
        "The contact moved only with the door. It tells no distance: that it never moved by itself "
        "is all that it can say of the gap."
    ),
    CheckName.RADIO: N_(
        "{seconds} s at most from an edge until the gateway had it; over Wi-Fi {margin}."
    ),
    CheckName.COVER: N_("It was off and is on again, and the seal told both."),
    CheckName.FOREIGN_MAGNET: N_("There is none; {tried}."),
    CheckName.BATTERY: N_("{volts}{lowest}."),
    CheckName.CLOCK: N_("The seal knew how old each edge was, and the gateway knows its time."),
    CheckName.PATHS: N_("{ways}."),
}
_WAITS: dict[CheckName, str] = {
    CheckName.OPENINGS: _OPEN,
    CheckName.BOUNCE: N_("Comes with the openings."),
    CheckName.MAGNET: N_("After the openings leave the door shut for a moment."),
    CheckName.RADIO: N_("Comes with the openings."),
    CheckName.COVER: N_("Lift the seal off its plate, or open its cover, and put it back."),
    CheckName.FOREIGN_MAGNET: N_("Comes with the openings."),
    CheckName.BATTERY: N_("Comes with the openings."),
    CheckName.CLOCK: N_("Comes with the openings."),
    CheckName.PATHS: N_(
        "So far heard on {value} of its two ways, Wi-Fi and Bluetooth; each opening goes both. If "
        "Bluetooth does not come, bring the receiver nearer and look at menshen check."
    ),
}
_BAD: dict[CheckName, str] = {
    CheckName.OPENINGS: _OPEN,
    CheckName.BOUNCE: N_(
        "{value} between two reports, {bounces_most} at most are allowed: the contact is loose, or "
        "the magnet only just reaches it. Fix it, then begin the test anew."
    ),
    CheckName.MAGNET: N_(
        "So often the contact moved by itself: {value}. The magnet is at the limit of its reach. "
        "Bring it nearer and level with the contact, then open and shut three times."
    ),
    CheckName.RADIO: N_(
        "{seconds} s from an edge until the gateway had it; over Wi-Fi {margin}. Turn or move the "
        "seal, or bring an access point nearer, then open and shut three times and wait for the "
        "seal's next sign of life."
    ),
    CheckName.COVER: N_("It is off. Press it on; this turns good as soon as the seal tells it."),
    CheckName.FOREIGN_MAGNET: N_(
        "The seal feels a magnet that is not its own. Take it away, or hang the seal further from "
        "iron and locks."
    ),
    CheckName.BATTERY: N_("{volts}; {volts_least} are needed. Put in two fresh lithium cells."),
    CheckName.CLOCK: N_(
        "The seal did not know how old an edge was: it had just started. Open and shut again; if "
        "it stays so, call the engineer."
    ),
    CheckName.PATHS: N_(
        "By Bluetooth {margin}. Bring the receiver nearer to this door, or turn the seal, then "
        "open and shut three times: the weakest of the last six signals counts."
    ),
}
_MARGIN = N_("{db} dB more than a receiver needs, {least} are wanted")
_NO_MARGIN = N_("its signal did not come meanwhile: a seal tells it when it gives a sign of life")
_DOUBTED = N_(
    "The gateway's clock is in doubt, so no time here is sure. Call the engineer (menshen clock); "
    "once it is believed again, open and shut once more."
)
_TRIED = N_("one was held to it, and the seal told it")
_NOT_TRIED = N_("nobody held one to it, which may be done with any magnet")
_BOTH_WAYS = N_("Heard over Wi-Fi and by Bluetooth; by Bluetooth {margin}")
_BOTH_WAYS_UNMEASURED = N_(
    "Heard over Wi-Fi and by Bluetooth; how strongly by Bluetooth the receiver did not tell"
)
_ONE_WAY = N_("Heard over Wi-Fi; the second way, Bluetooth, is not there")
_VOLTS = N_("{value} V")
_LOWEST = N_(", the lowest with the radio on; peaks of a millisecond do not show")
_MAINS = N_("On mains, or the seal cannot tell")

_STANDINGS: dict[Standing, str] = {
    Standing.CERTIFIED: N_("Sealed: tested and certified"),
    Standing.ENDS_SOON: N_("Sealed; its certificate ends soon"),
    Standing.OLDER: N_("Never tested: hung before walk tests were asked for"),
    Standing.ENDED: N_("Not sealed: its certificate has ended"),
    Standing.BATTERY: N_("Not sealed: its battery was changed, so it is to be tested again"),
    Standing.UNTESTED: N_("Not sealed: never tested at this door"),
    Standing.NO_SEAL: N_("Not sealed: no seal"),
}
_SHORT: dict[Standing, str] = {
    Standing.CERTIFIED: N_("Certified"),
    Standing.ENDS_SOON: N_("Certificate ends soon"),
    Standing.OLDER: N_("Never tested"),
    Standing.ENDED: N_("Certificate ended"),
    Standing.BATTERY: N_("Test again: battery"),
    Standing.UNTESTED: N_("Not tested yet"),
    Standing.NO_SEAL: N_("No seal"),
}
_PURPOSES: dict[Purpose, str] = {
    Purpose.BATTERY: N_("Battery change"),
    Purpose.REPAIR: N_("Repair"),
    Purpose.INSPECT: N_("Inspection"),
}


def name_of(check: CheckName, language: str) -> str:
    """What a check is called."""
    return say(_NAMES[check], language)


def mark_word(mark: CheckMark, language: str) -> str:
    """How it stands, in a word or two."""
    return say(_MARKS[mark], language)


def sentence(check: Check, language: str) -> str:
    """What was found, or what to do."""
    words = {CheckMark.GOOD: _GOOD, CheckMark.WAITS: _WAITS, CheckMark.BAD: _BAD}[check.mark]
    told = words[check.name]
    if check.name is CheckName.CLOCK and check.mark is CheckMark.BAD and not check.value:
        told = _DOUBTED
    return say(told, language).format(**_facts(check, language))


def standing_line(standing: Standing, language: str) -> str:
    """Whether a door counts as sealed, in a sentence."""
    return say(_STANDINGS[standing], language)


def standing_word(standing: Standing, language: str) -> str:
    """The same, short."""
    return say(_SHORT[standing], language)


def purpose_word(purpose: Purpose, language: str) -> str:
    """What somebody comes for."""
    return say(_PURPOSES[purpose], language)


def _facts(check: Check, language: str) -> dict[str, object]:
    value = check.value or 0
    margin, ways = say(_NO_MARGIN, language), say(_ONE_WAY, language)
    if check.margin_db is not None:
        least = walk_test.MARGIN_LEAST_DB
        margin = say(_MARGIN, language).format(db=check.margin_db, least=least)
        ways = say(_BOTH_WAYS, language).format(margin=margin) if value > 1 else ways
    elif value > 1:
        ways = say(_BOTH_WAYS_UNMEASURED, language)
    return {
        "value": value,
        "seconds": f"{value / 1000:.2f}",
        "margin": margin,
        "ways": ways,
        "tried": say(_TRIED if value else _NOT_TRIED, language),
        "volts": _volts(check.value, language),
        "lowest": "" if check.value is None else say(_LOWEST, language),
        "volts_least": _volts(walk_test.BATTERY_LEAST_MV, language),
        "bounces_most": walk_test.BOUNCES_MOST,
    }


def _volts(mv: int | None, language: str) -> str:
    return (
        say(_MAINS, language)
        if mv is None
        else say(_VOLTS, language).format(value=f"{mv / 1000:.2f}")
    )
