"""Which experiments there are."""

from __future__ import annotations

from bench.faults import (
    cut_network,
    deaf_channels,
    failing_disk,
    flood,
    forgeries,
    kills,
    lost_history,
    lying_disk,
    wrong_clocks,
)
from bench.faults.trial import Experiment

TOLD = "from an opening to its page"

EXPERIMENTS = (
    Experiment(
        "F1", "gateway killed in a storm", "power", 40, 2, TOLD, 60.0, kills.gateway_in_a_storm
    ),
    Experiment(
        "F2",
        "broker killed between PUBACK and commit",
        "power",
        40,
        2,
        TOLD,
        60.0,
        kills.broker_before_commit,
    ),
    Experiment(
        "F3",
        "power cut on a disk that lies",
        "storage",
        3_000,
        150,
        "to open and check what a cut has left",
        10.0,
        lying_disk.power_cuts_as_it_is,
    ),
    Experiment(
        "F4",
        "disk full, EIO, read-only",
        "storage",
        100,
        4,
        "from the first failure to people being told",
        90.0,
        failing_disk.disk_refuses,
    ),
    Experiment(
        "F5",
        "clocks: hours, 1970, years ahead, leaps",
        "clock",
        35,
        3,
        TOLD,
        60.0,
        wrong_clocks.clocks_lie,
    ),
    Experiment(
        "F8",
        "replayed, forged, cloned",
        "attack",
        100_000,
        2_000,
        "from a burst of forgeries to a case",
        60.0,
        forgeries.replay_and_forge,
    ),
    Experiment(
        "F9",
        "providers down, slow, lying, revoked",
        "channel",
        88,
        11,
        "from an opening to the next person",
        120.0,
        deaf_channels.deaf_providers,
    ),
    Experiment(
        "F10",
        "1,000 doors open, one seal is broken",
        "flood",
        3,
        0,
        TOLD,
        60.0,
        flood.thousand_doors,
    ),
    Experiment(
        "cables",
        "the network cut between any two parts",
        "network",
        9,
        0,
        TOLD,
        60.0,
        cut_network.pull_cables,
    ),
    Experiment(
        "influx",
        "InfluxDB down a day, hanging, nonsense",
        "history",
        20,
        0,
        "from its return to the newest report there",
        60.0,
        lost_history.weather_at_influx,
    ),
)
