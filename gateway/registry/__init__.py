"""Who and what is enrolled, and what is announced: checked here, whoever says it.

In reading order: `load` reads it all for a gateway at its start. `rows` are what can be enrolled,
`enrolment` takes them, with one part for each table that has a law of its own: `door_rows`,
`household_rows` (whose contacts doors are), `seal_rows`, `order_rows`, `schedule_rows`, all on top
of `enrolled_table`; `door_names` is how a sentence names a door. `permits` is the law of
announcing, for files, commands, pages and programs alike, `permit_sameness` whether two say the
same, `late_permits` which doors wait when many are announced at once. `visits` is the law of work
at seals, `scanned` what was scanned of a seal or a door, `certificates` what is signed of a seal
that passed its test, by the `site_key`. `door_codes` are what stands on a door's label, anew for
each order, `resident_codes` what opens a household's page, `notices` the site's notice, `consents`
who agreed to it. `fields` read what people write into one field, with `written_times` and
`spreadsheet_damage`, and `columns` say which fields a table has, `contact_addresses` how contacts
of other makers are addressed. `csv_file` and `workbook` make lines of cells of a file, `header`
finds out which table it is, `table_file` makes rows of it on a `sheet`, and `import_files` enrols
several at once. `credentials` are what makes a seal itself.
"""
