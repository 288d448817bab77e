"""Updates over the air: what a release is, and how it comes to the seals, few at a time.

To be read in this order: `release_file` (one file: manifest, signature, content), `signing` (the
key that seals trust), `rollout` (who may have it now, and when to stop: pure), `progress_words`
(what people are told of that), `kept` (both in the database), `questions` (who asked, when, and
what runs there), `server` (answers them). The seal's half: `sealnode.updates` and `sealupdate`; the
bytes between: `sealwire.update` and `sealwire.release`.
"""
