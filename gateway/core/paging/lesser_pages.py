"""What waits behind a worse page of its case, for the same person.

A case stands once in a grouped page, with the worst that was said of it. Who is told both of its
breach and of its fault, as warden and installer, is told of the breach; the fault is noted, and
stands in its place where somebody else takes the breach.
"""

from collections.abc import Container

from gateway.core.cases.case import secondary_to
from gateway.core.paging.contents import LesserPage, Named, PersonalPage
from gateway.core.reasons import Reason

Lesser = tuple[LesserPage, ...]  # one for each case at most, the latest


def behind(noted: Lesser, shown: Named, page: Named) -> Lesser:
    """What is noted once one page of a case is shown in the place of another; the same object
    where that other is no less, for then nobody else is to be told of it."""
    if page.reason not in secondary_to(shown.reason):
        return noted
    whole = page if isinstance(page, PersonalPage) else None
    return (*without(noted, page.case_id), LesserPage(page.case_id, page.reason, whole))


def of_case(noted: Lesser, case_id: str, spared: Container[Reason]) -> LesserPage | None:
    """What is to be told of a case now that what stood before it need not."""
    return next((p for p in noted if p.case_id == case_id and p.reason in spared), None)


def without(noted: Lesser, case_id: str) -> Lesser:
    """The rest, once nothing is noted of a case any more."""
    return tuple(page for page in noted if page.case_id != case_id)
