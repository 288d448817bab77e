"""The contract between seal and gateway: one source for MicroPython and CPython.

Nothing here keeps state, reads a clock or opens a socket. `README.md` beside this file holds the
byte table; `tests/vectors/` holds the golden bytes, which change first when the wire changes.
`release` is what an update is, `update` and `update_answer` how a seal pulls it, the seal's half
and the gateway's.
"""

VERSION = 2
OLDEST = 1  # of those that a gateway hears
