"""Every state and every action: a move, or a refusal with its reason. And what time does to it."""

import pytest
from msgspec import json
from msgspec.structs import replace

from gateway.core.actor import CENTRE, Acting, Actor, actor_of
from gateway.core.cases.actions import RESULTS_KEPT, result_of
from gateway.core.cases.refusal import Refusal
from gateway.core.cases.transitions import (
    PERSONAL,
    TABLE,
    Action,
    Standing,
    allowed,
    judge,
    refusal_of,
)
from gateway.core.doors.step import step
from gateway.core.effects import ActionRefused, CaseMoved, Effect
from gateway.core.events import (
    ArrivalProved,
    CaseAcknowledged,
    CaseAction,
    CaseAssessed,
    CaseHandedOver,
    CaseReported,
    CaseShelved,
    CaseSignedOff,
    Event,
    PageReceived,
    PageWentOut,
    PersonOnSite,
    PersonOnTheWay,
    ReportTakenBack,
)
from gateway.core.model import ActionResult, CaseState, Contact, Door
from gateway.core.outcome import Outcome
from gateway.core.proof import Scan
from tests.core.actors import HOUR, MINUTE, action_id
from tests.core.story import Story
from tests.core.timeline import SITE, Site

S, R, A = CaseState, Refusal, Action
WANG, LI = actor_of("wang"), actor_of("li")
AT_DESK, LI_AT_HOME = Acting(LI, for_centre=True), Acting(LI)
NEW, NOT = R.NOTHING_NEW, R.NOT_REPORTED
ACTIONS = list(A)

# What somebody meets who has done nothing about the case yet, in the order of `Action`:
# acknowledge, on_the_way, on_site, prove, report, hand_over, take_back; assess, sign_off, shelve;
# page_sent, page_received.
AWAY = R.NOT_ON_SITE
MAY_TAKE = [
    *(S.ACKNOWLEDGED, S.ON_THE_WAY, S.ON_SITE, AWAY, R.TAKE_FIRST, R.NOT_HELD, NOT, NOT, NOT)
]
REVIEWED = [R.IN_REVIEW] * 6 + [R.NOT_REPORTER]
CELLS = {
    S.RAISED: [*MAY_TAKE, S.RAISED, S.PAGED, S.PAGED],
    S.PAGED: [*MAY_TAKE, S.PAGED, NEW, S.PAGED],
    S.ACKNOWLEDGED: [
        *(R.TAKEN_ALREADY, R.TAKEN_ALREADY, S.ON_SITE, AWAY, S.REPORTED, R.NOT_HOLDER),
        *(NOT, NOT, NOT, S.ACKNOWLEDGED, NEW, S.ACKNOWLEDGED),
    ],
    S.ON_THE_WAY: [
        *(R.TAKEN_ALREADY, R.ON_THE_WAY_ALREADY, S.ON_SITE, AWAY, S.REPORTED, R.NOT_HOLDER),
        *(NOT, NOT, NOT, S.ON_THE_WAY, NEW, S.ON_THE_WAY),
    ],
    S.ON_SITE: [
        *(R.ON_SITE_ALREADY, R.ON_SITE_ALREADY, R.ON_SITE_ALREADY, R.TAKEN_ALREADY),
        *(S.REPORTED, R.NOT_HOLDER, NOT, NOT, NOT, S.ON_SITE, NEW, S.ON_SITE),
    ],
    S.REPORTED: [*REVIEWED, S.ASSESSED, R.ASSESS_FIRST, R.IN_REVIEW, NEW, NEW],
    S.ASSESSED: [*REVIEWED, R.ASSESSED_ALREADY, S.SIGNED_OFF, R.IN_REVIEW, NEW, NEW],
    S.SIGNED_OFF: [
        *(*REVIEWED, R.SIGNED_OFF_ALREADY, R.SIGNED_OFF_ALREADY),
        *(R.IN_REVIEW, NEW, NEW),
    ],
    S.CLOSED: [R.CLOSED] * len(A),
}
EVERY = [
    (state, action, CELLS[state][index]) for state in S for index, action in enumerate(ACTIONS)
]


def said(action: Action, case_id: str, by: Actor, story: Story) -> Event:
    what = case_id, by, action_id()
    return {
        A.ACKNOWLEDGE: CaseAcknowledged(*what),
        A.ON_THE_WAY: PersonOnTheWay(*what),
        A.ON_SITE: PersonOnSite(*what),
        A.PROVE: ArrivalProved(*what, scan=Scan()),
        A.REPORT: CaseReported(*what, outcome=Outcome.LAWFUL),
        A.HAND_OVER: CaseHandedOver(*what, to="zhao"),
        A.TAKE_BACK: ReportTakenBack(*what),
        A.ASSESS: CaseAssessed(*what),
        A.SIGN_OFF: CaseSignedOff(*what),
        A.SHELVE: CaseShelved(*what, why="later", until_ms=story.now_ms + HOUR),
        A.PAGE_SENT: PageWentOut(case_id, case_id),
        A.PAGE_RECEIVED: PageReceived(case_id, case_id, by.actor_id),
    }[action]


