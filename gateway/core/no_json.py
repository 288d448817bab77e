"""What is raised where bytes are read as JSON (or MessagePack) and are none: one tuple, for whoever
reads any; `.ci/house_rules.py` sees that nobody names half of it.

Bytes that are no UTF-8 and a nest of ten thousand brackets are errors of other kinds than a missing
quote, and each was forgotten somewhere: then what somebody sent was a fault of ours.
"""

from typing import Final

import msgspec

NO_JSON: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
