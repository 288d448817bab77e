"""I11: more seals than systemd would allow, at the broker that a site gets."""

from bench import ten_thousand


def test_i11_beyond_a_thousand_seals_one_more_still_gets_through(tmp_path):
    """`make crowd` does it with all of them; systemd's own limit would end it at 1,017."""
    figures = ten_thousand.measure(tmp_path, 1_050)
    assert [goal for goal, is_kept in ten_thousand.goals(figures) if not is_kept] == []
