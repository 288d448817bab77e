"""The household's page: what a person behind a sealed door sees, and does, with a code on paper.

To be read in this order: `tries` (patience against guessing), `sessions` (short, in memory alone)
and `entrance` (from a code to a session); `words` (a seal and a record in plain words), `shown`
(what a page shows), `looks` (who looked) and `own_data` (all of it, as a file); `announcing` (what
a household says of its door) and `asking` (what it asks for, contests and says of itself) and
`consenting`, by page, by telephone and by text; `seal_words`, `text_messages`, `text_records` and
`sms` (how a text is understood, answered and taken), `sheets` (the paper with its code). Then
`drawn` and the addresses: `routes`, `announce_routes`, `asking_routes`, `data_routes`. No script is
needed for any of it; the one in static/ types the code of a scanned link.
"""
