"""A story's events written into a real journal, as the loop writes them, by unit of work and
commit."""

from gateway.core.rules import Rulebook, Rules
from gateway.core.subject import of_door
from gateway.engine.guard import Refusals
from gateway.engine.state import CommittedSite
from gateway.engine.unit_of_work import UnitOfWork
from gateway.notify.addressing import Addresses
from gateway.registry import load as registry
from gateway.store import journal, outbox
from gateway.store.database import Store
from tests.core.story import Story


def write(store: Store, door_id: str, story: Story, rules: Rules | None = None) -> None:
    """Live through the story on a door that has not lived yet."""
    with store.reading() as connection:
        known = registry.load(connection)
        (journal_id, _), entry_id = journal.newest(connection), outbox.newest_id(connection)
    site = CommittedSite(known, Rulebook(rules or story.rules))
    unit = UnitOfWork(site, Refusals(), Addresses(known, "", "en"), (journal_id + 1, entry_id + 1))
    for at_ms, event in story.journal:
        unit.event(at_ms, of_door(door_id), event)
    with store.writing() as connection:
        unit.writes.write(connection)
