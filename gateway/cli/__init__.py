"""The command line: one file a command, with its options, its help and its body.

First `app`, which puts them together and knows the list that `menshen --help` shows; `acting`, how
what they do comes into the audit; `exit_codes`, how a command ends; `reading_in`, before it begins;
`options`, those that most commands have; `option_fields`, how what was typed is read, and
`named_door`, which door it means; `command_time`, by which time they write; `output`, how commands
speak; `log_lines`, how the gateway's log is written.

Then the commands, in the order of the help. Every day: `run` and `console` with `listening`,
`check` with `check_machine`, `check_accounts`, `check_secrets`, `check_console`, `check_webhooks`,
`check_home_assistant`, `check_contacts`, `check_stored`, `check_channels`, `check_ringing`,
`check_oidc`, `check_texts`, `check_households`, `check_labels`, `check_ble`, `check_site`,
`check_certificates`, `check_spares`, `check_leaving`, `check_keeping`, `check_keys` and
`check_result`, `doors`, `cases`, `requests`, `announce`, `visit`, `end`, `test_page` with
`watched_test`, `clock`, `canary`. Seals: `flash` with `flash_options`, `commission` with `walking`,
`certificate`, `label`, `seals`; `move`, `exchange`, `swap` and `retire` with `hanging_words` and
`broker_leaving`; `wifi`, `heartbeat` and `rotate` with `awaiting`; `update`, `release`. Set-up:
`install`, `settings`, `enrol`, `account` with `account_list`, `token`, `door_label`, `notice`,
`broker_config`, `console_certificate`, `influx`, `uninstall`. Copies, upgrades, and what ends:
`backup`, `restore`, `upgrade`, `audit`, `destruction`, `destroy_site`. A closer view: `coverage`,
`what_if`, `simulate`, `fleet_report`, `power`, `decode`, `demo`.
"""
