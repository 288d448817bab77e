"""Who may see and do what, and who did: people, how they sign in, their rights, the audit.

To be read in this order: `roles` (the one table of rights), `persons` (accounts), `passwords`,
`one_time_codes`, `patience` (against guessing), `sessions`, `invitations`, `sign_in` (all of these
together), `audit` and `looks` (who read what, and how much), `file` and `tables` (the accounts' own
database). Where a site has no accounts, there is one password for all: `site_password`.
"""
