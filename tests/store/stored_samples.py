"""A sample of everything that is stored as JSON: each field of each struct holds a value of its
own, and none its default, so that a line of the golden file shows all of it.

    python tests/store/stored_samples.py      writes the golden file anew
"""

import itertools
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import inspect

from gateway.core import model
from gateway.core.cases.escalation import Ways
from gateway.core.effects import Effect
from gateway.core.events import Event
from gateway.core.households import model as of_households
from gateway.core.households.model import Household
from gateway.core.makes import Make
from gateway.core.model import CaseState, Contact, Door
from gateway.core.paging.person import Person
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Staff
from gateway.core.proof import Proof
from gateway.core.reasons import Reason
from gateway.core.rules import Rulebook
from gateway.core.site_model import Outages, Troubles
from gateway.core.subject import SubjectKind
from gateway.store.outbox import Group
from gateway.store.states import Listening

STATES: dict[str, type[msgspec.Struct]] = {
    "doors.state": Door,
    "households.state": Household,
    "people.state": Person,
    "states.outages": Outages,
    "states.troubles": Troubles,
    "states.rules": Rulebook,
    "states.staff": Staff,
    "states.listening": Listening,
    "outbox.about": Group,
}


ENUMS: tuple[type[StrEnum], ...] = (
    CaseState,
    Contact,
    Make,
    model.Path,
    Proof,
    Reason,
    Role,
    SubjectKind,
    Ways,
    of_households.DisputeState,
    of_households.HealthOutcome,
    of_households.RecordKind,
    of_households.RequestKind,
    of_households.RequestState,
    of_households.SealAnswer,
    of_households.Symptom,
    of_households.Way,
)
GOLDEN = Path(__file__).parents[1] / "vectors" / "stored_format.jsonl"


def lines() -> dict[str, bytes]:
    """The golden file as it should be: what it is -> its bytes."""
    written = {name: msgspec.json.encode(its) for name, its in samples()}
    words = {f"words {enum.__name__}": msgspec.json.encode(sorted(enum)) for enum in ENUMS}
    return written | words


def samples() -> Iterator[tuple[str, msgspec.Struct]]:
    """What it is, as the golden file calls it, and the sample."""
    for kind, union in (("event", Event), ("effect", Effect)):
        for struct in get_args(union):
            yield f"{kind} {struct.__struct_config__.tag}", sample(struct)
    for name, struct in STATES.items():
        yield f"state {name}", sample(struct)


def sample(struct: type[msgspec.Struct]) -> Any:
    """One of this kind; the same each time."""
    return _value(inspect.type_info(struct), itertools.count(1))


def _value(kind: inspect.Type, count: "itertools.count[int]") -> Any:
    match kind:
        case inspect.StructType(cls=cls, fields=fields):
            return cls(**{field.name: _other(field, count) for field in fields})
        case inspect.Metadata(type=its):
            return _value(its, count)
        case inspect.UnionType(types=types):
            return _value(next(t for t in types if not isinstance(t, inspect.NoneType)), count)
        case inspect.TupleType(item_types=types):
            return tuple(_value(its, count) for its in types)
        case inspect.VarTupleType(item_type=its):
            return (_value(its, count),)
        case inspect.DictType(value_type=its):
            return {f"key-{next(count)}": _value(its, count)}
    return _plain(kind, count)


def _plain(kind: inspect.Type, count: "itertools.count[int]") -> Any:
    match kind:
        case inspect.EnumType(cls=cls):
            return list(cls)[-1]
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return next(count)
        case inspect.StrType():
            return f"text-{next(count)}"
    raise AssertionError(f"no sample of {kind}")


def _other(field: inspect.Field, count: "itertools.count[int]") -> Any:
    """A value that is not the field's default."""
    if isinstance(field.type, inspect.BoolType):
        return field.default is not True
    return _value(field.type, count)


if __name__ == "__main__":
    GOLDEN.write_bytes(b"".join(b"%b\t%b\n" % (n.encode(), body) for n, body in lines().items()))
