"""The golden bytes of `tests/vectors/`, read the same way on both Pythons."""

import json

_FOLDER = (__file__.rsplit("/", 1)[0] if "/" in __file__ else ".") + "/../vectors/"


def load(name):
    """The content of tests/vectors/`name`.json."""
    with open(_FOLDER + name + ".json") as file:
        return json.load(file)


def every_bit_flipped(data):
    """`data` with each of its bits flipped in turn."""
    for i in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[i // 8] ^= 1 << i % 8
        yield bytes(flipped)


def every_start(data):
    """`data` cut short after each byte, from nothing on."""
    for end in range(len(data)):
        yield data[:end]
