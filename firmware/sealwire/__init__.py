"""The contract between seal and gateway: one source for MicroPython and CPython.

Nothing here keeps state, reads a clock or opens a socket. `README.md` beside this file holds the
byte table; `tests/vectors/` holds the golden bytes, which change first when the wire changes.
"""

VERSION = 2
OLDEST = 1  # of those that a gateway hears
