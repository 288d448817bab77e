"""Every word that a person reads, in both languages.

`catalogue` has the translations, in `locale/`; `negotiate` finds a request's language. `times` says
times and spans, `recurrence` permits that recur, `reasons` why something is so and how a case
ended, `makes` on whose word something rests, `refusals` why an action was refused, `proofs` whether
somebody is at a door, `walk_tests` how a seal's test goes, `notice` what a household is told of it
all, `announcements` what it announces itself, `error_words` why a file cannot be used; `pages` is
what leaves the house. `peoples_text` is the one rule for what people write.
"""
