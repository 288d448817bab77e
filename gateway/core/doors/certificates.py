"""Certificates: whether a door counts as sealed.

A door is sealed once its seal has passed a walk test there (walk_test.py), and for a year. A change
of the battery voids the certificate, for whoever changed it had the seal in pieces: it is to be
tested again. A seal that was hung before certificates were asked for stands as it stood, and says
so, until its battery is changed or another takes its place.
"""

from enum import StrEnum

from msgspec.structs import replace

from gateway.core.cases.case import DoorChange
from gateway.core.doors import visit_end
from gateway.core.doors.observation import Observation
from gateway.core.duration import DAY_MS
from gateway.core.model import Door
from gateway.core.rules import Rules

LASTS_MS = 365 * DAY_MS
ENDS_SOON_MS = 60 * DAY_MS
# A fresh pair of cells lies so far above a used one, at the least; a warm morning does not.
FRESH_BATTERY_MV = 200


class Standing(StrEnum):
    """Whether a door counts as sealed, and if not, why not."""

    CERTIFIED = "certified"
    ENDS_SOON = "ends_soon"
    OLDER = "older"  # hung before certificates were asked for, and never tested
    ENDED = "ended"
    BATTERY = "battery"  # changed since the test
    UNTESTED = "untested"
    NO_SEAL = "no_seal"


SEALED = frozenset({Standing.CERTIFIED, Standing.ENDS_SOON, Standing.OLDER})


def standing(door: Door, now_ms: int) -> Standing:
    """How the door stands now."""
    if door.seal_id is None:
        return Standing.NO_SEAL
    certificate = door.certificate
    if certificate is None:
        return Standing.UNTESTED if door.must_certify else Standing.OLDER
    if certificate.void_ms is not None:
        return Standing.BATTERY
    left_ms = certificate.ends_ms - now_ms
    if left_ms <= 0:
        return Standing.ENDED
    return Standing.ENDS_SOON if left_ms <= ENDS_SOON_MS else Standing.CERTIFIED


def check(door: Door, observation: Observation, rules: Rules) -> DoorChange:
    """A cold boot that a fresh battery explains voids the certificate, and asks for the first where
    there is none."""
    certificate = door.certificate
    is_asked = door.must_certify if certificate is None else certificate.void_ms is not None
    if is_asked or not observation.event.first or not _is_fresh(observation, rules):
        return door, ()
    now_ms = observation.now_ms
    if certificate is None:
        return replace(door, must_certify=True), ()
    return replace(door, certificate=replace(certificate, void_ms=now_ms)), ()


def _is_fresh(observation: Observation, rules: Rules) -> bool:
    """Whether the seal came back with another battery: it says more volts, or its cover was off, or
    somebody had announced to change it."""
    event, before = observation.event, observation.before
    if event.battery_mv is None:
        return False  # on mains
    has_risen = (
        before.battery_mv is not None and event.battery_mv - before.battery_mv >= FRESH_BATTERY_MV
    )
    was_off = event.cover or before.cover
    return has_risen or was_off or visit_end.is_battery_visit(before, observation.now_ms, rules)


def renamed(door: Door, was: str | None, seal_id: str) -> Door:
    """The same seal under another id: its test, its certificate and its visits stay its own."""
    if was is None or was == seal_id:
        return door
    test, certificate = door.walk_test, door.certificate
    if test is not None and test.seal_id == was:
        test = replace(test, seal_id=seal_id)
    if certificate is not None and certificate.seal_id == was:
        certificate = replace(certificate, seal_id=seal_id)
    visits = tuple(replace(v, seal_id=seal_id) if v.seal_id == was else v for v in door.visits)
    return replace(door, walk_test=test, certificate=certificate, visits=visits)
