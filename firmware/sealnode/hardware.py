"""What a seal asks of its board. `firmware/board.py` answers on an ESP32, a script on a bench."""

REED, COVER, MAGNET = 0, 1, 2  # the three switches; 1 on any of them is the alarming side


class Hardware:
    """One board. No method waits, and none decides anything that a test would want to see."""

    flash = "/"  # the folder that outlives a power cut, with a slash behind
    cause = 0  # what began this run, as `waking` has it; 0 on a bench, whose cable stays open

    def now_ms(self) -> int:
        """Milliseconds, never backwards; through deep sleep it goes on, a cold boot starts anew."""
        raise NotImplementedError

    def level(self, switch: int) -> int:
        """The switch now: 0 as it should be (door shut, cover on, no foreign magnet), or 1."""
        raise NotImplementedError

    def take_latches(self, switch: int) -> "list[int]":
        """How many ms ago each change since the last call came, oldest first. Bounded."""
        raise NotImplementedError

    def battery_mv(self) -> "int | None":
        """The battery's voltage in mV, the lowest with the radio on; None where there is none."""
        raise NotImplementedError

    def wifi(self, up: bool) -> bool:
        """Ask for the network or let it go; whether it is there now."""
        raise NotImplementedError

    def unreachable(self) -> None:
        """The network seems to be there and the broker is not: whatever was remembered of the way
        there may be why. A board that remembers nothing has nothing to do."""

    def advertise(self, payload: bytes, repeats: int) -> int:
        """Put 31 bytes on the air so often, under a random address that was never used before, in
        place of what is there; how many ms that takes. b"" ends it and lets the radio go. 0: this
        board has no such radio."""
        return 0

    def join(self, wifi: "tuple[str, str] | None") -> None:
        """Let the network go, and mean this one (name, password) from now on."""
        raise NotImplementedError

    def signal_dbm(self) -> "int | None":
        """How strongly the network is heard, in dBm; None without a radio or a network."""
        return None

    def reset_cause(self) -> int:
        """Why this program began, as `sealwire.note` has it; 0 where the board does not say."""
        return 0

    def random_below(self, n: int) -> int:
        """A random whole number from 0 to n - 1. Spreads retries, guards nothing."""
        raise NotImplementedError

    def remember(self, state: bytes) -> None:
        """Keep up to 128 bytes where deep sleep does not reach; b"" forgets."""
        raise NotImplementedError

    def recall(self) -> bytes:
        """What `remember` kept, or b"" after a cold boot. May be rubbish: the caller checks."""
        raise NotImplementedError

    def sleep(self, ms: int, muted: int = 0) -> None:
        """Sleep deeply until a switch changes or `ms` are over. The switches whose bits are set in
        `muted` shall not end it, for they flutter. On a chip this is the end of the
        run: the program starts anew. On a bench it returns, and the runner starts a new seal."""
        raise NotImplementedError

    def light(self, on: bool) -> None:
        """Let the board's own lamp shine, or not. Nothing where there is none."""

    def feed(self) -> None:
        """Tell the watchdog that all is well."""
        raise NotImplementedError

    def boots(self) -> int:
        """How many starts in a row, this one too, have come to nothing so far."""
        return 0

    def well(self, boots: int = 0) -> None:
        """This start came to something; or it counts as the one after `boots` that did not."""

    def dips(self) -> int:
        """How often the supply has dipped under the radio since a start came to something."""
        return 0

    def is_case_open(self) -> bool:
        """As the cover's level; a board on a bench without switches counts as open."""
        return True

    def restart(self) -> None:
        """Begin anew, as after power-on. On a chip it does not return."""
        raise NotImplementedError
