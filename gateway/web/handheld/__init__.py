"""The warden's handheld: an installable app of pages that open, and take what she does, offline.

To be read in this order: `tasks` (what her list and a case's page show, live), `shared_reads` (what
they ask alike, read once), `shell` (the files that every page needs, the worker that keeps them,
the manifest), then `routes`. What runs on the phone is in static/: `kept.js` (sealed storage),
`outbox.js` (what she did, until it is told), `handheld.js` (the pages) and `worker.js`. Without
script the same pages work by plain forms.
"""
