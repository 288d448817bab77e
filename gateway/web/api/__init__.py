"""The same for programs, as JSON, a file each with its routes.

`reading` (doors, cases, health, pages), `ringing` (a phone's push subscription, and what it shows),
`acting` (on a case, as a person) and `announcing` (an opening). What goes wrong is a problem, as
`gateway.web.answers` says.
"""
