"""Cases: what needs a person, who does what about it, and why something is refused.

To be read in this order: `transitions` (the table: what may be done when), `refusal` (why not),
`case` (what rules and times do), `number` (how people call one), `deeds`, `arrival` and `actions`
(what people do), `contradiction` (what the seal says against it), `escalation` (who is told next),
`milestones` (what others hear of it), `outages` (one case for many doors), `troubles` (what befell
the gateway itself).
"""
