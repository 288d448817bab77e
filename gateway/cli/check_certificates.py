"""What `menshen check` says of walk tests: which doors under an order do not count as sealed, and
which certificates end soon."""

from sqlalchemy import Connection

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.named_door import named_doors
from gateway.cli.output import counted
from gateway.core.doors.certificates import SEALED, Standing, standing
from gateway.core.doors.orders import running
from gateway.core.rules import CANARY
from gateway.store import views

_HOW = "`menshen commission` tests a seal at its door"
_WORDS = {
    Standing.UNTESTED: "never tested",
    Standing.BATTERY: "with a battery changed since the test",
    Standing.ENDED: "with a certificate that has ended",
}


def certificates(connection: Connection, now: int) -> CheckResult:
    """Doors under an order whose seal has not passed its test (those without a seal are told among
    the doors); certificates that end within 60 days; seals from before there were walk tests."""
    rows = [
        (row.door_id, row.state, standing(row.state, now))
        for row in views.unnamed_doors(connection)
        if row.state.seal_id is not None and row.state.door_class != CANARY
    ]
    facts = {
        how.value: sorted(door_id for door_id, _, found in rows if found is how)
        for how in Standing
        if how is not Standing.NO_SEAL
    }
    ordered = {door_id for door_id, door, _ in rows if running(door, now) is not None}
    open_doors = sorted(
        door_id for door_id, _, how in rows if how not in SEALED and door_id in ordered
    )
    facts["not_sealed_under_order"] = open_doors
    words = [
        f"{len(there)} {what}: {named_doors(connection, there)}"
        for how, what in _WORDS.items()
        if (there := sorted(set(facts[how.value]) & set(open_doors)))
    ]
    if words:
        told = f"{counted(len(open_doors), 'door')} under an order not sealed yet"
        return CheckResult("tests", Mark.FAIL, f"{told}: {'; '.join(words)}; {_HOW}", facts)
    if not rows:
        return CheckResult("tests", Mark.OK, "no seal hangs on a door", facts)
    return _warned(connection, facts, len(rows))


def _warned(connection: Connection, facts: dict[str, list[str]], total: int) -> CheckResult:
    wanting = [
        f"{len(facts[how.value])} {what}: {named_doors(connection, facts[how.value])}"
        for how, what in (
            (Standing.ENDS_SOON, "with a certificate that ends within 60 days"),
            *((how, f"{what}, under no order now") for how, what in _WORDS.items()),
            (Standing.OLDER, "hung before walk tests were asked for, never tested"),
        )
        if facts[how.value]
    ]
    if wanting:
        words = f"of {counted(total, 'door')} with a seal {'; '.join(wanting)}; {_HOW}"
        return CheckResult("tests", Mark.WARN, words, facts)
    words = f"{counted(total, 'seal')} passed the walk test at the door"
    return CheckResult("tests", Mark.OK, words, facts)
