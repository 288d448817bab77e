"""A fleet over weeks: households, doors, seals, radio and wardens, around the real rules.

The truth is made first, door by door, from a scenario and a seed. Simulated seals tell of it over a
bad radio, `gateway.core.site` makes of that what it makes, and the two are compared. No rule is
written here a second time.

To be read in this order: `fleet` (all doors, and the figures), `scenario` (how a city is, from
scenario.toml or harsh.toml), `ground_truth` (what truly happened), `building` (what doors share),
`households` (who has a second contact), `page_user` (a household that uses its page), `calendar`
and `site_run` (the time, and the core's own step), `door`, `seal`, `radio` and `skipped_heartbeats`
(one door's days), `staff` and `phones` (people). What came of it: `scorer`, `causes` and
`coverage_check` (right or wrong), `goals` (what must be reached), `html_report` (the figures as a
page).
"""
