"""AES-CCM: the one built on ECB and whatever this Python is fastest with, against golden bytes."""

import unittest

import golden

from sealwire import ccm

VECTORS = golden.load("ccm")["ccm"]


def parts(vector):
    return [bytes.fromhex(vector[name]) for name in ("key", "nonce", "aad", "plain", "sealed")]


class Ccm(unittest.TestCase):
    def test_both_ciphers_seal_to_the_golden_bytes_and_open_them(self):
        for vector in VECTORS:
            key, nonce, aad, plain, sealed = parts(vector)
            for cipher in (ccm.portable_cipher(key), ccm.cipher(key)):
                self.assertEqual(cipher.seal(nonce, aad, plain), sealed, vector["name"])
                self.assertEqual(cipher.open(nonce, aad, sealed), plain, vector["name"])

    def test_any_flipped_bit_of_what_is_sealed_is_noticed(self):
        for vector in VECTORS:
            key, nonce, aad, _, sealed = parts(vector)
            cipher = ccm.portable_cipher(key)
            for flipped in golden.every_bit_flipped(sealed[:24]):
                with self.assertRaises(ValueError):
                    cipher.open(nonce, aad, flipped + sealed[24:])

    def test_any_flipped_bit_of_nonce_or_associated_data_is_noticed(self):
        for vector in VECTORS[:4]:
            key, nonce, aad, _, sealed = parts(vector)
            cipher = ccm.portable_cipher(key)
            for flipped in golden.every_bit_flipped(nonce):
                with self.assertRaises(ValueError):
                    cipher.open(flipped, aad, sealed)
            for flipped in golden.every_bit_flipped(aad):
                with self.assertRaises(ValueError):
                    cipher.open(nonce, flipped, sealed)

    def test_what_is_cut_short_is_noticed(self):
        for vector in VECTORS:
            key, nonce, aad, _, sealed = parts(vector)
            for cipher in (ccm.portable_cipher(key), ccm.cipher(key)):
                for start in golden.every_start(sealed):
                    with self.assertRaises(ValueError):
                        cipher.open(nonce, aad, start)

    def test_lengths_that_this_wire_never_has_are_refused(self):
        cipher = ccm.portable_cipher(bytes(32))
        for nonce, aad, plain in (
            (bytes(12), b"a", b""),
            (bytes(14), b"a", b""),
            (bytes(13), b"", b""),
            (bytes(13), bytes(15), b""),
            (bytes(13), b"a", bytes(256)),
        ):
            with self.assertRaises(ValueError):
                cipher.seal(nonce, aad, plain)
        for key in (b"", bytes(16), bytes(31), bytes(33)):
            with self.assertRaises(ValueError):
                ccm.cipher(key)
            with self.assertRaises(ValueError):
                ccm.portable_cipher(key)
