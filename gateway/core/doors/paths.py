"""Two ways lead from a seal to its gateway. One that falls silent alone is a fault of equipment.

The seal is heard, so its door is watched, and nobody but the installer is told, by day and if it
lasts. A seal that is not heard on either way is silent, and silence.py's: nothing is told of its
ways meanwhile. Where the gateway's own receiver hears nobody, that is one trouble of the site, and
no fault of each of its seals; but a seal on batteries that beats by air alone is told of it with
its next receipt, within the hour. So long it is not lost (silence.py, `lost_ms`).
"""

from msgspec.structs import replace

from gateway.core.cases import case
from gateway.core.cases.case import DoorChange, end_by_rule, raise_case
from gateway.core.doors import silence
from gateway.core.doors.orders import why_not_under_order
from gateway.core.effects import Effect
from gateway.core.model import Door, SilentPath
from gateway.core.path_events import CopyCame, PathHeard, PathSilent
from gateway.core.reasons import Reason
from gateway.core.rules import Rules

_ONLY = frozenset({Reason.PATH_SILENT})
Paths = tuple[SilentPath, ...]


def silent(door: Door, event: PathSilent, now_ms: int, rules: Rules) -> DoorChange:
    """It is not heard on this way. Somebody is told if that lasts."""
    known = next((path for path in door.silent_paths if path.path is event.path), None)
    if door.seal_id != event.seal_id or (known is not None and known.is_ours is event.is_ours):
        return door, ()
    told_ms = None if event.is_ours else now_ms + rules.silence_ms
    path = SilentPath(event.path, event.since_ms, now_ms, told_ms, event.is_ours)
    door = replace(door, silent_paths=(*_others(door, event.path), path))
    is_told = door.case is not None and door.case.reason is Reason.PATH_SILENT
    if known is not None and event.is_ours and is_told and door.case is not None:
        return end_by_rule(door, door.case, Reason.OUTAGE, now_ms)  # one cause explains it now
    return door, ()


def heard(door: Door, event: PathHeard, now_ms: int, _: Rules) -> DoorChange:
    """It is heard there again. A case about nothing else ends by itself."""
    others = _others(door, event.path)
    if door.seal_id != event.seal_id or others == door.silent_paths:
        return door, ()
    door = replace(door, silent_paths=others)
    if door.silent_paths:
        return door, ()
    effects: tuple[Effect, ...] = ()
    if door.case is not None and door.case.reason is Reason.PATH_SILENT:
        door, effects = end_by_rule(door, door.case, Reason.HEARD_AGAIN, now_ms)
    door, cleared = case.cleared(door, _ONLY, now_ms)
    return door, effects + cleared


def copy_came(door: Door, event: CopyCame, now_ms: int, _: Rules) -> DoorChange:
    """The seal lives, and that is all: what it said counted when it came first."""
    if door.seal_id != event.seal_id:
        return door, ()
    return silence.heard_again(replace(door, heard_ms=now_ms), now_ms)


def told_ms(paths: Paths) -> int | None:
    """When somebody is told of the first of them."""
    return min((path.told_ms for path in paths if path.told_ms is not None), default=None)


def tell(door: Door, paths: Paths, due_ms: int, now_ms: int, rules: Rules) -> DoorChange:
    """It has lasted. Nobody is told for now where the seal is not heard at all, where the door has
    no order, or a case already."""
    is_hidden = door.silence is not None or door.case is not None
    again_ms = None
    if is_hidden or why_not_under_order(door, now_ms):
        again_ms = now_ms + rules.silence_ms
    due = [path for path in paths if path.told_ms is not None and path.told_ms <= due_ms]
    kept = tuple(replace(path, told_ms=again_ms) if path in due else path for path in paths)
    door = replace(door, silent_paths=kept)
    if again_ms is not None:
        return door, ()
    page_id = f"{door.seal_id}-path-{now_ms}"
    since_ms = min(path.since_ms for path in due)
    return raise_case(door, Reason.PATH_SILENT, page_id, now_ms, since_ms, rules)


def _others(door: Door, path: str) -> Paths:
    return tuple(other for other in door.silent_paths if other.path != path)
