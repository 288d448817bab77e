"""Every cell that the gateway reads, in which the poison run puts garbage; and what a site needs
beside its life so that there is something in each."""

from typing import Any

from sqlalchemy import Table

from gateway.core.events import Event
from gateway.core.households.events import HealthReported, SealAnswered
from gateway.core.households.model import Household, SealAnswer, Symptom
from gateway.core.model import Door, Policy
from gateway.core.paging.person import Person
from gateway.core.subject import of_household
from gateway.ending.names import Names
from gateway.engine.engine import Engine
from gateway.store import tables
from gateway.store.resident_tables import consents, resident_codes

# What other programs, and other days, leave in a site's tables.
BESIDE: list[tuple[Table, dict[str, Any]]] = [
    (
        resident_codes,
        {
            "household_id": "door-1",
            "code_hash": "0" * 64,
            "code_id": "0" * 16,
            "order_id": "order-1",
            "made_ms": 1,
            "notice": "v",
        },
    ),
    (
        consents,
        {
            "household_id": "door-1",
            "order_id": "order-1",
            "notice": "v",
            "given_ms": 1,
            "given_by": "page",
        },
    ),
    (
        tables.outages,
        {"outage_id": "o", "area": "site", "since_ms": 1, "over_ms": 2, "doors": '["door-1"]'},
    ),
]

# Table, column, and the type of its JSON if it is any.
CELLS: tuple[tuple[str, str, Any], ...] = (
    ("doors", "door_id", None),
    ("doors", "state", Door),
    ("doors", "grid_id", None),
    ("doors", "label", None),
    ("doors", "building", None),
    ("seals", "seal_id", None),
    ("seals", "key", None),
    ("seals", "door_id", None),
    ("seals", "epoch", None),
    ("seals", "counter", None),
    ("seals", "seq_top", None),
    ("seals", "seq_seen", None),
    ("wardens", "warden_id", None),
    ("wardens", "grid_id", None),
    ("wardens", "channels", list[str]),
    ("wardens", "language", None),
    ("wardens", "role", None),
    ("shifts", "role", None),
    ("shifts", "days", None),
    ("shifts", "from_min", None),
    ("overrides", "from_ms", None),
    ("overrides", "by", None),
    ("orders", "policy", Policy),
    ("orders", "to_ms", None),
    ("people", "state", Person),
    ("states", "state", None),
    ("cursors", "journal_id", None),
    ("pending_events", "body", Event),
    ("pending_events", "subject_kind", None),
    ("pending_events", "subject_id", None),
    ("outbox", "address", None),
    ("outbox", "channel", None),
    ("outbox", "reason", None),
    ("outbox", "about", None),
    ("outbox", "next_ms", None),
    ("outbox", "made_ms", None),
    ("outbox", "since_ms", None),
    ("outbox", "tries", None),
    ("outbox", "language", None),
    # Of households and how they end.
    ("households", "household_id", None),
    ("households", "state", Household),
    ("orders", "order_id", None),
    ("orders", "household_id", None),
    ("orders", "from_ms", None),
    ("permits", "household_id", None),
    ("permits", "to_ms", None),
    ("permits", "who", None),
    ("order_keys", "key_id", None),
    ("order_keys", "household_id", None),
    ("order_keys", "order_id", None),
    ("order_keys", "made_ms", None),
    ("endings", "order_id", None),
    ("endings", "ending_id", None),
    ("endings", "household_id", None),
    ("endings", "over_ms", None),
    ("endings", "linked_ms", None),
    ("endings", "names", Names),
    ("endings", "counts", dict[str, int]),
    ("holds", "order_id", None),
    ("holds", "by", None),
    ("holds", "until_ms", None),
    ("checkpoints", "journal_id", None),
    ("checkpoints", "state", None),
    ("requests", "household_id", None),
    ("requests", "state", None),
    ("disputes", "household_id", None),
    ("disputes", "order_id", None),
    ("disputes", "state", None),
    ("disputes", "parties", tuple[str, ...]),
    ("disputes", "answer_by_ms", None),
    ("health_reports", "household_id", None),
    ("health_reports", "symptoms", tuple[Symptom, ...]),
    ("health_reports", "at_ms", None),
    ("health_questions", "is_over", None),
    ("seal_answers", "at_ms", None),
    ("seal_answers", "answer", None),
    ("resident_codes", "order_id", None),
    ("resident_codes", "made_ms", None),
    ("consents", "order_id", None),
    ("consents", "given_ms", None),
    ("seal_readings", "heard_ms", None),
    ("seal_commands", "plain", None),
    ("seal_commands", "ends_ms", None),
    ("seal_commands", "state", None),
    ("outages", "doors", tuple[str, ...]),
    ("milestones", "at_ms", None),
    ("households", "language", None),
    ("journal", "at_ms", None),
    ("journal", "kind", None),
    ("journal", "subject_id", None),
    ("journal", "body", Event),
    ("cases", "raised_ms", None),
    ("cases", "subject_id", None),
    ("openings", "opened_ms", None),
    ("seals", "make", None),
    ("seals", "address", None),
)


async def says(engine: Engine) -> None:
    """What a household says of itself and of its seal."""
    home = of_household("door-1")
    ill = HealthReported(action_id="h", is_well=False, symptoms=(Symptom.FEVER,))
    of_seal = SealAnswered(action_id="s", door_id="door-1", answer=SealAnswer.IN_PLACE)
    for event in (ill, of_seal):
        await engine.submit(home, event)
