"""A household's own matters: what it asks for, what it contests, how it says that it is.

A subject of its own beside its doors. `model` (what is known of it), `events`, `effects`; then
`step`, which also takes what a household says of a silent seal and the hours that it narrows, and
what it asks: `requests` (what may be done about a request when, and what follows if nobody does),
`disputes`, `health`, with `matters` (who is told of each, and when it comes back), `attribution`
(who does something, and when), `homes` (between a household and its doors) and `forgetting` (the
end of it all).

Nothing in here accuses anybody: silence is a question, a report of illness is a call for help, and
what a household says of its seal is recorded as said by it and changes no rule of a breach.
"""
