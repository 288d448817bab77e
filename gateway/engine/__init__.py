"""Write, acknowledge, notify: the one place where a site's state changes.

Read `engine` first, the loop with its five numbered steps, and `ports`, what goes into it, what is
owed for that, and to whom. `sealing` seals what people write, `stepping` makes a unit of work of a
batch, `committing` stores it, `answering` gives what is owed. Then what a step uses: `unit_of_work`
is one batch that is not true yet, `outgoing` its pages on their way to the outbox, `needed` which
of them still are before each try, `state` the site as of the last commit, `open_spans` its
heartbeats, `scheduler` whose time comes when, `reading` which messages are genuine and new, `guard`
who sends too much (`attacks` tells it), `backlog` how long a report may have waited in the broker,
`report_dates` what the ages of its copies say, and `proving` the seals that are not believed after
an older copy of the database was put back; `contact_reports` makes reports of what contacts of
other makers say,
`seal_notes` is what a seal says of itself, `downlink` what it is asked with the next answer, and
`order_words` what it is told of its order there.
What raises is decided about in `isolation`, kept by `set_aside`, and told by `poison`. Around the
loop: `pending` reads what other programs leave for it, `queue` and `waiting_events` hold it until
it is stepped, `self_watch` looks at broker, disk and certificates, `path_watch` with `path_causes`
at the two ways of each seal, `attendance` counts how long anybody listens there, in all lives,
`said_troubles` makes an event of what is news of that, `unstored` tells people while nothing can be
stored, `broadcast` tells those who watch, `event_log` writes a line for each opening, case and
page, `marker_keeper` notes outside the database how far it is,
`clock` is the time for all of them (`clock_states` what it is worth, `clock_watch` who says so,
`time_service` the machine's own word), `health` has the figures by which one sees that it works,
and `gateway` what a console may ask of all this, from here or from another process.
"""
