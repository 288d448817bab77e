"""Settings: taken whole, or refused with a sentence that names the key and what is allowed."""

import json
import unittest

import flash

from sealnode import settings
from sealnode.settings import Settings, SettingsError

GOOD = {
    "id": "00112233445566aa",
    "key": "0f" * 32,
    "broker": "192.168.1.2",
    "port": 8883,
    "ca": "ca.der",
    "server_name": "broker.site",
    "user": "00112233445566aa",
    "password": "geheim",
    "wifi": {"ssid": "站点", "password": "12345678"},
    "heartbeat_s": 100,
    "mains": True,
}
WRONG = (
    ("id", ("", "00112233445566A0", "00112233445566a", "0011223344556677a", 7, None)),
    ("key", ("", "0f" * 31, "0F" * 32, "zz" * 32, None)),
    ("broker", ("", 1, None, "x" * 129)),
    ("port", (0, -1, 65536, "8883", 1.5, True, None)),
    ("ca", ("", 1, True)),
    ("server_name", ("", None)),
    ("user", ("", None)),
    ("password", ("", None, 7)),
    ("wifi", ("home", {}, {"ssid": "a"}, {"ssid": "", "password": "b"}, {"ssid": 1, "password": ""},
              {"ssid": "x" * 33, "password": ""}, {"ssid": "a", "password": "b", "c": 1})),
    ("heartbeat_s", (0, -5, 86401, "100", 0.5, False, None)),
    ("mains", (0, 1, "true", None)),
)  # fmt: skip


def changed(key, value):
    fields = dict(GOOD)
    fields[key] = value
    return fields


class SettingsTest(unittest.TestCase):
    def test_good_settings_are_taken(self):
        found = Settings(GOOD)
        self.assertEqual(found.seal_id, GOOD["id"])
        self.assertEqual(found.key, b"\x0f" * 32)
        self.assertEqual((found.broker, found.port, found.ca), ("192.168.1.2", 8883, "ca.der"))
        self.assertEqual(found.wifi, ("站点", "12345678"))
        self.assertEqual((found.heartbeat_ms, found.mains), (100_000, True))

    def test_a_bench_needs_neither_tls_nor_wifi(self):
        fields = changed("ca", None)
        fields["wifi"] = None
        found = Settings(fields)
        self.assertIsNone(found.ca_der())
        self.assertIsNone(found.wifi)

    def test_each_wrong_value_is_refused_by_name(self):
        for key, values in WRONG:
            for value in values:
                with self.assertRaises(SettingsError) as caught:
                    Settings(changed(key, value))
                self.assertTrue(str(caught.exception).startswith(key + ": "), (key, value))
                self.assertIn("allowed is", str(caught.exception))

    def test_no_secret_is_ever_shown(self):
        for key, value in (("key", "secret1"), ("password", ""), ("wifi", "secret1")):
            with self.assertRaises(SettingsError) as caught:
                Settings(changed(key, value))
            self.assertFalse("secret1" in str(caught.exception))

    def test_an_unknown_or_missing_key_is_refused_by_name(self):
        with self.assertRaises(SettingsError) as caught:
            Settings(changed("beats", 5))
        self.assertTrue(str(caught.exception).startswith("beats: no such setting"))
        for key in GOOD:
            fields = dict(GOOD)
            del fields[key]
            with self.assertRaises(SettingsError) as caught:
                Settings(fields)
            self.assertEqual(str(caught.exception), key + ": missing")


class TheFile(unittest.TestCase):
    def setUp(self):
        self.folder = flash.empty_folder()

    def write(self, text):
        with open(self.folder + "seal.json", "w") as file:
            file.write(text)

    def test_settings_and_authority_are_read_from_their_folder(self):
        self.write(json.dumps(GOOD))
        with open(self.folder + "ca.der", "wb") as file:
            file.write(b"\x30\x03")
        self.assertEqual(settings.read(self.folder).ca_der(), b"\x30\x03")

    def test_no_file_no_json_and_no_object_are_refused(self):
        with self.assertRaises(SettingsError) as caught:
            settings.read(self.folder)
        self.assertIn("cannot be read", str(caught.exception))
        for text in ("", "{", '{"id": ', "[]", "7", "null"):
            self.write(text)
            with self.assertRaises(SettingsError):
                settings.read(self.folder)
