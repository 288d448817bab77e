"""A chip's `network`: a station whose network comes and goes as a test says."""

STA_IF = 0


class WLAN:
    there = False
    calls = []

    def __init__(self, interface):
        self._active = False

    def active(self, up=None):
        if up is not None:
            self._active = up
        return self._active

    def connect(self, ssid, password):
        WLAN.calls.append(("connect", ssid, password))

    def disconnect(self):
        WLAN.calls.append(("disconnect",))

    def isconnected(self):
        return self._active and WLAN.there

    def status(self, what):
        return -58
