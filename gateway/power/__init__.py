"""How long a seal lives on two cells: what each wake does, at prices that others have measured.

To be read in this order: `steps` (the price of each step, with its source), `ledger` (what the real
firmware does in a wake, as the tests have counted it), `life` (profiles, from a beat to years),
`drawing` (the same as a page with a picture).
"""
