"""A walk test: three clean openings, cover, magnet, battery, times; then the door is sealed."""

from gateway.core.actor import actor_of
from gateway.core.commissioning import Check, CheckMark, CheckName
from gateway.core.commissioning_events import VisitAnnounced, WalkTestBegan, WalkTestEnded
from gateway.core.doors.certificates import ENDS_SOON_MS, LASTS_MS, Standing, standing
from gateway.core.doors.walk_test import (
    AIR_RECEIVER_DBM,
    BATTERY_LEAST_MV,
    HOLD_MS,
    LASTS_MOST_MS,
    MARGIN_LEAST_DB,
    NETWORK_RECEIVER_DBM,
    checks,
)
from gateway.core.effects import SealCertified
from gateway.core.events import OrderPlaced, SealBound
from gateway.core.model import Contact, Order, Path
from gateway.core.path_events import PathsTested
from gateway.core.reasons import Reason
from gateway.language import walk_tests
from tests.core.doors.test_visits import at_work
from tests.core.story import DAY, HOUR, MINUTE, SEAL, SECOND, Story

OTHER = "ffeeddccbbaa0011"


def under_test(story: Story | None = None, test_id: str = "t1") -> Story:
    """A test that has begun."""
    story = story or Story()
    ends_ms = story.now_ms + LASTS_MOST_MS
    story.tell(WalkTestBegan(test_id, SEAL, actor_of("zhou"), ends_ms))
    return story


def walk(story: Story, times: int = 3, **said: object) -> Story:
    """Open and shut the door, a second each."""
    for _ in range(times):
        story.after(SECOND).opens(**said)
        story.after(SECOND).shuts(**said)
    return story


def cover(story: Story) -> Story:
    """Lift the seal off its plate, and put it back."""
    story.after(SECOND).heartbeat(Contact.SHUT, cover=True)
    story.after(SECOND).heartbeat(Contact.SHUT)
    return story


def found(story: Story) -> tuple[Check, ...]:
    test = story.door.walk_test
    assert test is not None
    return checks(story.door, test, story.now_ms)


def marks(story: Story) -> dict[CheckName, CheckMark]:
    return {check.name: check.mark for check in found(story)}


def certified(story: Story) -> list[SealCertified]:
    return [effect for effect in story.effects if isinstance(effect, SealCertified)]


def test_a_seal_that_passes_is_certified_and_nobody_was_paged() -> None:
    story = walk(cover(under_test()))
    assert standing(story.door, story.now_ms) is Standing.OLDER
    story.after(HOLD_MS)
    (said,) = certified(story)
    assert said.certificate.ends_ms == story.now_ms + LASTS_MS
    assert {check.mark for check in said.checks} == {CheckMark.GOOD}
    assert [check.name for check in said.checks] == list(CheckName)
    assert len(said.openings) == 3
    assert standing(story.door, story.now_ms) is Standing.CERTIFIED
    assert story.door.walk_test is None
    assert story.escalated() == []
    assert story.replayed() == story.door


def test_what_comes_after_the_certificate_is_told_as_ever() -> None:
    story = walk(cover(under_test()))
    story.after(HOLD_MS).after(SECOND).opens()
    assert [page.reason for page in story.pages()] == [Reason.NO_PERMIT]


def test_a_test_ends_by_itself_and_what_it_leaves_is_told() -> None:
    story = under_test()
    story.after(SECOND).heartbeat(Contact.SHUT, cover=True)
    story.after(LASTS_MOST_MS)
    assert story.door.walk_test is not None
    assert story.door.walk_test.is_over
    assert [page.reason for page in story.pages()] == [Reason.COVER_TAMPER]
    assert certified(story) == []


def test_it_lasts_so_long_at_most_whoever_asks() -> None:
    story = Story()
    story.tell(WalkTestBegan("t1", SEAL, actor_of("zhou"), story.now_ms + DAY))
    story.after(LASTS_MOST_MS).opens()
    assert [page.reason for page in story.pages()] == [Reason.NO_PERMIT]


def test_whoever_leaves_off_covers_no_more() -> None:
    story = under_test()
    story.opens()
    story.after(SECOND).tell(WalkTestEnded("t1"))
    assert [page.reason for page in story.pages()] == [Reason.VISIT_OVERSTAYED]


def test_a_test_is_of_the_seal_that_hangs_there() -> None:
    story = Story()
    story.tell(WalkTestBegan("t1", OTHER, actor_of("zhou"), story.now_ms + MINUTE))
    assert story.door.walk_test is None
    walk(cover(under_test(story)))
    story.tell(SealBound(OTHER, must_certify=True))
    assert story.door.walk_test is None
    assert standing(story.door, story.now_ms) is Standing.UNTESTED


