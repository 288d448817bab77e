"""One of two ways falls silent: who is told, when it is over, and when a seal is lost."""

import pytest
from msgspec.structs import replace

from gateway.core.cases.escalation import steps_for
from gateway.core.doors import silence
from gateway.core.doors.silence import UNAWARE_MS, Liveness
from gateway.core.events import SealBound
from gateway.core.model import CaseState, Contact, Door, Path, SilentPath
from gateway.core.paging.schedule import Role
from gateway.core.path_events import CopyCame, PathHeard, PathSilent
from gateway.core.reasons import FAULTS, Reason, Severity, severity
from gateway.core.rules import Rules
from sealwire.receipt import HEARD_MS
from tests.core.story import MINUTE, NOON, SEAL, SECOND, Story

BEAT = 100 * SECOND
LOST = 4 * BEAT
PATIENCE = Rules().silence_ms


def promised(ordered: bool = True) -> Story:
    story = Story(None, ordered)
    story.tell(SealBound(SEAL, BEAT))
    return story


def beating(story: Story, until_ms: int) -> Story:
    """Its seal is heard every 100 s, on whichever way."""
    while story.now_ms < until_ms:
        story.after(BEAT).heartbeat(Contact.SHUT)
    return story


def told(story: Story) -> list[tuple[Reason, int]]:
    return [(page.reason, page.since_ms - NOON) for page in story.pages()]


def test_a_way_that_stays_silent_is_told_to_the_installer_after_half_an_hour() -> None:
    story = promised()
    story.tell(PathSilent(SEAL, Path.AIR, NOON))
    assert story.door.silent_paths == (SilentPath(Path.AIR, NOON, NOON, NOON + PATIENCE),)
    beating(story, NOON + PATIENCE - BEAT)
    assert told(story) == []
    beating(story, NOON + PATIENCE + BEAT)
    assert told(story) == [(Reason.PATH_SILENT, 0)]
    assert story.door.silence is None  # its door is watched, and nobody accused
    assert Reason.PATH_SILENT in FAULTS
    assert severity(Reason.PATH_SILENT) is Severity.WARNING
    assert steps_for(Reason.PATH_SILENT)[0].role is Role.INSTALLER


def test_its_case_ends_by_itself_when_it_is_heard_there_again() -> None:
    story = promised()
    story.tell(PathSilent(SEAL, Path.AIR, NOON))
    beating(story, NOON + PATIENCE + BEAT)
    story.tell(PathHeard(SEAL, Path.AIR))
    assert story.door.silent_paths == ()
    assert story.door.case is None
    assert story.moves()[-1].case.state is CaseState.CLOSED
    assert story.moves()[-1].case.outcome == Reason.HEARD_AGAIN


def test_a_way_that_is_heard_again_in_time_is_told_to_nobody() -> None:
    story = promised()
    story.tell(PathSilent(SEAL, Path.NETWORK, NOON))
    beating(story, NOON + 10 * MINUTE)
    story.tell(PathHeard(SEAL, Path.NETWORK))
    beating(story, NOON + 2 * PATIENCE)
    assert told(story) == []


def test_a_seal_that_is_heard_on_neither_way_is_silent_and_nothing_more() -> None:
    story = promised()
    story.tell(PathSilent(SEAL, Path.AIR, NOON))
    story.after(LOST + PATIENCE + SECOND)
    assert [reason for reason, _ in told(story)] == [Reason.SILENT]


def test_the_network_quiet_while_the_air_beats_is_no_lost_door() -> None:
    story = promised()
    story.tell(PathSilent(SEAL, Path.NETWORK, NOON))
    beating(story, NOON + 10 * LOST)  # these beats came by air
    assert story.door.silence is None


def test_a_copy_by_air_says_that_the_seal_lives() -> None:
    story = promised()
    story.after(LOST - SECOND)
    story.tell(CopyCame(SEAL))
    story.after(LOST - SECOND)
    assert story.door.silence is None
    story.after(2 * SECOND)
    assert story.door.silence is not None
    story.tell(CopyCame(SEAL))
    assert story.door.silence is None
    contact, edges = story.door.contact, story.door.edges
    story.tell(CopyCame("another seal 0000"[:16]))
    assert (story.door.contact, story.door.edges) == (contact, edges)


def test_without_an_order_nobody_is_told() -> None:
    story = promised(ordered=False)
    story.tell(PathSilent(SEAL, Path.AIR, NOON))
    beating(story, NOON + 3 * PATIENCE)
    assert told(story) == []


