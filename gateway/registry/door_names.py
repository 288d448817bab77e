"""A door as commands say it: by its id, which is typed, and by what people call it at its place.

Ids are random, so a sentence that names one alone sends nobody to the right door. On a terminal
only: a log, a page and a topic hold no label.
"""

from gateway.registry.enrolled_table import EnrolledTable


def with_label(door_id: str, label: str | None) -> str:
    """ "d0001 (1栋1单元501)"; the id alone where nobody can tell any more what it is called."""
    return f"{door_id} ({label})" if label and label != door_id else door_id


def named(doors: EnrolledTable, *door_ids: str) -> str:
    """Some doors so, of those that are enrolled."""
    labels = (((doors.get(door_id) or {}).get("label"), door_id) for door_id in door_ids)
    return " and ".join(with_label(door_id, label) for label, door_id in labels)
