"""Who is told: by duty, within limits, and only who can be reached.

To be read in this order: `staff` (the people of a site), `schedule` (who has duty), `places` (how
often a phone may ring), `contents` (what goes to one person), `lesser_pages` (what waits behind a
worse page of its case), `person` (what one person gets, and when), `routing` (from a step of an
escalation to people), `duties` (who goes off duty hands over).
"""
