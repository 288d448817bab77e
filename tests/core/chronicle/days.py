"""The days that are written down, by the names of their chronicles."""

from collections.abc import Callable

from tests.core.chronicle import days_of_contacts as contacts
from tests.core.chronicle import days_of_doors as doors
from tests.core.chronicle import days_of_ends as ends
from tests.core.chronicle import days_of_households as households
from tests.core.chronicle import days_of_questions as questions
from tests.core.chronicle import days_of_the_site as site
from tests.core.chronicle.chronicler import Chronicle

DAYS: dict[str, Callable[[], Chronicle]] = {
    made.__name__: made
    for made in (
        doors.openings,
        doors.tampering,
        doors.orders,
        doors.power,
        doors.ways,
        contacts.contacts,
        ends.ends,
        households.requests,
        households.disputes,
        households.health,
        questions.questions,
        questions.hands,
        site.silence,
        site.people,
        site.troubles,
        site.pages,
    )
}