def done_by(by: Acting, event: Event) -> Event:
    """The same, done as somebody acts."""
    if not isinstance(event, CaseAction):
        return event
    return replace(event, actor=by.actor, for_centre=by.for_centre)


def came_of_it(story: Story, event: Event) -> CaseState | Refusal | None:
    """What would come of it now; the story goes on as if it had not been."""
    _, effects = step(story.door, event, story.now_ms, story.rules)
    return came_of(list(effects))


WAY = {
    S.RAISED: [],
    S.PAGED: [A.PAGE_SENT],
    S.ACKNOWLEDGED: [A.ACKNOWLEDGE],
    S.ON_THE_WAY: [A.ACKNOWLEDGE, A.ON_THE_WAY],
    S.ON_SITE: [A.ACKNOWLEDGE, A.ON_THE_WAY, A.ON_SITE],
    S.REPORTED: [A.ON_SITE, A.REPORT],
    S.ASSESSED: [A.ON_SITE, A.REPORT, A.ASSESS],
    S.SIGNED_OFF: [A.ON_SITE, A.REPORT, A.ASSESS, A.SIGN_OFF],
    S.CLOSED: [A.ON_SITE, A.REPORT, A.ASSESS, A.SIGN_OFF],
}


def case_in(state: CaseState, *, touched: bool = False) -> tuple[Story, str]:
    """A case that stands so: Wang took and reported it, the centre assessed and signed it off."""
    story = Story()
    story.heartbeat(Contact.SHUT, cover=True) if touched else story.opens()
    case_id = story.pages()[0].case_id
    for action in WAY[state]:
        by = CENTRE if action in (A.ASSESS, A.SIGN_OFF) else WANG
        effects = story.tell(said(action, case_id, by, story))
        assert not any(isinstance(effect, ActionRefused) for effect in effects)
    if state is S.CLOSED:
        story.after(MINUTE).shuts()
        story.after(MINUTE)
    assert story.moves()[-1].case.state is state
    return story, case_id


def came_of(effects: list[Effect]) -> CaseState | Refusal | None:
    for effect in effects:
        if isinstance(effect, ActionRefused):
            return effect.refusal
        if isinstance(effect, CaseMoved):
            return effect.case.state
    return None


def test_the_table_has_a_cell_for_every_state_and_action() -> None:
    assert {state: list(row) for state, row in TABLE.items()} == {state: ACTIONS for state in S}
    assert {state: len(row) for state, row in CELLS.items()} == dict.fromkeys(S, len(ACTIONS))


@pytest.mark.parametrize(("state", "action", "leads_to"), EVERY)
def test_every_cell_is_a_move_or_a_refusal_with_its_reason(
    state: CaseState, action: Action, leads_to: CaseState | Refusal
) -> None:
    story, case_id = case_in(state)
    before = story.door
    effects = story.tell(said(action, case_id, LI, story))
    if action in PERSONAL:
        assert came_of(effects) == leads_to
    elif isinstance(leads_to, Refusal) or leads_to is state:
        assert effects == []  # nobody is told that a page changed nothing
    else:
        assert came_of(effects) == leads_to
    if isinstance(leads_to, Refusal):
        assert (story.door.case, story.door.in_review) == (before.case, before.in_review)


