"""Where the real firmware is found by a program that runs it without a chip."""

import sys

from gateway.provisioning.firmware_bundle import firmware_folder


def find_sealnode() -> None:
    """Make the firmware importable.

    A checkout has `firmware/` on its path already; an installed wheel carries it as the files that
    `menshen flash` copies to boards, and the seals here run from just those.
    """
    folder = str(firmware_folder())
    if folder not in sys.path:
        sys.path.append(folder)
