"""What stands in for a channel that this site has not, or not any more, while pages wait for it.

Settings are taken out, and releases take kinds away; what waited would wait for ever, and
`menshen check` fail for it with nothing that anybody could do. So it ends, with its reason.
"""

from gateway.channels.channel import NoWayError
from gateway.core.evidence import Evidence
from gateway.store.outbox import Entry


class NoWay:
    """A channel that sends nothing."""

    async def send(self, entry: Entry) -> Evidence:
        """NoWayError, for every page."""
        raise NoWayError

    async def close(self) -> None:
        """Nothing is open."""
