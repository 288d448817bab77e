"""What identifies people is sealed with a key of its own, and destroyed with that key.

In reading order: `sealed_text` is what sealed text looks like, and seals and reveals with one key.
`key_file` writes a key whole or not at all, and destroys one; `whole_disk` syncs many at once;
`key_folder` is what such files lie in, `at_hand` what of it stays in memory, and how long. `ring`
is the folder of keys beside the database, and their second folder on another drive: a key is here,
destroyed or lost, and which of the last two is told apart. `unreadable` are the words that stand in
the place of what nobody can read any more. `keeping` brings both folders to the same, and finishes
what a kill left undone. `unnamed` remembers since when no row has named a key.

The folder is in no backup: whoever destroys a key has destroyed every copy of what it sealed. A
folder on the disk of a running gateway can be read by whoever can read that disk; the keys protect
copies, archives, old disks and the past, and not a machine that somebody else owns now.
"""
