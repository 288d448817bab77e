"""A chip's `esp32`: which pins were armed to wake it and for which level, and its NVS.

A chip and a release have what MicroPython's sources give them: EXT0 on an S3, EXT1 on S3 and C6,
GPIO on C3 and C6 from 1.27 on.
"""

import world

WAKEUP_ALL_LOW, WAKEUP_ANY_HIGH = False, True


def _arm(way, pins, level):
    world.asked.append((way, sorted([pin.number for pin in pins]), level))


if world.chip == "ESP32S3":

    def wake_on_ext0(pin=None, level=False):
        _arm("ext0", [pin], level)


if world.chip != "ESP32C3":

    def wake_on_ext1(pins=None, level=False):
        wakers = range(8) if world.chip == "ESP32C6" else range(22)
        if not all([pin.number in wakers for pin in pins]):
            raise ValueError("invalid pin")
        _arm("ext1", pins, level)


if world.release >= (1, 27):

    def wake_on_gpio(pins=None, level=False):
        _arm("gpio", pins, level)


class NVS:
    def __init__(self, namespace):
        self._namespace, self._fresh = namespace, {}

    def get_i32(self, key):
        if (self._namespace, key) not in world.store:
            raise OSError(-4354, "ESP_ERR_NVS_NOT_FOUND")
        return world.store[self._namespace, key]

    def set_i32(self, key, value):
        self._fresh[self._namespace, key] = value

    def commit(self):
        if world.is_full:
            raise OSError(-4357, "ESP_ERR_NVS_NOT_ENOUGH_SPACE")
        world.asked.append(("committed", 0))
        world.store.update(self._fresh)
