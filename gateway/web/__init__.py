"""The console: pages for people, and the same for programs. A press becomes an event into the loop.

It is a process of its own: `server` serves it within `limits`, on `connections` that each have
their deadlines; with HTTPS, `entrance` takes in whoever comes, by `tls`. The gateway is at the
other end of `gateway.link`. Then `app`, the whole as one ASGI application. What every request
passes: `request_line` (what is unusual in its first line), `security`, which asks `clients` from
where it comes, `visitors` who is signed in and `whose` share of each limit it takes, `said_address`
(what stands in its headers), `access` (which right each address needs, by `access_rules`),
`token_scopes` (and which scope), `way_in` (where a stranger is led), `proving` (which acts ask
again who it is, and the `held_acts` that wait for it), `actor` (who acts); what every route is
handed: `context`, which draws `once` what many ask for; what comes back without a page: `answers`.
What all ways in share: `signing_in`; how a phone is invited: `inviting`; where a passkey is good:
`place`; who is at a provider: `hops`. `photo_limits` says what a photo may cost, `at_a_door` whose
door an address names, `offers` which act a form is, `shown_once` what one is answered that is sent
again, `happened` what a press did, on the page on which one lands. What people do: `actions` on a
case, `announcing` an opening, `commissioning` seals (`sealing` says which doors want it), `endings`
of what stands at a door, and `matters` of a household.

How things are said: `audit_words` with `audit_command_words`, `audit_household_words`, `case_words`
(and `case_ahead`, what may follow without a line), `door_words` and `matter_words`, which templates
ask through `presenters`; `drawing` makes HTML. The wall: `door_places` (building and stair of a
label), `door_map` (all doors in their places), `tally` (the site's figures); long lists of cases in
parts: `case_lists` and, a warden's own, `inbox_parts`. A live page is a `live_view`; `topics` reads
and draws what changed of it for all who show it, and `live_stream` sends that. `figures` is how the
console itself does, `seldom` its log against floods, and `unnoted` the audit. The rooms `pages` and
`api` hold the routes, and `handheld` the warden's app, `resident` the household's page.
"""
