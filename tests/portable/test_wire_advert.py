"""Advertisements: golden bytes in both directions, and everything that is nearly one."""

import unittest

import golden

from sealwire import advert, ccm, envelope
from sealwire.errors import WireError

VECTORS = golden.load("adverts")


def parts(vector):
    key = bytes.fromhex(vector["key"])
    numbers = vector["epoch"], vector["counter"]
    return ccm.portable_cipher(key), advert.id_cipher(key), bytes.fromhex(vector["id"]), numbers


def opened(vector, service):
    cipher, _, seal_id, (epoch, counter) = parts(vector)
    return advert.open_advert(cipher, seal_id, epoch, counter, service)


class Golden(unittest.TestCase):
    def test_a_report_becomes_its_golden_advertisement(self):
        for vector in VECTORS["adverts"]:
            cipher, ids, seal_id, (epoch, counter) = parts(vector)
            plain = bytes.fromhex(vector["plain"])
            made = advert.seal_advert(cipher, ids, seal_id, epoch, counter, plain)
            self.assertEqual(made.hex(), vector["advert"], vector["name"])
            self.assertEqual(len(made), 31)
            self.assertEqual(
                advert.rotating_id(ids, epoch, counter).hex(), vector["advert_id"], vector["name"]
            )

    def test_a_golden_advertisement_becomes_its_report(self):
        for vector in VECTORS["adverts"]:
            service = advert.service_data(bytes.fromhex(vector["advert"]))
            self.assertEqual(service[:4].hex(), vector["advert_id"])
            self.assertEqual(opened(vector, service).hex(), vector["plain"], vector["name"])

    def test_the_next_ids_are_those_of_the_next_transmissions(self):
        vector = VECTORS["ids"]
        ids = advert.id_cipher(bytes.fromhex(vector["key"]))
        found = advert.next_ids(ids, vector["epoch"], vector["counter"], len(vector["ids"]))
        self.assertEqual([one.hex() for one in found], vector["ids"])
        self.assertEqual(advert.next_ids(ids, 1, 1, 0), [])

    def test_one_report_by_air_and_by_network_has_nothing_in_common(self):
        vector = VECTORS["adverts"][0]
        cipher, ids, seal_id, (epoch, counter) = parts(vector)
        plain = bytes.fromhex(vector["plain"])
        frame = envelope.seal_up(cipher, seal_id, envelope.UP, epoch, counter, plain)
        air = advert.seal_advert(cipher, ids, seal_id, epoch, counter, plain)
        self.assertFalse(frame[7:] == air[11:])
        self.assertFalse(frame[7:19] == air[11:23])


class Refused(unittest.TestCase):
    def test_each_refusal_has_its_reason(self):
        for vector in VECTORS["refused"]:
            with self.assertRaises(WireError) as caught:
                advert.service_data(bytes.fromhex(vector["advert"]))
            self.assertEqual(caught.exception.reason, vector["reason"], vector["name"])

    def test_it_opens_under_its_own_seal_key_and_numbers_only(self):
        for vector in VECTORS["not_opened"]:
            service = advert.service_data(bytes.fromhex(vector["advert"]))
            with self.assertRaises(WireError) as caught:
                opened(vector, service)
            self.assertEqual(caught.exception.reason, vector["reason"], vector["name"])

    def test_service_data_of_another_length_is_none(self):
        vector = VECTORS["adverts"][0]
        service = advert.service_data(bytes.fromhex(vector["advert"]))
        for wrong, reason in ((service[:-1], "truncated"), (service + b"\x00", "oversized")):
            with self.assertRaises(WireError) as caught:
                opened(vector, wrong)
            self.assertEqual(caught.exception.reason, reason)

    def test_with_any_bit_flipped_behind_the_id_it_does_not_open(self):
        vector = VECTORS["adverts"][0]
        service = advert.service_data(bytes.fromhex(vector["advert"]))
        for flipped in golden.every_bit_flipped(service[4:]):
            with self.assertRaises(WireError):
                opened(vector, service[:4] + flipped)

    def test_numbers_out_of_range_are_never_sealed(self):
        cipher, ids, seal_id, _ = parts(VECTORS["adverts"][0])
        for epoch, counter in ((0, 1), (1, 0), (1 << 24, 1), (1, 1 << 24)):
            with self.assertRaises(ValueError):
                advert.seal_advert(cipher, ids, seal_id, epoch, counter, bytes(12))
        for plain, name in ((bytes(11), seal_id), (bytes(12), seal_id[1:])):
            with self.assertRaises(ValueError):
                advert.seal_advert(cipher, ids, name, 1, 1, plain)
