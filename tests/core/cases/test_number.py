"""A case's number: short, sayable, the same at every look, and it tells of nothing."""

import re

import pytest

from gateway.core.cases.number import case_number, read_number

IDS = ("a1b2c3d4e5f60718-1", "outage-2000000000000-3", "trouble-2000000000000-17")


@pytest.mark.parametrize("case_id", IDS)
def test_any_case_has_six_digits_and_no_word_of_a_program(case_id: str) -> None:
    number = case_number(case_id)
    assert re.fullmatch(r"[0-9]{3}-[0-9]{3}", number)
    assert number == case_number(case_id)


def test_two_cases_of_a_door_have_numbers_that_do_not_follow_each_other() -> None:
    of_a_door = [case_number(f"a1b2c3d4e5f60718-{number}") for number in range(50)]
    assert len(set(of_a_door)) == len(of_a_door)
    assert of_a_door != sorted(of_a_door)


@pytest.mark.parametrize("text", ["482-917", "482917", " 482 917 ", "482–917", "４８２９１７"])
def test_a_number_is_read_as_people_type_it(text: str) -> None:
    assert read_number(text) == "482-917"


@pytest.mark.parametrize("text", ["", "48-2917x", "1234567", "3-201", "①②③④⑤⑥", "a1b2c3d4e5f60718"])
def test_what_is_no_number_is_looked_for_as_all_else(text: str) -> None:
    assert read_number(text) is None
