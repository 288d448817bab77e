"""What people write in their own words, marked where it stands.

A field of an event or a state that is `FreeText` may say anything of a household. It is sealed with
the key of the household's order before the core sees it (`gateway/store/sealing.py`) and revealed
where a person reads; in between it is opaque, here and in journal, outbox, archives and backups.
No rule may look into it.
"""

from typing import Annotated, Final

from msgspec import Meta

SEALED: Final = "sealed"  # the mark's name, in a field's extra

FreeText = Annotated[str, Meta(extra={SEALED: True})]
