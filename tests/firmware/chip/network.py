"""A chip's `network`: a station whose network comes and goes as a test says."""

import world

STA_IF = 0


class WLAN:
    PM_NONE = 0

    def __init__(self, interface=STA_IF):
        self._active = False

    def active(self, is_active=None):
        if is_active is not None:
            self._active = is_active
        return self._active

    def connect(self, ssid=None, key=None, *, bssid=None):
        if bssid is not None and len(bssid) != 6:
            raise ValueError
        world.asked.append(("connect", ssid, key, bssid))

    def disconnect(self):
        world.asked.append(("disconnect",))

    def isconnected(self):
        return self._active and world.there

    def status(self, what):
        return -58

    def config(self, **options):
        for name in options:
            world.asked.append((name, options[name]))

    def ifconfig(self, config=None):
        if config is None:
            return "10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.2"
        world.asked.append(("ifconfig", config))
        return None

    def scan(self):
        world.asked.append(("scan",))
        return world.found
