"""Whether two announcements say the same: of a file's row, and of what somebody does now."""

from msgspec.structs import replace

from gateway.core.doors.permits import is_live
from gateway.core.model import Permit


def same_row(theirs: dict[str, Permit], permit: Permit) -> str | None:
    """The id of the permit that says the same."""
    wanted = without_count(permit)
    without_ids = ((known, replace(known, permit_id="")) for known in theirs.values())
    equal = (known.permit_id for known, other in without_ids if without_count(other) == wanted)
    return next(equal, None)


def same_act(theirs: dict[str, Permit], permit: Permit, now_ms: int) -> Permit | None:
    """The permit that says the same of what is still to come, and of which nothing was used."""
    for known in theirs.values():
        begun = known.from_ms <= permit.from_ms <= now_ms
        if known.from_ms != permit.from_ms and not begun:
            continue
        if is_live(known, now_ms) and _said(known) == _said(permit):
            return known
    return None


def is_said_again(known: Permit, permit: Permit, now_ms: int) -> bool:
    """Whether what stands under an id is said once more, however much was used of it meanwhile: one
    that begins now, a moment later."""
    if known.from_ms <= permit.from_ms <= now_ms:
        permit = replace(permit, from_ms=known.from_ms)
    return without_count(known) == without_count(permit)


def _said(permit: Permit) -> Permit:
    return replace(permit, permit_id="", from_ms=0, spent=(0, 0))


def without_count(permit: Permit) -> Permit:
    """What was announced, whatever has been used of it since."""
    return replace(permit, openings=0, spent=(0, 0))
