"""Ed25519 (RFC 8032, 5.1): whether a signature is good. No signing: a seal has nothing to sign.

Everything here is public, so nothing needs to take the same time for every input. Extended
coordinates, and one walk over both scalars together: some 1 s on a chip at 160 MHz.
"""

from .sha512 import sha512

KEY_BYTES, SIGNATURE_BYTES = 32, 64
_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)
_SIGN_BIT = 1 << 255


def is_good(key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) is that of the owner of `key` (32 bytes) under `text`."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    owner = _point(key)
    if owner is None or scalar >= _ORDER:
        return False
    challenge = int.from_bytes(sha512(signature[:32] + key + text), "little") % _ORDER
    x, y, z, t = owner
    reached = _walk(scalar, challenge, (_P - x, y, z, _P - t))  # type: ignore[no-untyped-call]
    return _packed(reached) == signature[:32]


def _walk(scalar, challenge, minus_owner):  # type: ignore[no-untyped-def]
    """scalar * base + challenge * minus_owner, bit by bit, both at once."""
    base = _point(b"\x58" + b"\x66" * 31)
    both = _sum(base, minus_owner)  # type: ignore[no-untyped-call]
    here = (0, 1, 1, 0)
    for bit in range(252, -1, -1):
        here = _double(here)  # type: ignore[no-untyped-call]
        step = (scalar >> bit & 1) | (challenge >> bit & 1) << 1
        if step:
            here = _sum(here, (base, minus_owner, both)[step - 1])  # type: ignore[no-untyped-call]
    return here


def _sum(one, other):  # type: ignore[no-untyped-def]
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a = (y1 - x1) * (y2 - x2) % _P
    b = (y1 + x1) * (y2 + x2) % _P
    c = 2 * t1 * t2 * _D % _P
    d = 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _double(point):  # type: ignore[no-untyped-def]
    x, y, z, _ = point
    a = x * x % _P
    b = y * y % _P
    h = a + b
    e = h - (x + y) * (x + y) % _P
    g = a - b
    f = 2 * z * z % _P + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _point(packed: bytes):  # type: ignore[no-untyped-def]
    """The point in 32 bytes, or None if there is none (5.1.3)."""
    y = int.from_bytes(packed, "little")
    sign, y = y >> 255, y & (_SIGN_BIT - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _packed(point) -> bytes:  # type: ignore[no-untyped-def]
    x, y, z, _ = point
    inverse = pow(z, _P - 2, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")  # type: ignore[no-any-return]
