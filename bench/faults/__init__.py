"""Faults on purpose: `make faults`. Each experiment does one kind of harm many times, and counts.

Begin with `trial` (what an experiment is handed, and what it finds), then `catalogue` (which there
are). `kills` ends programs, `lying_disk` cuts the power, `failing_disk` lets the disk refuse,
`wrong_clocks` sets the time, `forgeries` replays and forges, `deaf_channels` lets providers fail,
`flood` opens a thousand doors at once, `lost_history` takes InfluxDB away, `cut_network` pulls the
cables between the parts. `report` draws what `bench/faults.json` says; `plots` is its pictures.
"""
