"""Tables of what is asked of the clock on the wall, of shifts and leave, and of an order's end."""

from collections.abc import Iterator
from itertools import product

from gateway.core import local_time
from gateway.core.local_time import EAST_EIGHT, Zone
from gateway.core.model import SURE, Doubt
from gateway.core.paging import schedule
from gateway.core.paging.schedule import Override, Role, Shift
from gateway.core.schedule_of_ends import (
    Hold,
    Limits,
    Stage,
    Term,
    begins_living_ms,
    is_held,
    late_ms,
    stage,
)
from tests.core.actors import DAY, HOUR, MINUTE

# Nights of 25 and 23 hours (the middle of Europe), half hours, and a day that was left out.
AUTUMN, SPRING = 1_603_587_600_000, 1_616_893_200_000
EUROPE: Zone = ((0, 120), (AUTUMN, 60), (SPRING, 120))
HALF: Zone = ((0, 630), (AUTUMN, 660))
LEFT_OUT: Zone = ((0, -660), (AUTUMN, 840))
ZONES = (EAST_EIGHT, EUROPE, HALF, LEFT_OUT)
ABOUT = (*range(-26, 27, 2), -1, 1)  # hours before and after a change of the clock
MINUTES = (0, 1, 119, 120, 150, 180, 181, 1_439)
WINDOWS = ((), ((0, 120),), ((1_320, 180),), ((120, 150), (150, 181)), ((0, 720), (720, 0)))


def walls() -> Iterator[str]:
    """What clocks show about the nights on which they are changed."""
    for zone, change_ms in product(ZONES, (AUTUMN, SPRING)):
        for hours, by_ms in product(ABOUT, (-1, 0, MINUTE)):
            at_ms = change_ms + hours * HOUR + by_ms
            shown = local_time.wall_min(zone, at_ms), local_time.day(zone, at_ms)
            shown += local_time.minute_of_day(zone, at_ms), local_time.weekday(zone, at_ms)
            nexts = [local_time.next_at(zone, at_ms, minute) - at_ms for minute in MINUTES]
            inside = [local_time.window_at(zone, at_ms, windows) for windows in WINDOWS]
            outside = [local_time.outside(zone, at_ms, windows) - at_ms for windows in WINDOWS]
            yield f"{zone} {at_ms}: {shown} {nexts} {inside} {outside}"
    for at_ms in (-(10**15), -1, 0, 10**15):
        yield f"{at_ms}: {local_time.shown_ms(at_ms)}"


SHIFTS = (
    Shift("g", Role.WARDEN, "chen", 0b1111111, 480, 1_200),
    Shift("g", Role.WARDEN, "li", 0b1111111, 1_200, 480),
    Shift("g", Role.DEPUTY, "li", 0b0011111, 150, 120),
    Shift("h", Role.WARDEN, "wang", 0b1100000, 600, 600),
    Shift("h", Role.CENTRE, "sun", 0b0000001, 0, 180),
)
AWAY = (
    Override("chen", AUTUMN, AUTUMN + DAY, "li"),
    Override("li", AUTUMN + 6 * HOUR, AUTUMN + 12 * HOUR, "chen"),
    Override("li", AUTUMN, AUTUMN + 2 * DAY),
    Override("wang", AUTUMN - DAY, AUTUMN + 3 * HOUR, "zhao"),
    Override("zhao", AUTUMN, AUTUMN + HOUR, "sun"),
)
PEOPLE = {("g", Role.WARDEN): ("chen", "li"), ("h", Role.INSTALLER): ("zhao",)}
PEOPLE |= {("k", Role.CENTRE): ("sun", "qian"), ("k", Role.WARDEN): ("qian",)}


def duties() -> Iterator[str]:
    """Who has duty, who stands for whom and until when, about such a night."""
    names = ("chen", "li", "wang", "zhao", "sun", "qian", "nobody")
    for away in (AWAY[:count] for count in range(len(AWAY) + 1)):
        on_call = schedule.of(SHIFTS, away, PEOPLE)
        for zone, half_hours in product((EAST_EIGHT, EUROPE), range(-50, 51, 5)):
            for by_ms in (-1, 0):
                at_ms = AUTUMN + half_hours * HOUR // 2 + by_ms
                told = [
                    schedule.on_duty(on_call, grid_id, role, at_ms, zone)
                    for grid_id, role in product(("g", "h", ""), Role)
                ]
                of_each = [
                    (
                        schedule.stands_for(on_call, who, at_ms),
                        schedule.is_on_duty(on_call, who, at_ms, zone),
                        schedule.duty_ends_ms(on_call, who, at_ms, zone),
                    )
                    for who in names
                ]
                yield f"{len(away)} {len(zone)} {at_ms}: {told} {of_each}"


def ends() -> Iterator[str]:
    """How far the end of an order has to be, and by how much it is late."""
    term, other = Term("order", "1-1", 0, 5 * DAY), Term("other", "1-1", DAY, 9 * DAY)
    holds = (), (Hold("order", None),), (Hold("order", 7 * DAY),), (Hold("other", None),)
    limits = Limits(), Limits(0, 0), Limits(HOUR, DAY), Limits(HOUR // 2, DAY // 2)
    doubts = SURE, Doubt(HOUR, 0), Doubt(0, 2 * HOUR)
    times = {5, 6, 7, 19}, (-25 * HOUR, -DAY, -2 * HOUR, -HOUR, -HOUR // 2, 0, HOUR, 2 * HOUR)
    for days, by_ms, off_ms in product(sorted(times[0]), times[1], (-1, 0)):
        now_ms = days * DAY + by_ms + off_ms
        stages = [
            stage(term, held, limit, doubt, now_ms).name
            for held, limit, doubt in product(holds, limits, doubts)
        ]
        late = [late_ms(term, limit, done, now_ms) for limit, done in product(limits, Stage)]
        held_now = [is_held("order", held, now_ms) for held in holds]
        yield f"{now_ms}: {stages} {late} {held_now}"
    for ended in ((), ("order",), ("other",), ("order", "other")):
        yield f"{ended}: {begins_living_ms((other, term), ended)}"
