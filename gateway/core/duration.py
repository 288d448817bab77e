"""How long a second, a minute, an hour and a day are, in the milliseconds that all times are in.

A day here is 24 hours; a day on the wall may have 23 or 25 (local_time.py).
"""

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
