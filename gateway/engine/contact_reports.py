"""From what a contact of another maker says to a report of its door.

Such a contact has no counter of edges, so one is kept for it: a change between two of its messages
that we heard one after the other is an edge, and nothing else is. What it says first, after a
restart of ours or of its own, is a reading: an opening between two states that nobody heard is not
invented, and a door that reads open ever since is found open as after any restart
(core/doors/open_after_restart.py). Its journal is that of a seal, so that everything which holds
for a watched door holds here; how much less is claimed of it is decided where it is claimed.
"""

from gateway.core.events import ReportCame
from gateway.core.model import Contact, Door
from gateway.core.reasons import Reason
from gateway.core.replay_window import ReplayWindow, accept
from gateway.engine.ports import ContactSaid
from gateway.engine.unit_of_work import UnitOfWork
from sealwire.report import EDGES_MODULUS


def report_of(door: Door, said: ContactSaid, contact: Contact, number: int) -> ReportCame | None:
    """The report that a message is, against the door as it was before it; None where a message
    that somebody kept says nothing new.

    Args:
        door: on which the contact hangs.
        said: the message.
        contact: how the door stands by it.
        number: of its next report that is an edge or a first reading.
    """
    is_known = door.edges is not None and door.contact is not Contact.UNKNOWN
    is_moved = contact is not door.contact
    is_first = said.is_first or said.is_kept or not is_known
    cover = door.cover if said.tamper is None else said.tamper
    if said.is_kept and is_known and not is_moved and cover == door.cover:
        return None
    is_edge = is_moved and not is_first
    edges = ((door.edges or 0) + is_edge) % EDGES_MODULUS
    is_dated = not said.is_kept and (said.is_prompt or not is_edge)
    return ReportCame(
        said.seal_id,
        number if is_edge or is_first else 0,
        contact,
        edges,
        edge=is_edge or is_first,
        first=is_first,
        age_ms=0 if is_dated else None,
        waited_ms=said.waited_ms,
        battery_mv=said.battery_mv,
        cover=cover,
        signal_dbm=said.signal_dbm,
    )


def step(unit: UnitOfWork, said: ContactSaid, window: ReplayWindow, at_ms: int) -> None:
    """Step a message on a unit of work.

    Args:
        unit: on which it is stepped.
        said: the message.
        window: of its contact, as committed; the unit's own is newer.
        at_ms: when it arrived.
    """
    if said.contact is None:
        unit.refuse(at_ms, said.seal_id, said.door_id, Reason.MALFORMED)
        return
    if not said.is_kept:
        told = {"battery_mv": said.battery_mv, "battery_percent": said.battery_percent}
        unit.writes.reading(said.seal_id, at_ms, told | {"signal_dbm": said.signal_dbm})
    if said.door_id is None:
        unit.writes.refusal(at_ms, Reason.NO_DOOR)
        return
    window = unit.windows.get(said.seal_id, window)
    door = unit.turn.door(said.door_id)
    event = report_of(door, said, said.contact, window.seq_top + 1)
    if event is None:
        return
    if event.seq:
        unit.window(said.seal_id, accept(window, window.epoch, window.counter, event.seq)[0])
    unit.report(at_ms, said.door_id, event)
