"""What moves with a correction of the clock, of what is stored of seals: each is as long ago, and
lasts as long, as before. Every statement takes `b_by_ms`."""

from typing import Any, Final

from sqlalchemy import bindparam, update

from gateway.store.seal_paths import PATHS
from gateway.store.seal_tables import seal_commands, seal_readings
from gateway.store.update_tables import seal_updates

_r, _c, _u = seal_readings.c, seal_commands.c, seal_updates.c
_by_ms: Any = bindparam("b_by_ms")
SHIFTS: Final = (
    update(PATHS).values(heard_ms=PATHS.c.heard_ms + _by_ms),
    update(seal_readings).values(heard_ms=_r.heard_ms + _by_ms, booted_ms=_r.booted_ms + _by_ms),
    update(seal_commands)
    .where(_c.plain.is_not(None))  # it has not ended
    .values(
        made_ms=_c.made_ms + _by_ms,
        ends_ms=_c.ends_ms + _by_ms,
        sent_ms=_c.sent_ms + _by_ms,
        moved_ms=_c.moved_ms + _by_ms,
    ),
    update(seal_updates).values(heard_ms=_u.heard_ms + _by_ms),
)
