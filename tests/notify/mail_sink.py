"""A mail server on loopback: it takes every letter and keeps it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailSink:
    """Speaks as much SMTP as a letter needs."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    @contextlib.asynccontextmanager
    async def open(self, port: int) -> AsyncIterator[None]:
        """Listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        async with server:
            yield

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            match line[:4].upper().rstrip():
                case b"EHLO" | b"HELO":
                    writer.write(b"250 sink\r\n")
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    letter = await reader.readuntil(b"\r\n.\r\n")
                    made = message_from_bytes(letter[:-3], policy=policy.default)
                    assert isinstance(made, EmailMessage)
                    self.letters.append(made)
                    writer.write(b"250 taken\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 ok\r\n")
        writer.close()
