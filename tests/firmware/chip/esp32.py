"""A chip's `esp32`: which pins were armed to wake it, and for which level."""

WAKEUP_ALL_LOW, WAKEUP_ANY_HIGH = False, True
armed = []


def wake_on_ext1(pins, level):
    armed.append((sorted([pin.number for pin in pins]), level))
