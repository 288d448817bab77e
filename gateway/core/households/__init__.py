"""A household's own matters: what it asks for, what it contests, how it says that it is.

A subject of its own beside its doors. `model` (what is known of it), `events`, `effects`; then the
steps: `step`, and what it asks: `requests` (what may be done about a request when, and what follows
if nobody does), `disputes`, `health`, `answers` (to the question whether a silent seal is in its
place, and the hours that the household narrows), with `forgetting` (what is left once an order is
destroyed) and `matters` (who is told of each, and when it comes back).

Nothing in here accuses anybody: silence is a question, a report of illness is a call for help, and
what a household says of its seal is recorded as said by it and changes no rule of a breach.
"""
