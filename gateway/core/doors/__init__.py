"""One door: what a report shows, which rules judge it and in which order.

To be read in this order: `step` (the tables of events and of deadlines), `reports` (the table of
rules for a report), `edge_counter` and `observation` (what a report shows), `household` and
`beside` (which openings of a household's doors are one, and what they tell each other),
`openings`, `permits` and `orders` (what an opening is), `clock_doubt` (where the time itself is in
doubt), `held_back`,
`chatter`, `tamper`, `open_after_restart`, `found_open`, `open_at_order`, `silence`, `paths`,
`refusals` and `canary` (one rule each), `after_order` (when a door is left alone), `order_end`
(who is told of it). Work at a seal: `visits` (what they cover), `visit_end` (what they leave),
`walk_test` and `certificates` (whether a door counts as sealed).
"""
