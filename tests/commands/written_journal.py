"""A story's events written into a real journal, as the loop writes them, by draft and commit."""

from core.story import Story
from gateway.core.rules import Rulebook, Rules
from gateway.core.subject import of_door
from gateway.draft import Draft, Tally
from gateway.notify.addressing import Addresses
from gateway.site import Site
from gateway.store import registry
from gateway.store.engine import Store


def write(store: Store, door_id: str, story: Story, rules: Rules | None = None) -> None:
    """Live through the story on a door that has not lived yet."""
    with store.reading() as connection:
        known = registry.load(connection)
        journal_id, _, entry_id = registry.newest(connection)
    site = Site(known, Rulebook(rules or story.rules))
    draft = Draft(site, Tally(), Addresses(known, "", "en"), (journal_id + 1, entry_id + 1))
    for at_ms, event in story.journal:
        draft.event(at_ms, of_door(door_id), event)
    with store.writing() as connection:
        draft.commit.write(connection)
