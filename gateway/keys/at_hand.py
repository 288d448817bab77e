"""What was revealed of late, in memory: within limits, and gone with its key.

A list asks for thousands of texts, and to read a key from its file and to open a text with it takes
longer than all the rest of a line. So keys and texts stay at hand. Of a key that was destroyed
nothing does: neither what was kept, nor what a thread that read just then would keep after. Nothing
of this is ever written.
"""

import threading
from collections.abc import Collection
from itertools import islice
from typing import Any, Final

from gateway.keys.sealed_text import PREFIX, OrderKey

KEYS_MAX: Final = 20_000  # some 0.3 kB each; others are read anew
TEXTS_MAX: Final = 120_000  # each as text and as bytes: some 0.5 kB
_SHARE: Final = 4  # so large a part, the oldest, goes at once where there is no room
_ID: Final = slice(len(PREFIX), len(PREFIX) + 16)  # of the key, in a sealed text


class AtHand:
    """What is kept. Any thread may use it.

    `texts`: what was revealed, by its sealed text and by the bytes of that, for SQL has bytes.
    Always this one dict, so that SQL may ask it without a line of ours.
    """

    def __init__(self) -> None:
        self.texts: dict[bytes | str, str] = {}
        self._lock = threading.Lock()
        self._keys: dict[str, OrderKey] = {}

    def key(self, key_id: str) -> OrderKey | None:
        """A key that is at hand."""
        return self._keys.get(key_id)

    def keep_key(self, key: OrderKey) -> None:
        """Keep a key that was read just now."""
        with self._lock:
            _make_room(self._keys, KEYS_MAX)
            self._keys[key.key_id] = key

    def keep(self, key: OrderKey, sealed: str, revealed: str) -> None:
        """Keep what a key revealed, unless that was destroyed meanwhile."""
        with self._lock:
            if self._keys.get(key.key_id) is key:
                _make_room(self.texts, 2 * TEXTS_MAX - 1)
                self.texts[sealed] = self.texts[sealed.encode()] = revealed

    def drop(self, key_ids: Collection[str]) -> None:
        """These keys were destroyed: nothing of them is at hand any more."""
        gone = frozenset((*key_ids, *(key_id.encode() for key_id in key_ids)))
        with self._lock:
            for key_id in key_ids:
                self._keys.pop(key_id, None)
            for text in [one for one in self.texts if one[_ID] in gone]:
                del self.texts[text]

    def drop_all(self) -> None:
        """Nothing is at hand any more."""
        with self._lock:
            self._keys.clear()
            self.texts.clear()


def _make_room(kept: dict[Any, Any], most: int) -> None:
    """Room for one more. Many go at once: the first one of a dict is found behind all the places
    of those that went before it."""
    if len(kept) >= most:
        for oldest in list(islice(kept, most // _SHARE + 1)):
            del kept[oldest]
