"""Write, acknowledge, notify: the one place where a site's state changes.

Read `engine` first, the loop with its five numbered steps, and `ports`, what goes into it, what is
owed for that, and to whom. Then what a step uses: `unit_of_work` is one batch that is not true yet,
`outgoing` its pages on their way to the outbox, `needed` which
of them still are before each try, `state` the site as of the last commit, `scheduler`
whose time comes when, and `backlog` how long a report may have waited in the broker. Around the
loop: `pending` reads what other programs leave for it, `broadcast` tells those who watch,
`event_log` writes a line for each opening, case and page, `clock` is the time for all of them, and
`health` the figures by which one sees that it works.
"""
