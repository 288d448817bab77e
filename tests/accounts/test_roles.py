"""The table of rights: who may do what with whose things."""

import pytest

from gateway.accounts.roles import NAMES, TABLE, Right, Role, Whose, covers, reach, sees_names

WEST, EAST = frozenset({"west"}), frozenset({"east"})


def test_every_right_is_said_for_every_role() -> None:
    assert set(TABLE) == set(Right)
    assert all(list(row) == list(Role) for row in TABLE.values())


def test_somebody_with_two_roles_may_what_either_may() -> None:
    assert reach([Role.WARDEN], Right.HEALTH) is Whose.NOBODYS
    assert reach([Role.WARDEN, Role.ENGINEER], Right.HEALTH) is Whose.ALL
    assert reach([Role.WARDEN, Role.DISPATCHER], Right.CASES) is Whose.ALL
    assert reach([], Right.OWN_PHONES) is Whose.NOBODYS


def test_a_warden_reviews_nothing_and_an_auditor_does_nothing() -> None:
    acts = {Right.ANSWER, Right.SHELVE, Right.REVIEW, Right.ANNOUNCE, Right.END_ORDER}
    assert TABLE[Right.REVIEW][Role.WARDEN] is Whose.NOBODYS
    for role in (Role.AUDITOR, Role.ADMINISTRATOR, Role.ENGINEER):
        assert {TABLE[right][role] for right in acts} == {Whose.NOBODYS}, role
    assert [role for role in Role if TABLE[Right.AUDIT][role]] == [Role.AUDITOR]


def test_whoever_can_read_a_name_needs_two_factors() -> None:
    assert {role for role in Role if not sees_names([role])} == set()
    assert {Right.DOORS, Right.CASES, Right.PEOPLE, Right.REQUESTS} == NAMES


@pytest.mark.parametrize(
    ("held", "own", "lies", "paged", "expected"),
    [
        (Whose.ALL, False, EAST, False, True),
        (Whose.ALL, False, frozenset(), False, True),
        (Whose.GRIDS, False, WEST, False, True),
        (Whose.GRIDS, False, EAST, False, False),
        (Whose.GRIDS, False, WEST | EAST, False, False),  # an area that reaches into another's
        (Whose.GRIDS, False, frozenset(), False, False),  # the whole site's
        (Whose.GRIDS, False, EAST, True, True),  # it rang for her
        (Whose.OWN, True, EAST, False, True),
        (Whose.OWN, False, WEST, True, False),
        (Whose.NOBODYS, True, WEST, True, False),
    ],
)
def test_how_far_a_right_reaches(
    held: Whose, own: bool, lies: frozenset[str], paged: bool, expected: bool
) -> None:
    assert covers(held, WEST, own=own, in_grids=lies, was_paged=paged) is expected
