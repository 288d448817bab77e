"""Seals whose marks may be behind, because an older copy of the database was put back: what comes
under their name may have been recorded long ago.

Nothing tells a recording from a live transmission but that the live one goes on above it. So each
such seal is listened to for a while after it was first heard: its mark rises with whatever is
genuine, nothing of it is believed, and there is no receipt, so that the seal keeps its reports.
After that its mark lies above all that anybody recorded, for the seal itself has spoken.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from gateway.core.duration import SECOND_MS
from gateway.core.replay_window import ReplayWindow
from gateway.registry.load import SealRow

HEARTBEATS = 2  # so long each is listened to
HEARTBEAT_MS = 100 * SECOND_MS  # of a seal that promised none


class Proving:
    """The seals that are not proved yet."""

    def __init__(self, seals: Mapping[str, SealRow]) -> None:
        self._heard: dict[str, int | None] = {
            seal_id: None for seal_id, row in seals.items() if not row.proved
        }
        self._heartbeats = {
            seal_id: seals[seal_id].heartbeat_ms or HEARTBEAT_MS for seal_id in self._heard
        }

    def __len__(self) -> int:
        """How many are left."""
        return len(self._heard)

    def holds_back(self, seal_id: str, now_ms: int) -> bool:
        """Whether a genuine transmission of this seal is not to be believed yet."""
        if seal_id not in self._heard:
            return False
        first_ms = self._heard[seal_id]
        if first_ms is None:
            first_ms = self._heard[seal_id] = now_ms
        if now_ms - first_ms < HEARTBEATS * self._heartbeats[seal_id]:
            return True
        del self._heard[seal_id], self._heartbeats[seal_id]
        return False


def raised(before: ReplayWindow, after: ReplayWindow) -> ReplayWindow:
    """The mark of one window, the report numbers of the other."""
    return replace(before, epoch=after.epoch, counter=after.counter)
