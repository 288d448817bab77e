"""What `menshen flash` runs on the board: six small programs in MicroPython's dialect.

Each tells what it found by `answer(...)`, which BoardLink.ask puts in front. Their inputs, in the
order of use: NEEDED (a tuple of modules); `doomed` and `folders`; `paths`; `size`; `slot`, `nonce`,
`plain`, `aad`; and for the last one, WIFI_MS and what lies on the board.
"""

# A mounted ROMFS is listed as a folder of the root, in which nothing can be removed.
_WITHOUT_ROM = """
import os, sys
try:
    import vfs
    vfs.umount("/rom")
except (ImportError, OSError):
    pass
"""

SURVEY = (
    _WITHOUT_ROM
    + """
def walk(folder):
    found = []
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0]
        found += walk(path) if entry[1] == 0x4000 else [path[1:]]
    return found
missing = []
for name in NEEDED:
    try:
        __import__(name)
    except ImportError:
        missing.append(name)
try:
    with open("/seal.json") as file:
        holds = json.load(file)["id"]
except (OSError, ValueError, KeyError):
    holds = None
def rom():
    try:
        import vfs
        there = vfs.rom_ioctl(2, 0) if vfs.rom_ioctl(1) > 0 else None
        return there.ioctl(4, 0) * there.ioctl(5, 0)
    except (ImportError, AttributeError, OSError):
        return 0
this = sys.implementation
answer({"version": list(this.version)[:3], "mpy": getattr(this, "_mpy", 0) & 255,
    "missing": missing, "holds": holds, "files": walk(""), "rom": rom()})
"""
)

CLEAR = (
    _WITHOUT_ROM
    + """
for path in doomed:
    os.remove("/" + path)
for entry in list(os.ilistdir("/")):
    if entry[1] == 0x4000:
        def strip(folder):
            for inner in list(os.ilistdir(folder)):
                strip(folder + "/" + inner[0])
            os.rmdir(folder)
        strip("/" + entry[0])
for folder in folders:
    os.mkdir("/" + folder)
try:  # the bad starts of what ran here before (board.py) are not the next one's
    import esp32
    store = esp32.NVS("menshen")
    store.set_i32("boots", 0)
    store.commit()
except (ImportError, AttributeError, OSError):
    pass
status = os.statvfs("/")
answer({"block": status[1], "free": status[0] * status[3], "total": status[1] * status[2]})
"""
)

HASHES = """
import hashlib
from binascii import hexlify
found = {}
part = bytearray(512)
for path in paths:
    digest = hashlib.sha256()
    with open("/" + path, "rb") as file:
        while True:
            count = file.readinto(part)
            if not count:
                break
            digest.update(memoryview(part)[:count])
    found[path] = hexlify(digest.digest()).decode()
answer(found)
"""

# Of the flash itself, not of what is mapped: the memory may have been mapped before it was written.
ROM_HASH = """
import hashlib, vfs
from binascii import hexlify
there, digest, part = vfs.rom_ioctl(2, 0), hashlib.sha256(), bytearray(512)
for at in range(0, size, 512):
    piece = memoryview(part)[:min(size - at, 512)]
    there.readblocks(at // 4096, piece, at % 4096)
    digest.update(piece)
answer(hexlify(digest.digest()).decode())
"""

PROVE = """
import os, sys
sys.path.insert(0, slot)
os.rename("/seal.json.new", "/seal.json")
from sealnode import settings
from sealwire import ccm
own = settings.read("/")
own.ca_der()
sealed = ccm.cipher(own.key).seal(nonce, aad, plain)
answer({"id": own.seal_id, "sealed": sealed.hex()})
"""

# The station's states are those of the ESP32's port, by their numbers, for not each release names
# them all: 201 no such network; 202, 204 and 15 a wrong password, which some access points tell
# only by falling silent in the handshake. One that lets us in shows its strength before an address.
JOIN = """
import socket, sys, time
sys.path.insert(0, "/a")  # where a board keeps its programs in two slots
def now():
    return time.time_ns() // 1000000
def strength(wlan):
    try:
        return wlan.status("rssi") or None
    except (OSError, ValueError, TypeError):
        return None
def wifi(ssid, password):
    import network
    wlan = network.WLAN(network.STA_IF)
    wlan.active(False)
    wlan.active(True)
    wlan.connect(ssid, password)
    until, bad, states = now() + WIFI_MS, 0, {}
    while not wlan.isconnected() and now() < until and bad < 24:
        state = wlan.status()
        states[state] = states.get(state, 0) + 1
        bad += state in (201, 202, 204, 15)
        time.sleep_ms(250)
    signal = strength(wlan)
    if wlan.isconnected():
        return "ok", signal
    if 202 in states or 204 in states or 15 in states:
        return "password", signal
    return "address" if signal else "network", signal
def broker(own):
    from sealnode import link, stream
    from sealwire import topics
    try:
        known = stream.addresses(own.broker, own.port)
    except OSError as error:
        return "name", str(error)
    try:
        line = socket.socket(known[0][0], known[0][1], known[0][2])
        line.settimeout(10)
        try:
            line.connect(known[0][-1])
        finally:
            line.close()
    except OSError as error:
        return "broker", str(error)
    session = link.Link(own.broker, own.port, own.ca_der(), own.server_name, own.user,
        own.password, topics.receipt(own.seal_id))
    session.open(now())
    while session.state not in (link.DOWN, link.UP):
        session.poll(now())
        session.wait(50)
    if session.state == link.UP:
        session.close()
        return "ok", ""
    why = session.why
    if "refuses" in why:
        return "refused", why
    for word in ("cert", "CERT", "x509", "X509", "9984", "CA"):
        if own.ca is not None and word in why:
            return "certificate", why
    return "session", why
def tried():
    from sealnode import settings
    own = settings.read("/")
    signal = None
    if own.wifi is not None:
        reason, signal = wifi(*own.wifi)
        if reason != "ok":
            return {"reason": reason, "signal": signal, "detail": ""}
    reason, detail = broker(own)
    return {"reason": reason, "signal": signal, "detail": detail}
try:
    answer(tried())
except ImportError:
    answer({"reason": "untried"})
"""
