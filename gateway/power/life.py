"""From the ledger to years: how long two AA lithium cells last under a profile."""

from dataclasses import dataclass

from gateway.power import ledger
from gateway.power.steps import (
    ASLEEP_UA,
    FILES,
    FROZEN,
    HIGH,
    LOW,
    MODEL,
    ROMFS,
    USABLE_MAH,
    wake_mc,
)

DAY_S = 86_400
BEAT_MC_MAX = 24.0  # what a beat may cost for both goals below to be met
GOALS_DAYS = {100: 365, 300: 730}  # by the seconds between beats
OPENINGS = 20  # a day, and as many shuttings: a household's meals, parcels and rubbish
WIFI_BEATS_BY_AIR = 8  # a seal that beats by air shows itself over Wi-Fi so often


@dataclass(frozen=True)
class Profile:
    """How a seal lives. `by_air`: it beats by Bluetooth, and uses Wi-Fi for events."""

    beat_s: int
    by_air: bool
    storage: str = ROMFS
    events: int = OPENINGS

    @property
    def name(self) -> str:
        """For people."""
        way = "Bluetooth" if self.by_air else "Wi-Fi"
        return f"{way} every {self.beat_s} s, {self.storage}"


@dataclass(frozen=True)
class Life:
    """What comes of a profile. Each triple is low, model, high cost; charge a day in coulombs."""

    profile: Profile
    beat_mc: tuple[float, float, float]
    asleep_c: tuple[float, float, float]
    beats_c: tuple[float, float, float]
    events_c: tuple[float, float, float]
    days: tuple[int, int, int]

    @property
    def goal_days(self) -> int | None:
        """How long it shall last; None where nothing was promised."""
        return GOALS_DAYS.get(self.profile.beat_s) if self.profile.by_air else None

    @property
    def is_met(self) -> bool | None:
        """Whether the model reaches the goal; None without one."""
        return None if self.goal_days is None else self.days[MODEL] >= self.goal_days


def life(profile: Profile) -> Life:
    """How long two cells last; the dear column is taken with the poorer cells."""
    columns = [_column(profile, column) for column in (LOW, MODEL, HIGH)]
    beat, asleep, beats, events, days = zip(*columns, strict=True)
    return Life(profile, beat, asleep, beats, events, tuple(int(one) for one in days))  # type: ignore[arg-type]


def _column(profile: Profile, column: int) -> tuple[float, float, float, float, float]:
    counts = ledger.counts()
    wifi_mc = wake_mc(counts[ledger.BEAT], profile.storage, column)
    beat_mc = wifi_mc
    wifi_beats = 0
    if profile.by_air:
        beat_mc = wake_mc(counts[ledger.BEAT_BY_AIR], profile.storage, column)
        wifi_beats = WIFI_BEATS_BY_AIR
    asleep_c = ASLEEP_UA[column] * DAY_S / 1e6
    beats_c = (DAY_S / profile.beat_s * beat_mc + wifi_beats * wifi_mc) / 1000
    events_c = profile.events * wake_mc(counts[ledger.OPENING], profile.storage, column) / 1000
    cells_c = USABLE_MAH[HIGH - column] * 3.6
    return beat_mc, asleep_c, beats_c, events_c, cells_c / (asleep_c + beats_c + events_c)


def usual() -> list[Life]:
    """The profiles that are worth comparing, the promised ones first."""
    profiles = [Profile(beat_s, True, s) for beat_s in GOALS_DAYS for s in (ROMFS, FROZEN, FILES)]
    profiles += [Profile(beat_s, False) for beat_s in (100, 300, 900, 3600, 7200)]
    return [life(profile) for profile in profiles]
