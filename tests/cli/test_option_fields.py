"""What is typed for a time of day: the one that comes next."""

from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.cli.option_fields import begins_ms, ends_ms

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_time_of_day_is_the_next_one_after_the_beginning():
    late = datetime(2026, 3, 1, 23, 55, tzinfo=SHANGHAI)
    from_ms = begins_ms("--from", "now", ms(late), SHANGHAI)
    assert from_ms == ms(late)
    tomorrow = datetime(2026, 3, 2, 0, 30, tzinfo=SHANGHAI)
    assert ends_ms("--to", "00:30", from_ms, SHANGHAI) == ms(tomorrow)
    assert ends_ms("--to", "23:58", from_ms, SHANGHAI) == ms(late) + 3 * 60_000
    tonight = begins_ms("--from", "23:00", ms(late), SHANGHAI)
    assert ends_ms("--to", "00:30", tonight, SHANGHAI) == ms(tomorrow)
    morning = begins_ms("--from", "08:00", ms(late), SHANGHAI)  # of today: it is over
    assert ends_ms("--to", "09:00", morning, SHANGHAI) == morning + 3_600_000


def ms(at):
    return int(at.timestamp() * 1000)
