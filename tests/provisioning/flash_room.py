"""What the tests of flashing share: settings, the real enrolment, and readings of a board."""

from sqlalchemy import select

from gateway.provisioning.board_link import BoardLink
from gateway.provisioning.flash import Registry, SealSettings
from gateway.registry.credentials import Identity
from gateway.registry.enrolment import enrol_seal
from gateway.store import tables
from gateway.store.database import Store
from tests.virtual_board.virtual_board import VirtualBoard

CA_DER = b"the authority's certificate, as far as flashing cares"
SETTINGS = SealSettings(
    broker="192.168.1.20",
    server_name="pi.local",
    wifi_ssid="grid 5",
    wifi_password="a secret of the house",
)


def registry(store: Store) -> Registry:
    """The real enrolment, as the command line wires it."""

    def enrol(identity: Identity) -> None:
        enrol_seal(
            store,
            seal_id=identity.seal_id,
            key=identity.key,
            door_id=None,
            broker_password=identity.broker_password,
            at_ms=1,
        )

    return Registry(is_enrolled=lambda seal_id: seal_id in enrolled(store), enrol=enrol)


def enrolled(store: Store) -> dict[str, tuple[bytes, str]]:
    """Key and password hash of every seal that the database knows."""
    columns = tables.seals.c
    with store.reading() as connection:
        rows = connection.execute(select(columns.seal_id, columns.key, columns.broker_hash))
        return {row.seal_id: (row.key, row.broker_hash) for row in rows}


def files_of(board: VirtualBoard) -> dict[str, tuple[str, str]]:
    """Every file on the board: its SHA-256, and its text if it is the settings."""
    found: dict[str, tuple[str, str]] = BoardLink(board.port).ask(FILES_AND_HASHES)
    return found


FILES_AND_HASHES = """
import os, hashlib, vfs
from binascii import hexlify
try:
    vfs.umount("/rom")
except OSError:
    pass
def walk(folder):
    found = {}
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            found.update(walk(path))
        else:
            with open(path, "rb") as file:
                content = file.read()
            text = content.decode() if path == "/seal.json" else ""
            found[path[1:]] = (hexlify(hashlib.sha256(content).digest()).decode(), text)
    return found
answer(walk(""))
"""

SEAL_A_REPORT = """
import sys
sys.path.insert(0, "/a")
import sealnode.node, sealnode.spool, sealnode.link
from sealnode import settings
from sealwire import ccm, envelope, report
own = settings.read("/")
text = report.pack(report.Report(report.OPEN, report.EDGE, 7, 13, age_ms=250, battery_mv=3010))
cipher = ccm.cipher(own.key)
answer(envelope.seal_up(cipher, bytes.fromhex(own.seal_id), envelope.UP, 3, 4, text).hex())
"""
