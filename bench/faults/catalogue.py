"""Which experiments there are."""

from __future__ import annotations

from bench.faults import kills, lying_disk
from bench.faults.trial import Experiment

TOLD = "from an opening to its page"

EXPERIMENTS = (
    Experiment(
        "F1", "gateway killed in a storm", "power", 60, 3, TOLD, 60.0, kills.gateway_in_a_storm
    ),
    Experiment(
        "F2",
        "broker killed between PUBACK and commit",
        "power",
        60,
        3,
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
)
