"""The air between seals and a receiver, without a radio: bumble's controllers behind a bleak
backend, and as much of what is sent lost on its way as a test likes.

bumble tells of each advertisement twice (once more as a scan response), so whoever counts must
count by content. Its own advertiser sends nothing that cannot be connected, so a seal's bytes are
put on the link as the packets that they are.
"""

import asyncio
from random import Random
from typing import Any

from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bumble import ll
from bumble.controller import Controller
from bumble.core import AdvertisingData
from bumble.device import Device
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink

from sealnode.hardware import Hardware
from tests.bench_board import BenchBoard


class Air(LocalLink):
    """The ether. `loss` is the part of all packets that nobody hears."""

    def __init__(self, loss: float = 0.0, seed: int = 7) -> None:
        super().__init__()
        self.loss, self._chance = loss, Random(seed)  # noqa: S311 - weather
        self.sent = self.lost = 0

    def send_advertising_pdu(self, sender: Any, pdu: Any) -> None:
        for controller in self.controllers:
            if controller is sender:
                continue
            self.sent += 1
            if self._chance.random() < self.loss:
                self.lost += 1
            else:
                asyncio.get_running_loop().call_soon(controller.on_ll_advertising_pdu, pdu)

    def say(self, advert: bytes) -> None:
        """One advertisement, under a random address that was never there before."""
        address = bytearray(self._chance.randbytes(6))
        address[0] &= 0x3F  # non-resolvable private, as NimBLE makes it
        sender = Address(":".join(f"{byte:02X}" for byte in address), Address.RANDOM_DEVICE_ADDRESS)
        self.send_advertising_pdu(None, ll.AdvInd(advertiser_address=sender, data=advert))


def scanner_on(air: Air, passive: bool = True) -> type[BaseBleakScanner]:
    """A scanner as bleak calls it, with an ear in this air."""

    class Scanner(BaseBleakScanner):
        starts = 0

        def __init__(
            self,
            detection_callback: Any = None,
            service_uuids: Any = None,
            scanning_mode: str = "active",
            **_: Any,
        ) -> None:
            super().__init__(detection_callback, service_uuids)
            self._is_passive = scanning_mode == "passive"
            self._device: Device | None = None

        async def start(self) -> None:
            if self._is_passive and not passive:
                raise RuntimeError("no AdvertisementMonitorManager1 here")
            type(self).starts += 1
            host = Host()
            host.controller = Controller("rx", link=air)
            self._device = Device(name="rx", address=Address("F0:F1:F2:F3:F4:F5"), host=host)
            await self._device.power_on()
            self._device.on("advertisement", self._got)
            await self._device.start_scanning(active=False, filter_duplicates=False)

        async def stop(self) -> None:
            assert self._device is not None
            await self._device.stop_scanning()
            air.remove_controller(self._device.host.controller)

        def _got(self, heard: Any) -> None:
            services = {
                f"0000{int.from_bytes(value[:2], 'little'):04x}-0000-1000-8000-00805f9b34fb": bytes(
                    value[2:]
                )
                for kind, value in heard.data.ad_structures
                if kind == AdvertisingData.Type.SERVICE_DATA_16_BIT_UUID
            }
            said = AdvertisementData(None, {}, services, [], None, heard.rssi, ())
            address = str(heard.address)
            device = self.create_or_update_device(address, address, None, {}, said)
            self.call_detection_callbacks(device, said)
            self.seen_devices.pop(address, None)  # each address comes once, and never again

    return Scanner


class RadioBoard(BenchBoard):
    """A board whose advertisements go into an air, all repeats at once."""

    def __init__(self, flash: str, air: Air, **more: Any) -> None:
        super().__init__(flash, **more)
        self._air = air

    def advertise(self, payload: bytes, repeats: int) -> int:
        for _ in range(repeats):
            self._air.say(payload)
        return super().advertise(payload, repeats)


assert issubclass(RadioBoard, Hardware)