@pytest.mark.parametrize(
    ("state", "action", "by", "leads_to"),
    [
        (S.ACKNOWLEDGED, A.ACKNOWLEDGE, WANG, R.DONE_ALREADY),
        (S.ON_SITE, A.ACKNOWLEDGE, WANG, R.DONE_ALREADY),
        (S.ON_THE_WAY, A.ON_THE_WAY, WANG, R.DONE_ALREADY),
        (S.ON_SITE, A.ON_SITE, WANG, R.DONE_ALREADY),
        (S.REPORTED, A.REPORT, WANG, R.DONE_ALREADY),
        (S.REPORTED, A.ASSESS, WANG, R.OWN_REPORT),
        (S.REPORTED, A.SIGN_OFF, WANG, R.OWN_REPORT),
        (S.ASSESSED, A.ASSESS, CENTRE, R.DONE_ALREADY),
        (S.ASSESSED, A.ASSESS, WANG, R.OWN_REPORT),
        (S.ASSESSED, A.SIGN_OFF, WANG, R.OWN_REPORT),
        (S.SIGNED_OFF, A.SIGN_OFF, CENTRE, R.DONE_ALREADY),
        (S.SIGNED_OFF, A.SIGN_OFF, WANG, R.OWN_REPORT),
        (S.SIGNED_OFF, A.ASSESS, WANG, R.OWN_REPORT),
        (S.ACKNOWLEDGED, A.HAND_OVER, CENTRE, S.RAISED),
        (S.ON_SITE, A.HAND_OVER, WANG, S.RAISED),
        (S.REPORTED, A.TAKE_BACK, WANG, S.ON_SITE),
        (S.ASSESSED, A.TAKE_BACK, WANG, R.ASSESSED_ALREADY),
        (S.SIGNED_OFF, A.TAKE_BACK, WANG, R.SIGNED_OFF_ALREADY),
    ],
)
def test_who_has_it_has_done_it_or_reported_it_meets_something_else(
    state: CaseState, action: Action, by: Actor, leads_to: CaseState | Refusal
) -> None:
    story, case_id = case_in(state)
    assert came_of(story.tell(said(action, case_id, by, story))) is leads_to


@pytest.mark.parametrize(
    ("state", "action", "leads_to"),
    [
        (S.RAISED, A.REPORT, R.NEEDS_VISIT),
        (S.PAGED, A.REPORT, R.NEEDS_VISIT),
        (S.ACKNOWLEDGED, A.REPORT, R.NEEDS_VISIT),
        (S.ON_THE_WAY, A.REPORT, R.NEEDS_VISIT),
        (S.ON_SITE, A.REPORT, S.REPORTED),
        *((state, A.SHELVE, R.NOT_SHELVED) for state in list(S)[:5]),
    ],
)
def test_a_touched_seal_wants_a_visit_and_no_shelf(
    state: CaseState, action: Action, leads_to: CaseState | Refusal
) -> None:
    story, case_id = case_in(state, touched=True)
    assert came_of(story.tell(said(action, case_id, LI, story))) == leads_to


def test_what_an_action_says_is_looked_at() -> None:
    story, case_id = case_in(S.ACKNOWLEDGED)
    past = CaseShelved(case_id, LI, action_id(), why="later", until_ms=story.now_ms)
    assert came_of(story.tell(past)) is R.UNTIL_PAST
    nonsense = CaseReported(case_id, LI, action_id(), outcome="nonsense-code")  # type: ignore[arg-type]
    assert came_of(story.tell(nonsense)) is R.NO_SUCH_OUTCOME
    assert story.door.case is not None


@pytest.mark.parametrize("action", PERSONAL)
def test_an_action_on_a_case_that_nobody_raised_is_refused(action: Action) -> None:
    story, _ = case_in(S.RAISED)
    assert came_of(story.tell(said(action, "another", LI, story))) is R.NO_SUCH_CASE
    site = Site("3-201")
    site.tell(SITE, said(action, "another", LI, story))
    assert came_of([e for _, _, e in site.followed[-1:]]) is R.NO_SUCH_CASE  # type: ignore[misc]


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("by", [*map(Acting, (WANG, LI, CENTRE)), AT_DESK, Acting(WANG, True)])
def test_the_buttons_are_what_is_not_refused(state: CaseState, by: Acting) -> None:
    story, case_id = case_in(state)
    found = story.moves()[-1].case
    people = found.moved_by, found.reported_by
    row = Standing(found.state, found.locked, *people, found.reported_from)
    for action in PERSONAL:
        event = done_by(by, said(action, case_id, by.actor, story))
        done, _ = step(story.door, event, story.now_ms, story.rules)
        changed = (done.case, done.in_review) != (story.door.case, story.door.in_review)
        assert (action in allowed(row, by)) is changed
        assert (refusal_of(row, action, by) is None) is changed
    assert isinstance(judge(row, A.ACKNOWLEDGE, by), CaseState | Refusal)


# Somebody who signed in as one at the centre's desk: a person, who acts for the centre.


@pytest.mark.parametrize("state", S)
def test_who_sits_at_the_desk_may_what_the_centre_may(state: CaseState) -> None:
    story, case_id = case_in(state)
    desk = [came_of_it(story, done_by(AT_DESK, said(a, case_id, LI, story))) for a in PERSONAL]
    nobody_yet = actor_of("ma")
    others = [came_of_it(story, said(a, case_id, nobody_yet, story)) for a in PERSONAL]
    is_held = state in (S.ACKNOWLEDGED, S.ON_THE_WAY, S.ON_SITE)
    expected = [
        S.RAISED if is_held and a is A.HAND_OVER else leads_to
        for a, leads_to in zip(PERSONAL, others, strict=True)
    ]
    assert desk == expected, "to hand over what another has is all that the centre may more"


