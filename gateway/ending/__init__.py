"""The end of what is known of a household: on time, everywhere, and proved.

In reading order: `core/schedule_of_ends` says when; `places` is the table of every place where a
byte about a household may stand, and how it goes there; `names` are the ids under which one's rows
stand, `hanging_times` which seal hung there when; `link` destroys an order's key and what the
registry says of it; `erasing` takes its rows out of the database, a few at a time, `months` out of
the journal's archives, and `copies` removes the copies of the site from before; `holds` is who
keeps something longer; `unnamed_keys` destroys keys that a copy put back does not know;
`household_ending` is the work itself, done now and then by the running gateway; `records` is the
chain in which each destruction stands, for anybody to verify;
`site_ending` is the drill: everything of a whole deployment, with a signed report.
"""
