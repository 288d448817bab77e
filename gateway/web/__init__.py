"""The console: pages for people, and the same for programs. A press becomes an event into the loop.

Begin with `app` (the whole as one ASGI application) and `server` (how it is served). What every
request passes: `security`, then `actor` (who acts); what every route is handed: `context`; what
comes back without a page: `answers`. What people do: `actions` on a case, `announcing` an opening.
How things are said: `case_words` and `door_words`, which templates ask through `presenters`;
`drawing` makes HTML. The wall: `door_places` (building and stair of a label), `door_map` (all doors
in their places), `tally` (the site's figures). A live page is a `live_view`, and `live_stream`
sends what changed of it. The rooms `pages` and `api` hold the routes.
"""
