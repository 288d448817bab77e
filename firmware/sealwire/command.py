"""A command: what the gateway asks of a seal, in 192 bytes of which most are 0; from version 2 on.

Each answers one transmission of its seal, whose numbers it repeats, and goes out before the receipt
of that: so it is fresh by the seal's own count, and a seal that sleeps hears it in the same wake.
All have one length, so that nobody on the way sees what is asked. The seal tells what came of it in
notes, under the command's ticket, but that it watches or does not in its heartbeats; until then the
gateway asks again, and no command may do harm the second time. `gateway_end` packs it.
"""

from .errors import MALFORMED, WireError

HEARTBEAT, WIFI, IDENTITY, UPDATE, OVER, WATCH = 1, 2, 3, 4, 5, 6  # kind

# What a command of each kind has: the least and the most bytes of each part.
PARTS = (
    ((3, 3),),  # seconds between heartbeats
    ((1, 32), (0, 64)),  # the Wi-Fi's name and its password
    ((8, 8), (32, 32), (1, 64)),  # id, key, and the password at the broker
    (),  # it only calls for the question of `update`
    (),  # over: no order holds at its door
    (),  # watch again
)


def unpack(plain: bytes) -> "tuple[int, int, list[bytes]]":
    """(kind, ticket, parts) of a command in 192 bytes that were authenticated: `ticket` is random,
    from 1 to 2^32 - 1; `parts` are as `kind` has them. WireError if they make no sense."""
    kind, ticket = plain[0], int.from_bytes(plain[1:5], "big")
    if not HEARTBEAT <= kind <= WATCH or ticket == 0:
        raise WireError(MALFORMED, "a command of kind %d, ticket %d" % (kind, ticket))
    at, parts = 5, []
    for least, most in PARTS[kind - 1]:
        end = at + 1 + plain[at]
        if not least <= plain[at] <= most or end > len(plain):
            raise WireError(MALFORMED, "a part of %d bytes in a command" % plain[at])
        parts.append(plain[at + 1 : end])
        at = end
    if any(plain[at:]):
        raise WireError(MALFORMED, "rubbish behind a command")
    return kind, ticket, parts
