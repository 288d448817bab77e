"""The same for programs, as JSON under /api/v1, a file each with its routes.

`reading` (doors, cases, health, pages), `acting` (on a case, as a person), `photos` (of a report),
`requests` (of households, with disputes and questions of health), `announcing` (an opening),
`holding` (records beyond their time), `commissioning` (seals), `ringing` (a phone's push
subscription, and what it shows) and `page_tests` (does a page reach somebody?); `shapes` of what
they answer, `cursors` by which a list goes on, what each route has `answered`, and the `document`
that says all of it (OpenAPI). What goes wrong is a problem, as `gateway.web.answers` says.
"""
