"""From where on something is wrong: said once, for the panels' colours and for the alerts."""

from gateway.feeds.battery_trend import EMPTY_MV as EMPTY_MV

SILENT_SHARE = 0.1  # of a site's sealed doors
BATTERY_DAYS = 30
LOW_MV = 2_700  # two lithium AA cells, under load; the console warns at it too
WEAK_DBM = -85  # below it a transmission is lost now and then
OUTBOX_LATE_MS = 300_000
BROKER_AWAY_MS = 60_000
DISK_DAYS = 14
CERTIFICATE_DAYS = 21
HISTORY_LATE_MS = 600_000
COVERAGE_GOAL = 0.99
ACKNOWLEDGED_MS = 300_000  # half of the time in which the next step is told
