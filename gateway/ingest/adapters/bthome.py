"""BTHome version 2: a contact that advertises by Bluetooth, plain or encrypted with a bind key.

`bthome-ble` reads it (the extra `bthome`): the format has some eighty objects, a cipher and its
exceptions, which are not this project's subject. A door, an opening, a window is open while its
object is 1.

What it cannot show, the pages say: a plain advertisement is anybody's, and of an encrypted one the
library takes whatever counter comes first after a start, and any below 100, for batteries are
changed. So what was recorded can be played back.
"""

import logging
from typing import Final

from bthome_ble import BTHomeBluetoothDeviceData
from habluetooth import BluetoothServiceInfoBleak

from gateway.core.model import Contact
from gateway.ingest.adapters.said import Said, Unreadable, millivolts, percent

SERVICE: Final = "0000fcd2-0000-1000-8000-00805f9b34fb"
SERVICE_BYTES_MAX: Final = 64  # an extended advertisement may have more, and no contact has
REPEATED_S: Final = 10.0  # one transmission is sent several times; what is the same later is a beat
_ENCRYPTED: Final = 0b1  # of the first byte
_CONTACTS: Final = ("door", "opening", "window", "garage_door")  # the first that it says
_TAMPER, _BATTERY, _VOLTAGE = "tamper", "battery", "voltage"

logging.getLogger("bthome_ble").setLevel(logging.CRITICAL)  # it warns of each; we count them


class Reader:
    """Reads one contact's advertisements, for its counter goes on from one to the next.

    Args:
        address: its Bluetooth address, as `contact_addresses` keeps it.
        bind_key: 16 bytes, or none.
    """

    def __init__(self, address: str, bind_key: bytes) -> None:
        self._address, self._key = address, bind_key or None
        self._before = self._parser()
        self._latest, self._latest_s = b"", float("-inf")

    def read(self, service: bytes, rssi: int, at_s: float) -> Said | None:
        """What an advertisement says; None for nothing new. Unreadable if it is no BTHome, or is
        not encrypted as its contact does.

        Args:
            service: the data of the service SERVICE.
            rssi: how strongly it was heard, in dBm.
            at_s: when, by any steady clock.
        """
        if not 2 <= len(service) <= SERVICE_BYTES_MAX:
            raise Unreadable("its length is no advertisement's")
        is_encrypted = bool(service[0] & _ENCRYPTED)
        if is_encrypted is not (self._key is not None):
            raise Unreadable(
                "it is encrypted, and no bind key is enrolled"
                if is_encrypted
                else "it is not encrypted, and a bind key is enrolled"
            )
        is_same = service == self._latest
        if is_same and (is_encrypted or at_s - self._latest_s < REPEATED_S):
            return None
        said = self._parsed(service, rssi, at_s)
        self._latest, self._latest_s = service, at_s
        return said

    def _parsed(self, service: bytes, rssi: int, at_s: float) -> Said | None:
        """By a parser that has said nothing yet, for it would say the same again and again."""
        parser = self._parser()
        parser.encryption_counter = self._before.encryption_counter
        parser.bindkey_verified = self._before.bindkey_verified
        parser.packet_id = self._before.packet_id
        try:
            found = parser.update(_info(self._address, service, rssi, at_s))
        except Exception as error:  # noqa: BLE001 - whatever hostile bytes make of another's code
            raise Unreadable(f"it is no BTHome ({type(error).__name__})") from None
        if self._key is not None and parser.decryption_failed:
            raise Unreadable("it does not open with its bind key, or its counter went back")
        binary = {key.key: value.native_value for key, value in found.binary_entity_values.items()}
        values = {key.key: value.native_value for key, value in found.entity_values.items()}
        is_open = next((binary[name] for name in _CONTACTS if name in binary), None)
        self._before = parser
        if is_open is None:
            return None
        volts = values.get(_VOLTAGE)
        return Said(
            Contact.OPEN if is_open else Contact.SHUT,
            tamper=binary.get(_TAMPER),
            battery_percent=percent(values.get(_BATTERY)),
            battery_mv=millivolts(volts * 1_000) if isinstance(volts, int | float) else None,
        )

    def _parser(self) -> BTHomeBluetoothDeviceData:
        return BTHomeBluetoothDeviceData(bindkey=self._key)


def _info(address: str, service: bytes, rssi: int, at_s: float) -> BluetoothServiceInfoBleak:
    return BluetoothServiceInfoBleak(
        name="",
        address=address,
        rssi=rssi,
        manufacturer_data={},
        service_data={SERVICE: service},
        service_uuids=[SERVICE],
        source="",
        device=None,  # type: ignore[arg-type, unused-ignore]
        advertisement=None,
        connectable=False,
        time=at_s,
        tx_power=None,
    )
