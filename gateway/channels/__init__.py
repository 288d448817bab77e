"""The ways to reach a person, a file each.

Begin with `channel` (what a channel is) and `kinds` (which there are); `message` is what a page
says on its way out; `inbox`, `webhook` and `apprise` are the channels.
"""
