"""How the console itself does: counted as it goes, and shown on the page for engineers."""

import msgspec


class ConsoleFigures(msgspec.Struct):
    """Its counters since it started, and what is open now."""

    streams: int = 0  # live pages, now
    streams_refused: int = 0  # live pages beyond what this machine bears
    connections: int = 0  # now
    connections_refused: int = 0
    connections_reaped: int = 0  # said nothing for too long, or read nothing
    requests_refused: int = 0  # of somebody who asked far too often
    texts_refused: int = 0  # text messages whose signature was not right
    texts_unknown: int = 0  # from numbers that no household here has
