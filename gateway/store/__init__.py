"""The database: one engine, one writer, a journal that comes first.

In reading order: `database` opens and migrates, `store_error` says in a sentence what is wrong,
`one_gateway` that nobody else has it; `tables`, `archive_tables`, `feed_tables`,
`household_tables`, `key_tables`, `span_tables`, `seal_tables`, `schedule_tables`, `update_tables`
and `resident_tables` have all tables, and `migrations` makes them, `whole_schema` at once in a new
file. `statements` are what a commit writes, each compiled once; `journal`, `heartbeat_spans`,
`states`, `door_writes`, `case_writes`, `household_writes`, `outbox` and `pending` know each their
own rows, both ways; `batch` gathers those of one commit, and `writer` writes it in a thread of its
own. `marker` and `high_water` are what is known outside the database, and `life` begins each start
by comparing them; `private_file` writes a file whole. `checkpoints` is where a replay begins once
rows went, `ending_tables` how far the end of each order is. `thinning` takes old heartbeats out of
the journal, `archiving` moves its old months into files, `archives` says where it stands,
`retention` does both now and then, `growth` reckons what that comes to, `file_copy` makes whole
copies of a database, and `giving_back` writes one of an older release anew. `poisoned` finds and
keeps what stands there and cannot be used, and `rebuild` makes a state anew from the journal.
`sealed_columns`, `order_keys` and `sealing` say what is stored sealed and with which key, and
reveal it to people; `sealing_up` seals what an older release left readable, and `key_watch` looks
after the keys beside a gateway at work. `areas` says where doors lie, `households` whose contacts
they are, `hanging` which seal is on which, `belonging` whose they are, `case_log` what people did
about a case beside its loop, `first_report` when a seal was heard first, `photos` which photos
there are, `place_names` what a place is called in the history, `door_codes` whose code is whose,
`certificates` those of seals, `seal_commands` what seals are asked, `seal_paths` which way seals
were heard, `seal_shifts` what of seals moves with the clock, `left_by_others` whether another
program wrote something for the gateway, `matter_reach` whose matters somebody sees, `grouped_pages`
which cases a page for many names, and `views`, `case_views`, `contact_views`, `delivery_views`,
`page_views`, `seal_views`, `door_lists` (parts of long ones), `reach_views`, `register_views`,
`hand_over_views`, `household_views` and `resident_views` are what people read, as frozen `records`;
`spoilt_rows` finds what needs somebody and can be no such record.
"""
