"""What `menshen flash` runs on the board: four small programs in MicroPython's dialect.

Each tells what it found by `answer(...)`, which BoardLink.ask puts in front. Their inputs, in the
order of use: NEEDED (a tuple of modules); `doomed` and `folders`; `paths`; `nonce`, `plain`, `aad`.
"""

SURVEY = """
import os, sys
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
this = sys.implementation
answer({"version": list(this.version)[:3], "mpy": getattr(this, "_mpy", 0) & 255,
    "missing": missing, "holds": holds, "files": walk("")})
"""

CLEAR = """
import os
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
status = os.statvfs("/")
answer({"block": status[1], "free": status[0] * status[3], "total": status[1] * status[2]})
"""

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

PROVE = """
import os, sys
sys.path.insert(0, "/a")
os.rename("/seal.json.new", "/seal.json")
from sealnode import settings
from sealwire import ccm
own = settings.read("/")
own.ca_der()
sealed = ccm.cipher(own.key).seal(nonce, aad, plain)
answer({"id": own.seal_id, "sealed": sealed.hex()})
"""
