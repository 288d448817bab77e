"""Menshen as one more system: `menshen run` on a site of its own, with its console, its durable
commit, its receipts, and a webhook. Its doors send what a seal sends, sealed."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from urllib.request import urlopen

from bench.load import Sealer
from bench.peers.load import SEALS
from bench.peers.systems import System
from bench.stage import SEED
from tests import neighbours
from tests.end_to_end import site as sites

ASK_S, OK = 5.0, 200


class Menshen(System):
    """Every door is under an order, so that each opening pages.

    A page bears a random id outside the house, which the database knows: it is asked once all have
    come, by the rig, which no site has beside it.
    """

    name = "menshen"

    def set_up(self) -> None:
        """Found a site, and enrol its doors."""
        self._site = sites.found(
            self.folder / "site",
            random.Random(SEED),  # noqa: S311 - not a secret
            doors=SEALS,
            ordered=SEALS,
            broker_port=self.broker_port,
            webhook=self.hook_url,
        )
        self._sealers = [Sealer(enrolled) for enrolled in self._site.seals]

    def program(self) -> neighbours.Neighbour:
        """As `menshen run` is started."""
        return sites.gateway(self._site)

    def is_set_up(self) -> bool:
        """Whether every enrolled door is taken in, and the console is up: it starts with the
        gateway, takes longer, and belongs to it."""
        return self._site.is_enrolled() and self._is_console_up()

    def _is_console_up(self) -> bool:
        try:
            with urlopen(self._site.console_url + "/api/v1/health", timeout=ASK_S) as answer:  # noqa: S310
                return bool(answer.status == OK)
        except OSError:
            return False

    def event(self, seal: int, is_open: bool, number: int) -> tuple[str, bytes]:
        """A report of a door's edge; opening and shutting come by turns."""
        sealer = self._sealers[seal]
        packet = sealer.turn()
        return f"{sealer.seal_id}-{sealer.seq}", packet

    def filler(self, number: int) -> bytes:
        """A heartbeat of a seal that never opens."""
        return self._sealers[0].heartbeat()

    def keys(self, bodies: Sequence[bytes]) -> list[str]:
        """By the ids that the database knows."""
        known = self._site.page_ids()
        return [known.get(json.loads(body)["page_id"], "") for body in bodies]
