"""What a seal asks of its board. `firmware/board.py` answers on an ESP32, a script on a bench."""

REED, COVER, MAGNET = 0, 1, 2  # the three switches; 1 on any of them is the alarming side


class Hardware:
    """One board. No method waits, and none decides anything that a test would want to see."""

    flash = "/"  # the folder that outlives a power cut, with a slash behind

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
        """The battery's voltage in mV, or None where there is none."""
        raise NotImplementedError

    def wifi(self, up: bool) -> bool:
        """Ask for the network or let it go; whether it is there now."""
        raise NotImplementedError

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
        """Keep up to 64 bytes where deep sleep does not reach; b"" forgets."""
        raise NotImplementedError

    def recall(self) -> bytes:
        """What `remember` kept, or b"" after a cold boot. May be rubbish: the caller checks."""
        raise NotImplementedError

    def sleep(self, ms: int) -> None:
        """Sleep deeply until a switch changes or `ms` are over. On a chip this is the end of the
        run: the program starts anew. On a bench it returns, and the runner starts a new seal."""
        raise NotImplementedError

    def feed(self) -> None:
        """Tell the watchdog that all is well."""
        raise NotImplementedError
