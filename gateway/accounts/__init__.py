"""Who may see and do what, and who did: people, how they sign in, their rights, the audit.

To be read in this order: `roles` (the one table of rights), `persons` (accounts), `passwords`,
`one_time_codes`, `patience` (against guessing) and `tries` (whose they are), `scopes` and `tokens`
(of programs), `sessions`, `subscriptions` (phones that ring), `phones` (of people of the registry),
`invitations`, `checking` (whose password is next), `sign_in` (all of these together); `passkeys`,
their `challenges` and `passkey_sign_in`; `identities` at the OpenID `provider`; `audit` with its
`audit_writer`, `audit_status` and `audit_names`, `audit_ending` and `looks` (who read what, and how
much), `file` and `tables` (the accounts' own database). Without accounts one password opens all:
`site_password`.
"""