def test_both_ways_are_one_case_and_over_with_the_last() -> None:
    story = promised()
    story.tell(PathSilent(SEAL, Path.AIR, NOON))
    story.tell(PathSilent(SEAL, Path.NETWORK, NOON))
    beating(story, NOON + PATIENCE + BEAT)
    assert len(told(story)) == 1
    story.tell(PathHeard(SEAL, Path.AIR))
    assert story.door.case is not None
    story.tell(PathHeard(SEAL, Path.NETWORK))
    assert story.door.case is None


def test_what_is_said_twice_changes_nothing_and_another_seal_s_way_neither() -> None:
    story = promised()
    story.tell(PathSilent(SEAL, Path.AIR, NOON))
    before = story.door
    story.tell(PathSilent(SEAL, Path.AIR, NOON))
    story.tell(PathHeard(SEAL, Path.NETWORK))
    story.tell(PathHeard("ffffffffffffffff", Path.AIR))
    assert story.door is before


def test_another_seal_begins_with_both_ways() -> None:
    story = promised()
    story.tell(PathSilent(SEAL, Path.AIR, NOON))
    story.tell(SealBound("ffffffffffffffff", BEAT))
    assert story.door.silent_paths == ()


def test_where_the_gateway_hears_nobody_a_seal_has_its_time_to_be_told() -> None:
    story = promised()
    story.after(2 * BEAT)
    story.tell(PathSilent(SEAL, Path.AIR, NOON, is_ours=True))
    story.after(10 * LOST)
    assert story.door.silence is None
    assert silence.liveness(story.door, story.now_ms, Rules()) is Liveness.LATE
    assert told(story) == []  # a trouble of the site, and no fault of this seal
    story.heartbeat(Contact.SHUT)  # over the network: it knows now, and beats there as it promised
    story.after(LOST - SECOND)
    assert story.door.silence is None
    story.after(2 * SECOND)
    assert story.door.silence is not None


def test_nor_longer_than_two_of_its_beats_over_the_network() -> None:
    assert UNAWARE_MS == 2 * HEARD_MS
    story = promised()
    story.tell(PathSilent(SEAL, Path.AIR, NOON - BEAT, is_ours=True))
    story.after(UNAWARE_MS + SECOND)
    assert story.door.silence is not None


def test_a_way_that_was_ours_becomes_the_seal_s_own_fault_once_we_listen() -> None:
    story = promised()
    story.tell(PathSilent(SEAL, Path.AIR, NOON, is_ours=True))
    story.tell(PathSilent(SEAL, Path.AIR, NOON))
    (path,) = story.door.silent_paths
    assert (path.is_ours, path.told_ms) == (False, NOON + PATIENCE)


@pytest.mark.parametrize("path", list(Path))
def test_a_door_with_a_silent_way_survives_its_stored_bytes(path: Path) -> None:
    import msgspec

    door = Door("d", silent_paths=(SilentPath(path, NOON, NOON, None, True),))
    assert msgspec.json.decode(msgspec.json.encode(door), type=Door) == door


def test_a_fault_that_one_cause_explains_is_told_of_nobody_and_its_case_ends() -> None:
    story = promised()
    story.tell(PathSilent(SEAL, Path.NETWORK, NOON))
    beating(story, NOON + PATIENCE + BEAT)
    assert told(story) == [(Reason.PATH_SILENT, 0)]
    story.tell(PathSilent(SEAL, Path.NETWORK, NOON, is_ours=True))
    assert story.door.case is None
    assert story.moves()[-1].case.state is CaseState.CLOSED
    beating(story, story.now_ms + 2 * PATIENCE)
    assert told(story) == [(Reason.PATH_SILENT, 0)]
    story.tell(PathSilent(SEAL, Path.NETWORK, NOON))  # the place is well, and this seal is not
    beating(story, story.now_ms + PATIENCE + BEAT)
    assert len(told(story)) == 2


@pytest.mark.parametrize(
    ("path", "found_ms", "is_ours", "patience_ms"),
    [
        (Path.AIR, NOON + 1, True, UNAWARE_MS),
        (Path.AIR, NOON, True, LOST),  # it spoke as that was found
        (Path.AIR, NOON + 1, False, LOST),  # a fault of its own
        (Path.NETWORK, NOON + 1, True, LOST),  # it beats by air as it promised
    ],
)
def test_how_long_a_seal_is_waited_for_that_may_not_know_that_we_hear_nobody_by_air(
    path: Path, found_ms: int, is_ours: bool, patience_ms: int
) -> None:
    silent = SilentPath(path, NOON, found_ms, None, is_ours)
    door = replace(promised().door, silent_paths=(silent,))
    assert door.heard_ms == NOON
    assert silence.lost_ms(door, Rules()) == NOON + patience_ms
    before = silence.liveness(door, NOON + patience_ms - 1, Rules())
    after = silence.liveness(door, NOON + patience_ms, Rules())
    assert (before, after) == (Liveness.LATE, Liveness.LOST)