def test_nobody_at_the_desk_signs_off_their_own_report_nor_what_they_reported_as_a_warden() -> None:
    for reporter in (AT_DESK, LI_AT_HOME):
        story, case_id = case_in(S.ON_SITE)
        story.tell(done_by(reporter, said(A.REPORT, case_id, LI, story)))
        for by in (AT_DESK, LI_AT_HOME):
            assess = done_by(by, said(A.ASSESS, case_id, LI, story))
            assert came_of_it(story, assess) is R.OWN_REPORT
        assert story.moves()[-1].by == LI, "and it is they who have reported it, by name"


def test_an_act_for_the_centre_is_journaled_so_and_an_old_one_means_what_it_meant() -> None:
    story, case_id = case_in(S.ACKNOWLEDGED)
    handed = done_by(AT_DESK, said(A.HAND_OVER, case_id, LI, story))
    told = json.decode(json.encode(handed), type=Event)
    assert (told, told.for_centre) == (handed, True)  # type: ignore[union-attr]
    old = json.decode(json.encode(said(A.HAND_OVER, case_id, LI, story)), type=Event)
    assert b"for_centre" not in json.encode(old)
    assert came_of(story.tell(old)) is R.NOT_HOLDER


# The same action twice.


def test_the_same_action_twice_is_one_action_and_is_answered_alike() -> None:
    story, case_id = case_in(S.RAISED)
    taken = CaseAcknowledged(case_id, WANG, "one")
    assert came_of(story.tell(taken)) is S.ACKNOWLEDGED
    first, before = result_of(story.door.recent, taken), story.door
    assert first == ActionResult("one", story.now_ms)
    again = story.after(MINUTE).tell(taken)
    assert again == [ActionRefused(case_id, "one", R.REPEATED)]
    assert (story.door, result_of(story.door.recent, taken)) == (before, first)


def test_an_action_that_was_refused_stays_refused_though_it_could_be_done_now() -> None:
    story, case_id = case_in(S.RAISED)
    reported = CaseReported(case_id, WANG, "one", outcome=Outcome.LAWFUL)
    assert came_of(story.tell(reported)) is R.TAKE_FIRST
    story.acknowledge(case_id)
    assert came_of(story.tell(reported)) is R.REPEATED
    result = result_of(story.door.recent, reported)
    assert result is not None
    assert result.refusal is R.TAKE_FIRST
    assert story.door.case is not None


def test_it_is_one_action_after_a_restart_and_from_the_journal_alone() -> None:
    story, case_id = case_in(S.ON_SITE)
    reported = CaseReported(case_id, WANG, "one", outcome=Outcome.LAWFUL)
    story.tell(reported)
    stored = json.decode(json.encode(story.door), type=Door)
    assert stored == story.door == story.replayed()
    door, effects = step(stored, reported, story.now_ms + HOUR, story.rules)
    assert effects == (ActionRefused(case_id, "one", R.REPEATED),)
    assert json.encode(door) == json.encode(story.door)


def test_the_case_of_an_outage_remembers_an_action_after_the_outage_is_gone() -> None:
    """Its sign-off closes it; the handheld that got no answer sends it again."""
    site = Site("1-1", "1-2", "1-3", "1-4")
    for door_id in site.doors:
        site.door(door_id).loses_power()
    site.at("07:20")
    found = site.case_of(SITE)
    assert found is not None
    sun = site.person("Sun", SITE)
    sun.acknowledges()
    for door_id in site.doors:
        site.door(door_id).gets_power()
    site.at("07:30")
    site.person("Sun", SITE).reports("supply")
    site.person("Zhao", SITE).assesses()
    signed = CaseSignedOff(found.case_id, CENTRE, "last")
    site.tell(SITE, signed)
    assert site.outages.outages == ()
    site.tell(SITE, signed)
    result = result_of(site.outages.recent, signed)
    assert result is not None
    assert result.refusal is None


def test_so_many_results_are_remembered_and_no_more() -> None:
    story, case_id = case_in(S.RAISED)
    for number in range(RESULTS_KEPT + 5):
        story.tell(CaseAssessed(case_id, LI, f"number {number}"))
    kept = [result.action_id for result in story.door.recent]
    assert kept == [f"number {number}" for number in range(5, RESULTS_KEPT + 5)]


# Actions that come late.
