"""The pure core: `SiteTurn(site).apply(at_ms, subject, event)` is one step of a whole site.

No clock, no loop, no disk, no network, no randomness. The same site, event and time give the same
answer on any machine, so a journal can be lived again. To be read in this order:

The words: `model` (what is known of a door and its cases), `site_model` (and of the site), with
`commissioning` (work at seals) and `makes` (contacts of other makers), `free_text` (what no rule
may look into), `events`
(what comes in) with `path_events`, `beside_events`, `clock_events` and `commissioning_events`,
`effects` (what goes out), `subject` (whose event it is), `reasons` and `outcome` (why, and how it
ended), `actor` (who acts), `evidence` (what a delivery proves), `proof` (that somebody is at the
door), `rules` (the numbers that a site may set), `duration` and `local_time` (times, and the clock
on the wall), `doubted_time` (while the clock is in doubt), `clock_shift` (all times of a state,
moved together) and `clock_correction` (and what is due by the wall, worked out anew), `no_json`
(what is raised where bytes are none). How it ends: `order_over` (that it is noted),
`schedule_of_ends` (when), `ending_events` and `forgetting` (what a state is then).

The steps: `site` with `site_state` and `site_step`, then its rooms: `doors` (what a report shows),
`cases` (what needs a person), `households` (what a household wants of people), `paging` (who is
told). Next to them: `step_reason` (a word for what a step was), `deadline_index` (who must come
back when), `replay_window` (which transmissions are new) and `heartbeat_spans` (nearly all that was
heard, packed), for those who run the steps.
"""
