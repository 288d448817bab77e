"""The household's page: what a person behind a sealed door sees, and does, with a code on paper.

To be read in this order: `tries` (patience against guessing), `sessions` (short, in memory alone)
and `entrance` (from a code to a session); `words` (a seal and a record in plain words), `shown`
(what a page shows) and `looks` (who looked); `announcing` (what a household says of its door), then
`routes`. No script is needed for any of it; the one in static/ types the code of a scanned link.
"""
