"""The loader in a chip's ROM, as the real esptool speaks to it: what a bare board says on its line.

SLIP frames; a request is `00 op len16 chk32 data`, an answer `01 op len16 val32 data status`. After
MEM_END it is esptool's stub that answers, with two bytes of status in place of four. What comes to
nothing here, esptool does not look at. The flash is bytes in memory.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

CHIPS = {"esp32c3": 5, "esp32s3": 9, "esp32c6": 13}
_SPI = {"esp32c3": 0x60002000, "esp32s3": 0x60002000, "esp32c6": 0x60003000}
_W0 = 0x58  # of the SPI peripheral: where the flash's own id is read
_CMD_USER = 1 << 18
_FLASH_ID = {4 << 20: 0x164020, 2 << 20: 0x154020, 1 << 20: 0x144020}
_CHECKSUM = 0xEF
_END = b"\xc0"
IMAGE_BYTES = 1_700_000  # MicroPython's own

(FLASH_BEGIN, FLASH_DATA, FLASH_END, MEM_BEGIN, MEM_END, MEM_DATA, SYNC, WRITE_REG, READ_REG) = (
    range(0x02, 0x0B)
)
SET_PARAMS, ATTACH, CHANGE_BAUD = 0x0B, 0x0D, 0x0F
DEFL_BEGIN, DEFL_DATA, DEFL_END, FLASH_MD5, SECURITY_INFO = range(0x10, 0x15)
ERASE_FLASH, ERASE_REGION, READ_FLASH_STATUS = 0xD0, 0xD1, 0xD2


@dataclass
class Faults:
    """What is wrong with a board's flash."""

    one_bit: bool = False  # one reads back otherwise than it was written


class Rom:
    """One chip in its loader. `hear` takes bytes of the line and gives the answer's."""

    def __init__(self, chip: str, flash_bytes: int = 4 << 20, faults: Faults | None = None) -> None:
        self.chip, self.flash = chip, bytearray(b"\xff" * flash_bytes)
        self.is_written = False  # an image came to its end, and what it is was asked for
        self.erased = 0
        self.written = 0
        self._faults = faults or Faults()
        self._stub = self._is_ended = False
        self._buffer = bytearray()
        self._registers: dict[int, int] = {}
        self._at = 0
        self._unpacker = zlib.decompressobj()

    def power_on(self) -> None:
        """As after a power cut: no stub, nothing half heard; what is in the flash stays."""
        self._stub = self._is_ended = False
        self._buffer.clear()

    def hear(self, piece: bytes) -> bytes:
        """What the chip answers to the frames that are whole now."""
        self._buffer += piece
        said = bytearray()
        for frame in self._frames():
            if len(frame) >= 8 and frame[0] == 0:
                operation, _, _ = struct.unpack("<BHI", frame[1:8])
                said += self._answer(operation, frame[8:])
        return bytes(said)

    def _frames(self) -> Iterator[bytes]:
        while True:
            begin = self._buffer.find(_END)
            end = self._buffer.find(_END, begin + 1)
            if begin < 0 or end < 0:
                return
            frame = bytes(self._buffer[begin + 1 : end])
            # An end may be the next one's beginning: an empty frame between two is none.
            del self._buffer[: end if not frame else end + 1]
            if frame:
                yield frame.replace(b"\xdb\xdc", _END).replace(b"\xdb\xdd", b"\xdb")

    def _answer(self, operation: int, data: bytes) -> bytes:
        if operation == SYNC:
            return b"".join(self._frame(operation, value=1) for _ in range(8))
        if operation == MEM_END:
            self._stub = True
            return self._frame(operation, stub=False) + _slip(b"OHAI")
        if operation == SECURITY_INFO:
            return self._frame(
                operation, struct.pack("<IBBBBBBBBII", 0, *[0] * 8, CHIPS[self.chip], 0)
            )
        if operation == READ_REG:
            (address,) = struct.unpack("<I", data[:4])
            return self._frame(operation, value=self._registers.get(address, 0))
        if operation == WRITE_REG:
            self._write_register(*struct.unpack("<II", data[:8]))
        elif operation == FLASH_MD5:
            self.is_written = self._is_ended
            return self._frame(operation, self._md5(data))
        else:
            self._on_flash(operation, data)
        return self._frame(operation)

    def _write_register(self, address: int, value: int) -> None:
        spi = _SPI[self.chip]
        self._registers[address] = value
        if address == spi and value & _CMD_USER:  # the only command that is asked for: its id
            self._registers[spi + _W0] = _FLASH_ID[len(self.flash)]
            self._registers[spi] = 0

    def _md5(self, data: bytes) -> bytes:
        at, size = struct.unpack("<II", data[:8])
        part = bytearray(self.flash[at : at + size])
        if self._faults.one_bit and part:
            part[len(part) // 2] ^= 1
        digest = hashlib.md5(part, usedforsecurity=False)
        return digest.digest() if self._stub else digest.hexdigest().encode()

    def _on_flash(self, operation: int, data: bytes) -> None:
        if operation in (ERASE_FLASH, ERASE_REGION):
            self.flash[:] = b"\xff" * len(self.flash)
            self.erased += 1
        elif operation in (FLASH_BEGIN, DEFL_BEGIN):
            _size, _blocks, _block, self._at = struct.unpack("<IIII", data[:16])
            self._unpacker = zlib.decompressobj()
        elif operation in (FLASH_DATA, DEFL_DATA):
            (length,) = struct.unpack("<I", data[:4])
            self._put(operation, data[16 : 16 + length])
        elif operation in (FLASH_END, DEFL_END):
            self._is_ended = self.written > 0

    def _put(self, operation: int, block: bytes) -> None:
        content = self._unpacker.decompress(block) if operation == DEFL_DATA else block
        self.flash[self._at : self._at + len(content)] = content
        self._at += len(content)
        self.written += len(content)

    def _frame(
        self, operation: int, data: bytes = b"", value: int = 0, stub: bool | None = None
    ) -> bytes:
        is_stub = self._stub if stub is None else stub
        body = data + bytes(2 if is_stub else 4)
        return _slip(struct.pack("<BBHI", 1, operation, len(body), value) + body)


def _slip(frame: bytes) -> bytes:
    return _END + frame.replace(b"\xdb", b"\xdb\xdd").replace(_END, b"\xdb\xdc") + _END


def image(chip: str, size: int = IMAGE_BYTES, seed: int = 0) -> bytes:
    """What begins as an image for this chip does; the rest is noise that packs as programs do."""
    head = bytearray(24)
    head[0], head[1] = 0xE9, 1
    head[2], head[3] = 2, 0x2F  # DIO, 4 MB at 80 MHz: as the stock images say
    head[12:14] = CHIPS[chip].to_bytes(2, "little")
    words = hashlib.shake_128(bytes([seed])).digest(size // 4)
    body = b"".join(words[at : at + 64] * 4 for at in range(0, len(words), 64))
    return bytes(head) + body[: size - len(head)]