def test_what_is_missing_is_said() -> None:
    story = walk(under_test())
    assert marks(story)[CheckName.COVER] is CheckMark.WAITS
    story.after(MINUTE)
    assert certified(story) == []
    cover(story)
    assert len(certified(story)) == 1


def test_a_magnet_at_its_limit_is_bad_until_three_openings_come_without_an_odd_edge() -> None:
    story = cover(under_test())
    story.after(SECOND).opens()
    story.after(100).shuts()  # shorter than any hand
    assert marks(story)[CheckName.MAGNET] is CheckMark.BAD
    walk(story).after(HOLD_MS)
    assert len(certified(story)) == 1


def test_edges_that_nobody_reported_are_odd() -> None:
    story = cover(under_test())
    walk(story, 2)
    story.after(SECOND).heartbeat(Contact.SHUT, edges=story.edges + 2)
    assert marks(story)[CheckName.MAGNET] is CheckMark.BAD
    assert marks(story)[CheckName.OPENINGS] is CheckMark.WAITS


def test_too_much_bounce_is_bad() -> None:
    story = walk(cover(under_test()), bounces=60)
    story.after(MINUTE)
    assert marks(story)[CheckName.BOUNCE] is CheckMark.BAD
    assert certified(story) == []


def test_a_slow_way_is_bad() -> None:
    story = walk(cover(under_test()), 3, age_ms=0)
    late = cover(under_test())
    late.after(20 * SECOND).opens(age_ms=9 * SECOND)
    assert marks(late)[CheckName.RADIO] is CheckMark.BAD
    assert marks(story)[CheckName.RADIO] is CheckMark.GOOD


def test_a_weak_signal_is_bad_and_one_that_is_not_told_is_none() -> None:
    weak = walk(cover(under_test()), signal_dbm=-84)
    assert marks(weak)[CheckName.RADIO] is CheckMark.BAD
    strong = walk(cover(under_test()), signal_dbm=-60).after(HOLD_MS)
    (radio,) = [c for c in certified(strong)[0].checks if c.name is CheckName.RADIO]
    assert radio.margin_db == 30


def test_a_weak_signal_is_mended_where_the_seal_hangs_better() -> None:
    story = walk(cover(under_test()), signal_dbm=-84)
    story.after(SECOND).heartbeat(Contact.SHUT, signal_dbm=-61)
    assert marks(story)[CheckName.RADIO] is CheckMark.GOOD
    (said,) = certified(story.after(HOLD_MS))
    (radio,) = [check for check in said.checks if check.name is CheckName.RADIO]
    assert radio.margin_db == -61 - NETWORK_RECEIVER_DBM


def test_a_flat_battery_is_bad() -> None:
    story = walk(cover(under_test()), battery_mv=BATTERY_LEAST_MV - 10)
    assert marks(story)[CheckName.BATTERY] is CheckMark.BAD
    assert certified(story.after(MINUTE)) == []


def test_a_foreign_magnet_may_be_tried_and_must_be_gone() -> None:
    story = walk(cover(under_test()))
    story.heartbeat(Contact.SHUT, magnet=True)
    assert marks(story)[CheckName.FOREIGN_MAGNET] is CheckMark.BAD
    story.after(HOLD_MS)
    assert certified(story) == []
    story.heartbeat(Contact.SHUT)
    (said,) = certified(story)
    assert said.checks[list(CheckName).index(CheckName.FOREIGN_MAGNET)].value == 1


def test_an_edge_of_unknown_age_is_bad() -> None:
    story = cover(under_test())
    story.after(SECOND).opens(age_ms=None)
    assert marks(story)[CheckName.CLOCK] is CheckMark.BAD


def test_a_certificate_ends_a_visit_that_runs() -> None:
    story = at_work(Story(), minutes=60)
    walk(cover(under_test(story))).after(HOLD_MS)
    story.after(MINUTE).opens()
    assert [page.reason for page in story.pages()] == [Reason.NO_PERMIT]


# Whether the door counts as sealed.


def sealed() -> Story:
    story = walk(cover(under_test()), battery_mv=3_100)
    story.heartbeat(Contact.SHUT, battery_mv=2_900)
    story.after(HOLD_MS)
    assert standing(story.door, story.now_ms) is Standing.CERTIFIED
    return story


def test_a_seal_is_tested_again_after_a_battery_change() -> None:
    story = at_work(sealed())
    story.after(MINUTE).report(
        Contact.SHUT, edges=story.edges, first=True, age_ms=None, battery_mv=2_950
    )
    assert standing(story.door, story.now_ms) is Standing.BATTERY
    walk(cover(under_test(story, "t2")), battery_mv=3_300).after(HOLD_MS)
    assert standing(story.door, story.now_ms) is Standing.CERTIFIED


