"""Who is warden and installer at once, and has no place left: of a case with a breach and a fault,
neither is lost."""

import pytest

from gateway.core.cases.case import secondary_to
from gateway.core.ending_events import NamesForgotten
from gateway.core.forgetting import names_of_person
from gateway.core.paging import person as people
from gateway.core.paging.person import (
    QUEUED_MAX,
    RENEW_EVERY_MS,
    Content,
    EarlierCase,
    GroupedPage,
    Person,
    PersonalPage,
)
from gateway.core.reasons import Reason
from gateway.core.rules import Rules
from tests.core.story import MINUTE, NOON

BREACH, FAULT, QUESTION = Reason.NO_PERMIT, Reason.SILENT, Reason.SILENT_AFTER_OPENING
RULES = Rules(pages_most=2, pages_window_ms=10 * MINUTE)
Said = tuple[str, Reason]


class Phone:
    """Two pages rang at noon; what comes next must wait."""

    def __init__(self) -> None:
        self.person, self.now_ms = Person("wang"), NOON
        self.told("rang-0", BREACH)
        self.told("rang-1", BREACH)

    def told(self, case_id: str, *reasons: Reason) -> "Phone":
        for reason in reasons:
            page = PersonalPage(f"{case_id}-{reason}", case_id, "d", reason, NOON)
            self.person, _ = people.page(self.person, page, self.now_ms, RULES)
        return self

    def taken(self, case_id: str, reason: Reason) -> "Phone":
        spared = secondary_to(reason)
        self.person = people.forget(self.person, case_id, self.now_ms, RULES, spared)
        return self

    def waits(self) -> list[Said]:
        named = (*self.person.queued, *self.person.earlier)
        return [(page.case_id, page.reason) for page in named]

    def after(self, ms: int) -> tuple[Content, ...]:
        self.now_ms += ms
        self.person, contents = people.due(self.person, self.now_ms, RULES)
        return contents

    def rings(self) -> list[Said]:
        found = [it for it in self.after(10 * MINUTE) if isinstance(it, GroupedPage) and it.rings]
        return [(page.case_id, page.reason) for it in found for page in it.pages]


@pytest.mark.parametrize("worse", [BREACH, QUESTION])
@pytest.mark.parametrize("fault_first", [True, False])
def test_a_fault_waits_on_where_somebody_takes_the_worse_page_of_its_case(
    worse: Reason, fault_first: bool
) -> None:
    phone = Phone().told("a", *((FAULT, worse) if fault_first else (worse, FAULT)))
    assert len(phone.waits()) == 1, "a case stands there once"
    phone.taken("a", worse)
    assert phone.waits() == [("a", FAULT)]
    phone.after(RENEW_EVERY_MS)
    read = [page.reason for page in phone.person.group]
    assert read == [FAULT], "what there is to know is there to read before it rings"
    assert phone.rings() == [("a", FAULT)]
    assert not phone.person.waits


@pytest.mark.parametrize("fault_first", [True, False])
def test_where_the_breach_rings_the_fault_waits_for_a_place_of_its_own(fault_first: bool) -> None:
    phone = Phone().told("a", *((FAULT, BREACH) if fault_first else (BREACH, FAULT)))
    assert phone.rings() == [("a", BREACH)]
    assert phone.waits() == [("a", FAULT)]
    assert phone.rings() == [("a", FAULT)]
    assert people.next_deadline(phone.person) is None


def test_it_is_gone_with_its_case_and_where_that_is_forgotten() -> None:
    phone = Phone().told("s-1", BREACH, FAULT).told("t-1", BREACH)
    forgotten = names_of_person(phone.person, NamesForgotten((), (), ("s-1",)), phone.now_ms)
    assert forgotten.lesser == ()
    assert [page.case_id for page in forgotten.queued] == ["t-1"]
    phone.person = people.forget(phone.person, "s-1", phone.now_ms, RULES)
    assert (phone.waits(), phone.person.lesser) == ([("t-1", BREACH)], ())


def test_it_waits_behind_a_case_of_an_earlier_part_too() -> None:
    phone = Phone().told("fault", FAULT).told("breach", BREACH, FAULT)
    for number in range(QUEUED_MAX - 1):
        phone.told(f"a{number}", BREACH)
    assert {page.case_id for page in phone.person.earlier} >= {"fault", "breach"}
    phone.told("fault", BREACH).taken("fault", BREACH).taken("breach", BREACH)
    assert EarlierCase("fault", FAULT) in phone.person.earlier
    assert ("breach", FAULT) in [(page.case_id, page.reason) for page in phone.person.queued]
    assert phone.person.lesser == ()
