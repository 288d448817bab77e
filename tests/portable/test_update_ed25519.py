"""Ed25519 on both Pythons: the RFC's vectors, and everything that is nearly one of them."""

import unittest

import golden

from sealupdate import ed25519
from sealupdate.sha512 import sha512

VECTORS = golden.load("ed25519")
ORDER = 2**252 + 27742317777372353535851937790883648493


def parts(vector):
    return [bytes.fromhex(vector[name]) for name in ("key", "text", "signature")]


class Signatures(unittest.TestCase):
    def test_good_ones_are_good(self):
        for vector in VECTORS["good"]:
            self.assertTrue(ed25519.is_good(*parts(vector)), vector["name"])

    def test_one_bit_anywhere_makes_them_bad(self):
        for n, vector in enumerate(VECTORS["good"][:3]):
            for part in range(3):
                changed = [bytearray(one) for one in parts(vector)]
                if not changed[part]:
                    continue
                bit = (n * 37 + part * 101) % (len(changed[part]) * 8)
                changed[part][bit // 8] ^= 1 << bit % 8
                self.assertFalse(ed25519.is_good(*[bytes(one) for one in changed]))

    def test_another_length_is_bad(self):
        key, text, signature = parts(VECTORS["good"][0])
        self.assertFalse(ed25519.is_good(key, text, signature[:-1]))
        self.assertFalse(ed25519.is_good(key, text, signature + b"\x00"))
        self.assertFalse(ed25519.is_good(key[:-1], text, signature))

    def test_the_same_signature_in_another_spelling_is_bad(self):
        key, text, signature = parts(VECTORS["good"][0])
        scalar = int.from_bytes(signature[32:], "little") + ORDER
        spelt = signature[:32] + scalar.to_bytes(32, "little")
        self.assertFalse(ed25519.is_good(key, text, spelt))

    def test_what_is_no_point_is_bad(self):
        _, text, signature = parts(VECTORS["good"][0])
        for key in (b"\xff" * 32, b"\x02" + bytes(31), b"\x01" + bytes(30) + b"\x80"):
            self.assertFalse(ed25519.is_good(key, text, signature))


class Hashes(unittest.TestCase):
    def test_each_length_around_a_block(self):
        for vector in VECTORS["sha512"]:
            data = bytes([i * 7 & 255 for i in range(vector["length"])])
            self.assertEqual(sha512(data).hex(), vector["sha512"])