def test_a_change_that_nobody_announced_is_seen_by_the_volts() -> None:
    story = sealed()
    again = {"edges": story.edges, "first": True, "age_ms": None}
    story.report(Contact.SHUT, battery_mv=2_950, **again)  # type: ignore[arg-type]
    assert standing(story.door, story.now_ms) is Standing.CERTIFIED  # it restarted, and no more
    story.report(Contact.SHUT, battery_mv=3_250, **again)  # type: ignore[arg-type]
    assert standing(story.door, story.now_ms) is Standing.BATTERY


def test_a_certificate_ends_after_a_year_and_says_so_before() -> None:
    story = sealed()
    ends_ms = story.now_ms + LASTS_MS
    assert standing(story.door, ends_ms - ENDS_SOON_MS - HOUR) is Standing.CERTIFIED
    assert standing(story.door, ends_ms - ENDS_SOON_MS) is Standing.ENDS_SOON
    assert standing(story.door, ends_ms) is Standing.ENDED


def test_a_seal_from_before_certificates_stands_until_its_battery_is_changed() -> None:
    story = Story()
    assert standing(story.door, story.now_ms) is Standing.OLDER
    story.heartbeat(Contact.SHUT, battery_mv=2_700)
    story.report(Contact.SHUT, edges=0, first=True, age_ms=None, battery_mv=3_300)
    assert standing(story.door, story.now_ms) is Standing.UNTESTED


def test_the_household_is_told_nothing_of_an_order_on_a_door_that_was_never_tested() -> None:
    story = Story(ordered=False)
    story.tell(SealBound(OTHER, must_certify=True))
    story.tell(OrderPlaced(Order("o1", story.now_ms, story.now_ms + DAY)))
    story.after(HOUR)
    assert story.escalated() == []
    assert standing(story.door, story.now_ms) is Standing.UNTESTED


def test_a_visit_that_is_said_twice_is_one() -> None:
    story = at_work(Story())
    before = story.door
    story.tell(VisitAnnounced(before.visits[0]))
    assert story.door is before


def paths(story: Story, *heard: Path, test_id: str = "t1", air_dbm: int | None = None) -> Story:
    story.tell(PathsTested(SEAL, test_id, heard, air_dbm))
    return story


def test_a_seal_with_two_ways_is_certified_once_both_were_heard() -> None:
    story = walk(cover(paths(under_test())))
    story.after(HOLD_MS)
    assert certified(story) == []
    assert marks(story)[CheckName.PATHS] is CheckMark.WAITS
    paths(story, Path.NETWORK)
    assert marks(story)[CheckName.PATHS] is CheckMark.WAITS
    paths(story, *Path, test_id="another")
    assert certified(story) == []
    paths(story, *Path)
    (said,) = certified(story)
    assert said.checks[-1] == Check(CheckName.PATHS, CheckMark.GOOD, 2)
    assert "Heard over Wi-Fi and by Bluetooth" in walk_tests.sentence(said.checks[-1], "en")
    assert story.replayed() == story.door


def test_bluetooth_is_judged_by_its_margin_as_wi_fi_is() -> None:
    story = walk(cover(paths(under_test(), *Path, air_dbm=AIR_RECEIVER_DBM + MARGIN_LEAST_DB - 1)))
    assert certified(story.after(HOLD_MS)) == []
    (weak,) = [check for check in found(story) if check.mark is CheckMark.BAD]
    assert (weak.name, weak.value, weak.margin_db) == (CheckName.PATHS, 2, MARGIN_LEAST_DB - 1)
    for language, words in (("en", "Bring the receiver nearer"), ("zh", "接收器挪近")):
        assert words in walk_tests.sentence(weak, language)
        assert "9 dB" in walk_tests.sentence(weak, language)
    paths(story, *Path, air_dbm=AIR_RECEIVER_DBM + MARGIN_LEAST_DB)
    (said,) = certified(story)
    assert said.checks[-1] == Check(CheckName.PATHS, CheckMark.GOOD, 2, MARGIN_LEAST_DB)
    assert "10 dB" in walk_tests.sentence(said.checks[-1], "en")
    assert story.replayed() == story.door


def test_a_receiver_that_tells_no_strength_is_no_fault_of_the_seal() -> None:
    story = walk(cover(paths(under_test(), *Path)))
    (said,) = certified(story.after(HOLD_MS))
    assert said.checks[-1].margin_db is None
    assert "did not tell" in walk_tests.sentence(said.checks[-1], "en")


def test_a_certificate_says_that_there_is_no_second_way() -> None:
    story = walk(cover(under_test()))
    story.after(HOLD_MS)
    (said,) = certified(story)
    assert said.checks[-1] == Check(CheckName.PATHS, CheckMark.GOOD, 1)
    for language, words in (("en", "is not there"), ("zh", "没有")):
        assert words in walk_tests.sentence(said.checks[-1], language)
