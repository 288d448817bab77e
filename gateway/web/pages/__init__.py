"""The pages, a file each with its view, its live fragments and its routes.

In the order in which people meet them: `wallboard` (all doors), `cases` (the lists, and one case
with its loop and buttons), `requests` (what households want of people), `photos` (of a case),
`warden_inbox` (a warden's own page), `wardens` (the list of people, and one of them), `page_tests`
(does a page reach her?), `links` (where a page's link leads), `doors` (a door's log, and
announcing), `household` (at the line, and its sheet), `holds` (kept beyond its time), `commission`
(an installer's walk test of a seal), `health` (for engineers), `legend` and `updates` (likewise),
`metrics` (for monitors), `trust` (how a phone comes to trust the console); and at a site with
accounts `sign_in`, `passkeys` and the OpenID `provider`, `me` (one's own page) with `factors`
(password, authenticator app), `prove` (again who it is), `accounts` (phones, invitations), `tokens`
(of programs) and `audit`.
"""
