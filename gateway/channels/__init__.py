"""The ways to reach a person, a file each.

Begin with `channel` (what a channel is) and `kinds` (which there are); `message` is what a page
says on its way out, `text_parts` how many parts of an SMS that takes, and `signature` who sent it;
`inbox`, `push` (its standard is `web_push`), `webhook` and `apprise` are the channels, and `robots`
holds the chat robots whose answers Apprise does not read; `household_text` reaches a household, and
none of the staff. What an answer proves is `verdict`. Below
them is the one way out: `http_client` (its answers: `http_answer`; why there is none: `unreached`),
`way_out` (proxies, certificates), `threads` (for what blocks) and `overheard` (what Apprise's
services answered).

Beside the kinds: `household_text`, by which a household is reminded, and nobody of the staff told;
`no_way`, for what waits for a channel that the site has no more.
"""
