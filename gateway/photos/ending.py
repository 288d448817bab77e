"""When the time of a photo is over: with the order that it was taken under, and at the latest
`store.photos.REVIEW_MAX_MS` after. The household's telephone goes at the same time.

The files go first, then the journal says so; whatever ends in between is done at the next round. A
file of which the database knows nothing (the gateway ended before it heard of it, or an older copy
was put back) goes after a while too. While the clock is in doubt nothing is destroyed.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Final

from gateway.core.duration import DAY_MS
from gateway.core.events import Event, PhotosDestroyed
from gateway.core.model import SURE
from gateway.core.subject import SITE, Subject, SubjectKind
from gateway.photos.folder import PhotoFolder, name_of
from gateway.store import photos, states
from gateway.store.database import Store, StoreError
from gateway.store.photos import Known

EVERY_S: Final = 600.0
AT_ONCE_MAX: Final = 500  # photos in a round
STRANGE_MS: Final = 2 * DAY_MS  # a file stays so long of which the database knows nothing

log = logging.getLogger("menshen.photos")


class PhotoEnding:
    """Destroys what is over, now and then.

    Args:
        store: The site's database.
        folder: The files.
        submit: Takes an event into the journal.
        now_ms: The gateway's time.
    """

    def __init__(
        self,
        store: Store,
        folder: PhotoFolder,
        submit: Callable[[Subject, Event], Awaitable[Any]],
        now_ms: Callable[[], int],
    ) -> None:
        self._store, self._folder, self._submit, self._now_ms = store, folder, submit, now_ms

    async def run(self) -> None:
        """Look every EVERY_S until cancelled."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("photos whose time is over are still there: %s", error)
            except Exception:  # the next start may be far
                log.exception("photos whose time is over stay by a fault of ours")
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """One round. StoreError if the disk does not let it."""
        now_ms = self._now_ms()
        destroyed = await asyncio.to_thread(self._destroy, now_ms)
        of_case: defaultdict[tuple[str, Subject], list[str]] = defaultdict(list)
        for known in destroyed:
            subject = Subject(SubjectKind(known.subject_kind), known.subject_id)
            of_case[known.case_id, subject].append(known.photo_id)
        for (case_id, subject), photo_ids in of_case.items():
            destroyed_now = PhotosDestroyed(case_id, tuple(photo_ids))
            try:
                await self._submit(subject, destroyed_now)
            except KeyError:  # the door is not watched any more
                await self._submit(SITE, destroyed_now)

    def _destroy(self, now_ms: int) -> list[Known]:
        with self._store.reading() as connection:
            if states.doubt(connection) != SURE:
                return []
            over = photos.over(connection, now_ms, AT_ONCE_MAX)
            known = {name_of(*photo) for photo in photos.kept(connection)}
        gone = [name_of(photo.case_id, photo.photo_id) for photo in over]
        strange = [
            name
            for name, written_ms in self._folder.files()
            if name not in known and written_ms + STRANGE_MS <= now_ms
        ]
        self._folder.destroy(gone + strange)
        with self._store.writing() as connection:
            photos.forget_telephones(connection, now_ms)
        return over
