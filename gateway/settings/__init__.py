"""Settings: one TOML file and a few secrets, read once at the start, then frozen.

Every key has a default, so an empty file is a complete one; `menshen settings --example` prints
them all. What is wrong stops the start with one sentence a mistake, all of them at once. Secrets
never stand in the file: they come from the environment, or from a file that the environment names.

To be read in this order: `sections` (every key, but those of `oidc`, `household` with `matters`,
`looked_after`, `keeping`, `keys`, `home_assistant` and `contacts`, which have files of their own),
`section`, `other_broker` and `fields` (what they have in common), `rules` (the numbers of the
rules), `values`, `web_address`, `push_services`, `zone`, `password` and `signing_secret` (what a
value may be), `secret`, `toml_file`.
"""

from gateway.settings.sections import Settings
from gateway.settings.toml_file import SettingsError, broker_folder, example, load, store_place

__all__ = ["Settings", "SettingsError", "broker_folder", "example", "load", "store_place"]
